"""Monitors a book against the rows that the champion, or else the challenger, was trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from features.book import open_book
from features.extent import known_extent
from features.faults import Fault, WrongUse
from features.snapshot import build_snapshot
from features.time_windows import as_of_date
from serving.batch_scoring import customers
from serving.monitoring.monitoring_report import MonitoringReport, monitor
from training import registry as models
from training.all_params import AllParams
from training.health_model import HealthModel
from training.outcome_tables import ALL_TABLES
from training.text_feature import told_by_book

PREDICTION = "health"
Progress = Callable[[str], None]


def monitor_book(
    folder: Path,
    as_of: str | None,
    params_file: Path,
    overrides: tuple[str, ...],
    registry: Path,
    out: Path,
    progress: Progress,
) -> tuple[MonitoringReport, list[Path]]:
    """The report on drift and data quality, written to `out` and logged to MLflow as a run of its own."""
    import mlflow

    params = AllParams.read(params_file, overrides)
    with models.tracking(registry) as client:
        version = models.version_of(client, "champion") or models.version_of(client, "challenger")
        if version is None:
            fault = Fault("registry", str(registry), "a trained model", "run vitals train BOOK")
            raise WrongUse("there is nothing to compare today's rows with", [fault])
        model = models.model_of(client, version, registry)
        reference = models.reference_rows(client, version)
        current = _today(folder, as_of, params, model, progress)
        progress("comparing the training rows with today's")
        report = monitor(
            _with_health(reference, model),
            _with_health(current, model),
            model.features,
            PREDICTION,
            min(len(reference), len(current)),
        )
        pages = list(report.write(out))
        with mlflow.start_run(experiment_id=models.experiment(client, registry), run_name="monitoring"):
            mlflow.set_tags({"kind": "monitoring", "version": version})
            for page in pages:
                mlflow.log_artifact(str(page), "monitoring")
    return report, pages


def _today(
    folder: Path, as_of: str | None, params: AllParams, model: HealthModel, progress: Progress
) -> pd.DataFrame:
    progress("reading and checking the book")
    book = open_book(folder, params.checks, ALL_TABLES)
    moment = known_extent(book.source)[1] if as_of is None else as_of_date(as_of)
    rows = customers(book, build_snapshot(book.source, [moment], params.features, progress))
    return told_by_book(rows, model.text, book.source, params.features.windows)


def _with_health(rows: pd.DataFrame, model: HealthModel) -> pd.DataFrame:
    X = rows.reindex(columns=list(model.features)).to_numpy("float64")
    return rows.assign(**{PREDICTION: model.health(X)})
