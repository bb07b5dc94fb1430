from __future__ import annotations

import html
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from features.faults import DataFault, WrongUse
from serving.monitoring.monitoring_run import monitor_book
from tests.serving.trained_workspace import PARAMS, TrainedWorkspace, workspace
from training.registry import MODEL, tracking

__all__ = ["workspace"]


def test_without_a_model_there_is_nothing_to_compare_with(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    registry = workspace.copied_registry(tmp_path)
    with tracking(registry) as client:
        for alias in ("champion", "challenger"):
            client.delete_registered_model_alias(MODEL, alias)
    with pytest.raises(WrongUse, match=r"allowed: a trained model. Next: run vitals train BOOK"):
        monitor_book(Path(workspace.book), None, PARAMS, (), registry, tmp_path / "out", lambda _: None)
    assert not (tmp_path / "out").exists()


def test_a_book_that_is_not_there_is_refused(workspace: TrainedWorkspace, tmp_path: Path) -> None:
    registry = workspace.copied_registry(tmp_path)
    with pytest.raises(DataFault, match="allowed: a folder with one file per table"):
        monitor_book(tmp_path / "none", None, PARAMS, (), registry, tmp_path / "out", lambda _: None)


@pytest.mark.slow
def test_use_that_breaks_off_is_reported_as_drift(workspace: TrainedWorkspace, tmp_path: Path) -> None:
    registry = workspace.copied_registry(tmp_path)
    book = Path(shutil.copytree(workspace.book, tmp_path / "book"))
    usage = pd.read_parquet(book / "usage.parquet")
    before = usage["occurred_at"] < pd.Timestamp("2026-08-15", tz="UTC")
    usage[before].to_parquet(book / "usage.parquet", index=False)
    report, (page, document) = monitor_book(
        book, "2026-11-01", PARAMS, (), registry, tmp_path / "out", lambda _: None
    )
    drifted = set(report.of_state("drifted"))
    assert {"active_users_30d", "seat_utilisation_30d", "days_since_last_use"} <= drifted
    assert "mrr" not in drifted
    assert html.escape(report.as_text()) in page.read_text(encoding="utf-8")
    assert json.loads(document.read_text(encoding="utf-8"))["rows_current"] == report.rows_current
