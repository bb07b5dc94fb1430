"""Where the monitor's documents stand in MLflow: those who show them need nothing else of this room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from serving.batch.run_documents import LoggedRun, newest_run

KIND = "monitoring"  # the tag of the runs, and their folder
PAGE = "monitoring.html"
DOCUMENT = "monitoring.json"
SUMMARY = "summary.json"


def newest_report(registry: Path) -> LoggedRun | None:
    """The last run of the monitor; None before there is one."""
    return newest_run(registry, KIND)


def newest_summary(registry: Path) -> dict[str, Any] | None:
    """The summary of the last report (`MonitoringReport.summary`); None where none can be read."""
    run = newest_report(registry)
    found = None if run is None else run.document(f"{KIND}/{SUMMARY}")
    return found if isinstance(found, dict) else None
