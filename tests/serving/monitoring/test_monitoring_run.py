"""The whole monitor on a trained workspace: what it writes, logs, and refuses."""

from __future__ import annotations

import html
import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.faults import DataFault, WrongUse
from serving.monitoring import nightly_monitoring
from serving.monitoring.monitoring_run import Asked, monitor_book
from serving.monitoring.nightly_monitoring import monitor_after_scoring
from tests.serving.trained_workspace import LIGHT, PARAMS, TrainedWorkspace, workspace
from training.registry import MODEL, experiment, tracking

__all__ = ["workspace"]


@pytest.fixture
def asked(workspace: TrainedWorkspace, tmp_path: Path) -> Asked:
    registry, store = workspace.copied_registry(tmp_path), workspace.store
    return Asked(Path(workspace.book), "2026-11-01", PARAMS, LIGHT, registry, store, tmp_path / "out")


def silent(_: str) -> None:
    pass


def test_without_a_model_there_is_nothing_to_compare_with(asked: Asked) -> None:
    with tracking(asked.registry) as client:
        for alias in ("champion", "challenger"):
            client.delete_registered_model_alias(MODEL, alias)
    with pytest.raises(WrongUse, match=r"allowed: a trained model. Next: run vitals train BOOK"):
        monitor_book(asked, silent)
    assert not asked.out.exists()
    assert monitor_after_scoring(asked) is False


def test_a_book_that_is_not_there_is_refused(asked: Asked) -> None:
    with pytest.raises(DataFault, match="allowed: a folder with one file per table"):
        monitor_book(replace(asked, book=asked.out / "none"), silent)


@pytest.mark.long
def test_use_that_breaks_off_is_reported_as_drift_and_makes_the_estimate_doubtful(
    asked: Asked, workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    book = Path(shutil.copytree(workspace.book, tmp_path / "book"))
    usage = pd.read_parquet(book / "usage.parquet")
    before = usage["occurred_at"] < pd.Timestamp("2026-08-15", tz="UTC")
    usage[before].to_parquet(book / "usage.parquet", index=False)
    report, files = monitor_book(replace(asked, book=book), silent)
    drifted = set(report.drift.of_state("drifted"))
    assert {"active_users_30d", "seat_utilisation_30d", "days_since_last_use"} <= drifted
    assert not {"mrr", "tenure_days"} & drifted
    assert "drift" in {doubt["code"] for doubt in report.doubts}
    backtest = [one for one in report.dates if one.source == "backtest"]
    assert backtest
    assert all(one.measured is not None for one in backtest)
    assert report.today.measured is None
    page, document, summary = files
    assert html.escape(report.as_text()) in page.read_text(encoding="utf-8")
    assert len(json.loads(document.read_text(encoding="utf-8"))["drift"]["findings"]) > 90
    with tracking(asked.registry) as client:
        [logged] = client.search_runs([experiment(client, asked.registry)], "tags.kind = 'monitoring'")
        kept = Path(client.download_artifacts(logged.info.run_id, "monitoring/summary.json"))
        assert kept.read_bytes() == summary.read_bytes()
        assert logged.data.metrics["drifted"] == len(drifted)
    named = set(pd.read_parquet(book / "accounts.parquet")["account_id"])
    assert not any(account in summary.read_text(encoding="utf-8") for account in named)


def test_a_monitor_that_fails_at_night_is_logged_by_its_kind_alone(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("Acme said the product is slow")

    monkeypatch.setattr(nightly_monitoring, "monitor_book", broken)
    with caplog.at_level(logging.INFO, logger="vitals.watch"):
        assert monitor_after_scoring(asked) is False
    assert caplog.messages == ["monitoring: ValueError"]


def test_nights_can_do_without_it(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly_monitoring, "monitor_book", lambda *_: pytest.fail("it was monitored"))
    quiet = replace(asked, overrides=(*asked.overrides, "monitoring.nightly=false"))
    assert monitor_after_scoring(quiet) is False
