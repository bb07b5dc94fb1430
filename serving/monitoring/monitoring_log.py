"""What a run of the monitor leaves in MLflow: its page and documents, and figures that make lines over time.

Every run keeps its documents; of the pages, of several megabytes each, only the newest is kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from serving.monitoring.monitoring_files import KIND, PAGE
from serving.monitoring.monitoring_report import MonitoringReport
from training import registry as models

if TYPE_CHECKING:
    from mlflow import MlflowClient


def log_report(client: MlflowClient, registry: Path, report: MonitoringReport, files: list[Path]) -> None:
    """Logs the files and the figures as a run tagged `kind` monitoring."""
    import mlflow

    experiment = models.experiment(client, registry)
    earlier = client.search_runs([experiment], f"tags.kind = '{KIND}'")
    with mlflow.start_run(experiment_id=experiment, run_name=KIND):
        mlflow.set_tags({"kind": KIND, "version": report.version, "as_of": report.as_of})
        mlflow.log_metrics(_figures(report))
        for file in files:
            mlflow.log_artifact(str(file), KIND)
    for run in earlier:
        (registry / "artifacts" / run.info.run_id / "artifacts" / KIND / PAGE).unlink(missing_ok=True)


def _figures(report: MonitoringReport) -> dict[str, float]:
    found = {"drifted": float(len(report.drift.of_state("drifted"))), "doubts": float(len(report.doubts))}
    for name, span in report.today.expected.items():
        for part in ("value", "low", "high"):
            value = getattr(span, part)
            if value is not None:
                found[f"expected.{name}.{part}"] = float(value)
    for one in report.early:
        found |= {f"so_far.{one.days}.observed": one.observed, f"so_far.{one.days}.expected": one.expected}
    return found
