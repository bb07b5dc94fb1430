from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving import service
from serving.batch.run_documents import alias_of, newest_run, run_of
from serving.scores.champion import load_scorer
from tests.serving.conftest import NewKey
from tests.serving.pages.visiting import person
from tests.serving.trained_workspace import PARAMS, TrainedWorkspace, workspace  # noqa: F401
from training.ranked_rows import Outcomes, Ranking
from training.reliability import reliability


@pytest.fixture(scope="module")
def registry(workspace: TrainedWorkspace, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    return workspace.copied_registry(tmp_path_factory.mktemp("model"))


@pytest.fixture
def served(client: TestClient, registry: Path) -> TestClient:
    """The service with the champion of the trained workspace."""
    state = service.mounted.state
    state.resources = replace(state.resources, scorer=load_scorer(registry, PARAMS), registry=registry)
    return client


def logged(registry: Path, name: str) -> Any:
    run = run_of(registry, "1")
    assert run
    return run.document(name)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def monitored(registry: Path, document: Any, run_id: str, began: int) -> None:
    """A run as `vitals monitor` leaves it."""
    with closing(sqlite3.connect(registry / "mlflow.db")) as connection:
        connection.execute(
            "INSERT INTO runs (run_uuid, name, status, start_time, lifecycle_stage, experiment_id) "
            "VALUES (?, 'monitoring', 'FINISHED', ?, 'active', 1)",
            (run_id, began),
        )
        connection.execute(
            "INSERT INTO tags (key, value, run_uuid) VALUES ('kind', 'monitoring', ?)", (run_id,)
        )
        connection.commit()
    folder = registry / "artifacts" / run_id / "artifacts" / "monitoring"
    folder.mkdir(parents=True)
    (folder / "monitoring.json").write_text(json.dumps(document), encoding="utf-8")


def test_without_a_model_the_page_names_the_commands_that_lead_to_one(
    client: TestClient, new_key: NewKey, tmp_path: Path
) -> None:
    state = service.mounted.state
    state.resources = replace(state.resources, registry=tmp_path / "none")
    maria = person(client, new_key)
    for path in ("/model", "/model?lang=zh"):
        page = maria.sees(path)
        for command in ("vitals train data/book", "vitals promote", "vitals monitor data/book"):
            assert command in page


def test_every_measure_of_every_model_stands_in_the_table_with_its_interval(
    served: TestClient, new_key: NewKey, registry: Path
) -> None:
    page = words(person(served, new_key).sees("/model"))
    for each in logged(registry, "comparison.json")["estimates"]:
        assert f"{each['value']:.3f} {each['low']:.3f} – {each['high']:.3f}" in page


def test_the_weights_that_the_data_believe_stand_beside_the_experts(
    served: TestClient, new_key: NewKey, registry: Path
) -> None:
    page = words(person(served, new_key).sees("/model"))
    found = logged(registry, "comparison.json")["weights"]
    assert len(found) == 4
    for each in found:
        told = f"{each['expert']:.0f} {each['believed']:.0f} ± {each['error']:.0f}".replace("-", "−")
        assert told in page


def test_the_points_of_the_reliability_curve_stand_in_a_table(
    served: TestClient, new_key: NewKey, registry: Path
) -> None:
    page = words(person(served, new_key).sees("/model"))
    run = run_of(registry, "1")
    assert run
    tested = run.table("predictions.parquet", ["account_id", "churned", "answer"])
    assert tested is not None
    outcomes = Outcomes.of(tested["churned"], tested["account_id"].to_numpy(str))
    found = reliability(Ranking.of(outcomes, tested["answer"]))
    for foretold, seen, low, high in zip(found.foretold, found.seen, found.low, found.high, strict=True):
        shown = " ".join(f"{100 * share:.1f}%" for share in (foretold, seen, low))
        assert f"{shown} – {100 * high:.1f}%" in page


def test_the_card_tells_for_whom_and_when_it_is_stale_and_is_all_chinese_where_wanted(
    served: TestClient, new_key: NewKey, registry: Path
) -> None:
    maria, card = person(served, new_key), logged(registry, "card.json")
    page = words(maria.sees("/model"))
    assert all(each["segment"] in page for each in card["segments"])
    assert "the tests need a champion, however weak" in page
    chinese = words(maria.sees("/model?lang=zh"))
    assert "训练标签窗口不触及检验日期" in chinese
    assert not any(each["title"] in chinese for each in card["leakage"])
    assert not any(each["question"] in chinese for each in card["gate"]["verdicts"])
    assert not any(each in chinese for each in [*card["limits"], *card["stale_when"]])


def test_who_sees_only_their_own_accounts_is_not_shown_the_segments_of_all(
    served: TestClient, new_key: NewKey
) -> None:
    assert "By segment" in person(served, new_key).sees("/model")
    assert "By segment" not in person(served, new_key, owner="csm-0", name="li").sees("/model")


def finding(column: str, state: str, words: str = "") -> dict[str, Any]:
    return {"column": column, "state": state, "words": words, "distance": 0.48, "adjusted": 0.0012}


def report(as_of: str, *findings: dict[str, Any]) -> dict[str, Any]:
    """As `vitals monitor` writes it: a mature date, one whose truth is partly there, today."""

    def dated(day: str, source: str, measured: bool) -> dict[str, Any]:
        spans = {
            name: {"value": 0.7, "low": 0.612, "high": 0.78} for name in ("auc", "brier", "calibration_slope")
        }
        spans["churns"] = {"value": 41.0, "low": 30.0, "high": 52.0}
        told = {"as_of": f"{day}T00:00:00Z", "source": source, "version": "1", "accounts": 70}
        told |= {"expected": spans, "measured": spans if measured else None, "matures_on": "2027-12-01"}
        return told

    early = {"as_of": "2026-07-01T00:00:00Z", "days": 91, "accounts": 70, "observed": 9, "expected": 3.14159}
    early |= {"low": 4.1, "high": 17.1, "p_value": 0.01, "verdict": "more than expected"}
    drift = {"findings": list(findings), "prediction": "health", "accounts": 68, "left": 1, "joined": 2}
    return {
        "as_of": f"{as_of}T00:00:00Z",
        "version": "1",
        "reference": {"as_of": "2026-06-28T00:00:00Z", "kind": "made", "filled": True},
        "drift": {**drift, "young": 5, "alarm": True, "false_alarms": 0.05},
        "expected": dated(as_of, "published", False),
        "dates": [dated("2025-09-01", "backtest", True), dated("2026-07-01", "published", False)],
        "scored": {"auc": {"dates": 1, "inside": 1, "mean_gap": 0.0}},
        "early": [early],
        "doubts": [{"code": "drift", "count": 1}, {"code": "early_truth", **early}],
    }


def test_the_newest_monitoring_is_shown_and_hostile_words_in_it_are_text(
    served: TestClient, new_key: NewKey, registry: Path
) -> None:
    maria = person(served, new_key)
    assert "vitals monitor data/book" in maria.sees("/model")
    steady, drifted = finding("health", "steady"), finding("mrr", "drifted", "<script>x</script>")
    monitored(registry, report("2026-11-01", steady, drifted), "b" * 32, 1_795_700_000_000)
    monitored(registry, report("2026-01-01", steady), "a" * 32, 1_795_000_000_000)
    page = maria.sees("/model")
    told = words(page)
    assert "2026-11-01: 68 accounts compared with themselves on 2026-06-28" in told
    assert "1 drifted" in told
    assert "&lt;script&gt;x&lt;/script&gt;" in page


def test_what_is_expected_and_what_was_measured_stand_in_one_chart_and_in_its_table(
    served: TestClient, new_key: NewKey, registry: Path
) -> None:
    maria = person(served, new_key)
    page = maria.sees("/model")
    told = words(page)
    assert (
        told.count("0.700 0.612 – 0.780") >= 3 * 4
    )  # three measures: expected of three dates, measured of one
    assert page.count("expected: 0.700</title>") == 3 * 2  # in the charts of AUC and Brier score
    assert page.count("measured: 0.700</title>") == 1 * 2
    assert "drift in 1 columns" in told
    assert "9 accounts left within 91 days, 3.1 were expected" in told
    assert "4.1 – 17.1" in told
    chinese = words(maria.sees("/model?lang=zh"))
    assert "91天内流失9个，预期3.1个" in chinese
    assert "多于预期" in chinese
    assert "more than expected" not in chinese


def test_the_report_of_all_accounts_is_kept_from_who_sees_their_own_only(
    served: TestClient, new_key: NewKey, registry: Path
) -> None:
    maria = person(served, new_key)
    maria.sees("/model/monitoring.html", 404)
    page = registry / "artifacts" / ("b" * 32) / "artifacts" / "monitoring" / "monitoring.html"
    page.write_text("<html>the report</html>", encoding="utf-8")
    found = maria.client.get("/model/monitoring.html")
    assert (found.status_code, found.text) == (200, "<html>the report</html>")
    assert found.headers["content-disposition"] == 'attachment; filename="monitoring.html"'
    li = person(served, new_key, owner="csm-0", name="li")
    assert "monitoring.html" not in li.sees("/model")
    li.sees("/model/monitoring.html", 404)


def test_of_a_registry_that_cannot_be_read_nothing_is_shown_and_nothing_breaks(
    served: TestClient, new_key: NewKey, tmp_path: Path
) -> None:
    maria = person(served, new_key)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "mlflow.db").write_bytes(b"no database" * 100)
    state = service.mounted.state
    state.resources = replace(state.resources, registry=broken)
    assert "vitals train data/book" in maria.sees("/model")
    assert (run_of(broken, "1"), alias_of(broken, "champion"), newest_run(broken, "monitoring")) == (
        None,
    ) * 3


def test_a_run_that_lost_its_documents_leaves_out_what_stood_in_them(
    served: TestClient,
    new_key: NewKey,
    workspace: TrainedWorkspace,  # noqa: F811
    tmp_path: Path,
) -> None:
    lost = workspace.copied_registry(tmp_path)
    run = run_of(lost, "1")
    assert run
    (run.folder / "predictions.parquet").write_bytes(b"PAR1 no more")
    (run.folder / "card.json").unlink()
    (run.folder / "comparison.json").write_text("{", encoding="utf-8")
    state = service.mounted.state
    state.resources = replace(state.resources, registry=lost)
    page = person(served, new_key).sees("/model")
    assert "The predictions of this version are not kept with it" in page
    assert "vitals card --version 1" in page
