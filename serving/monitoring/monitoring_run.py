"""Monitors a book: the champion, or else the challenger, against the day it was made and what came since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from features.book import Book, open_book
from features.extent import known_extent
from features.faults import Fault, WrongUse
from features.params_file import read_section
from features.snapshot import build_snapshot
from features.time_windows import as_of_date
from serving.batch.batch_scoring import customers
from serving.history.opened_store import opened_store
from serving.monitoring.doubts import doubts
from serving.monitoring.drift_report import DriftReport, drift_between
from serving.monitoring.early_checks import early_days, early_truths
from serving.monitoring.monitoring_log import log_report
from serving.monitoring.monitoring_params import MonitoringParams
from serving.monitoring.monitoring_report import MonitoringReport
from serving.monitoring.past_dates import PastDates
from serving.monitoring.published_scores import EDGE, PublishedDate, published_dates
from serving.monitoring.reference_day import ReferenceDay, reference_day, settled_days
from training import registry as models
from training.all_params import AllParams
from training.dataset import segments
from training.health_model import HealthModel
from training.outcome_tables import ALL_TABLES
from training.text_feature import told_by_book

if TYPE_CHECKING:
    from mlflow import MlflowClient

PREDICTION = "health"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What is monitored, and by which parameters."""

    book: Path
    as_of: str | None
    params_file: Path
    overrides: tuple[str, ...]
    registry: Path
    store: str | None
    out: Path


def monitor_book(asked: Asked, progress: Progress) -> tuple[MonitoringReport, list[Path]]:
    """The report, written to `asked.out` and logged to MLflow as a run of its own.

    WrongUse where nothing was trained yet, DataFault where the book cannot be read.
    """
    params = AllParams.read(asked.params_file, asked.overrides)
    settings = read_section(asked.params_file, "monitoring", MonitoringParams, asked.overrides)
    with models.tracking(asked.registry) as client:
        version = models.version_of(client, "champion") or models.version_of(client, "challenger")
        if version is None:
            fault = Fault("registry", str(asked.registry), "a trained model", "run vitals train BOOK")
            raise WrongUse("there is nothing to compare today's rows with", [fault])
        model = models.model_of(client, version, asked.registry)
        progress("reading and checking the book")
        book = open_book(asked.book, params.checks, ALL_TABLES)
        watched = _Watched(client, version, model, book, params, progress)
        report = watched.report(asked, settings)
        pages = list(report.write(asked.out))
        log_report(client, asked.registry, report, pages)
    return report, pages


@dataclass(frozen=True)
class _Watched:
    """A version and the book it is watched on."""

    client: MlflowClient
    version: str
    model: HealthModel
    book: Book
    params: AllParams
    progress: Progress

    def report(self, asked: Asked, settings: MonitoringParams) -> MonitoringReport:
        known_from, known_until = known_extent(self.book.source)
        today = known_until if asked.as_of is None else as_of_date(asked.as_of)
        cohort = models.reference_rows(self.client, self.version)
        made = pd.Timestamp(self.model.facts["known_until"], tz="UTC")
        settled = settled_days(self.params.features.windows)
        reference = reference_day(today, made, cohort["as_of"].max(), known_from, settled)
        rows = self._rows([reference.day, today])
        then, now = (rows[rows["as_of"] == day].reset_index(drop=True) for day in (reference.day, today))
        self.progress("comparing the accounts with themselves")
        drift = self._drift(then, now, reference, settled, settings)
        self.progress("what is expected, and what came")
        horizon, training = int(self.model.facts["horizon_days"]), self.params.training
        past = PastDates(self.client, self.version, horizon, training.label_lag, self.book)
        published = self._published(asked.store, today, horizon)
        dates = (*past.backtest(), *past.measured(published, today, min(today, known_until)))
        expected = past.expected(today, now)
        if reference.kind == "made":  # the model had not learned from these rows either
            published.append(PublishedDate(reference.day, self.version, then))
        early = tuple(early_truths(published, cohort, self.book, training, today, horizon))
        reasons = doubts(drift, past.line(self.version), early, [*dates, expected])
        moment = f"{today:%Y-%m-%dT%H:%M:%SZ}"
        return MonitoringReport(
            moment, self.version, reference, drift, expected, dates, early, tuple(reasons)
        )

    def _published(self, store: str | None, today: pd.Timestamp, horizon: int) -> list[PublishedDate]:
        days = [passed + self.params.training.label_lag for passed in early_days(horizon)]
        with opened_store(store) as opened:
            return [one for one in published_dates(opened, days, today) if one.as_of <= today]

    def _rows(self, days: list[pd.Timestamp]) -> pd.DataFrame:
        found = build_snapshot(self.book.source, days, self.params.features, self.progress)
        rows = customers(self.book, found)
        rows = told_by_book(rows, self.model.text, self.book.source, self.params.features.windows)
        segment = rows["account_id"].map(segments(self.book))
        X = rows.reindex(columns=list(self.model.features)).to_numpy("float64")
        health = self.model.health(X, segment.tolist())
        return rows.assign(**{PREDICTION: health, "p": np.clip(1 - health / 100, EDGE, 1 - EDGE)})

    def _drift(
        self,
        then: pd.DataFrame,
        now: pd.DataFrame,
        reference: ReferenceDay,
        settled: int,
        settings: MonitoringParams,
    ) -> DriftReport:
        """Where the book had not filled its windows, no account has been there for long enough."""
        judged = PREDICTION if reference.kind == "made" else None
        then = then if reference.filled else then.iloc[:0]
        return drift_between(then, now, self.model.features, judged, settled, settings.false_alarms)
