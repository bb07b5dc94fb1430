from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
from bentoml._internal.server.metrics.prometheus import PrometheusClient
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from serving.history.snapshot_metrics import SnapshotMetrics
from serving.history.store import ScoreStore
from tests.serving.conftest import Publish, scored_book

DASHBOARD = Path(__file__).resolve().parents[2] / "docs" / "operate" / "grafana.json"
METRIC = re.compile(r"\b(?:vitals|bentoml)_\w+")
AS_OF = datetime(2026, 10, 31, tzinfo=UTC).timestamp()


@pytest.fixture(autouse=True)
def _of_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """BentoML gathers the metrics of its workers from files; here there is one process, and none."""
    monkeypatch.setattr(PrometheusClient, "generate_latest", lambda _: prometheus_client.generate_latest())


def samples(client: TestClient) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Every sample of `/metrics` by name and labels, as Prometheus' own parser reads it."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def test_the_newest_snapshot_is_told_by_band_and_date(client: TestClient, publish: Publish) -> None:
    publish(6)
    told = samples(client)
    bands = {dict(labels)["band"]: count for labels, count in told["vitals_snapshot_accounts"].items()}
    assert set(bands) == {"green", "yellow", "red"}
    assert sum(bands.values()) == 6
    assert told["vitals_snapshot_as_of_timestamp_seconds"] == {(): AS_OF}
    published = datetime(2026, 11, 1, 3, tzinfo=UTC).timestamp()
    assert told["vitals_snapshot_published_timestamp_seconds"] == {(): published}
    assert told["vitals_model_info"] == {(("kind", "rule"), ("version", "rule-1")): 1}
    assert told["vitals_store_up"] == {(): 1}


def test_a_newer_snapshot_takes_the_place_of_the_one_that_was_read(
    store: ScoreStore, publish: Publish
) -> None:
    metrics = SnapshotMetrics()
    assert metrics.lines(store) == ""
    publish(3)
    before = metrics.lines(store)
    assert sum(int(n) for n in re.findall(r'band="\w+"} (\d+)', before)) == 3
    publish(6, as_of="2026-11-30")
    after = metrics.lines(store)
    assert before != after
    assert sum(int(n) for n in re.findall(r'band="\w+"} (\d+)', after)) == 6


def test_the_newest_fact_of_the_data_is_told_where_it_is_known(store: ScoreStore, publish: Publish) -> None:
    book = scored_book(2)
    for account in book:
        account.payload["known_until"] = "2026-10-30T23:10:00Z"
    publish(book)
    known = int(datetime(2026, 10, 30, 23, 10, tzinfo=UTC).timestamp())
    assert f"vitals_data_known_until_timestamp_seconds {known}\n" in SnapshotMetrics().lines(store)


def test_a_store_that_does_not_answer_leaves_the_snapshot_out(tmp_path: Path) -> None:
    empty = ScoreStore(f"sqlite:///{tmp_path / 'none' / 'vitals.db'}")
    assert SnapshotMetrics().lines(empty) == ""


def test_calls_are_counted_by_route_and_never_by_account(client: TestClient, publish: Publish) -> None:
    publish()
    for path in (
        "/v1/accounts/A-000001",
        "/v1/accounts/A-000002",
        "/v1/accounts/Acme",
        "/made-up-1",
        "/made-up-2",
    ):
        client.get(path)
    client.post("/v1/health", json={"account_ids": ["A-000001"]})
    text = client.get("/metrics").text
    for word in ("A-00000", "Acme", "made-up"):
        assert word not in text
    told = samples(client)["bentoml_service_request_total"]
    by_route = {(dict(k)["endpoint"], dict(k)["http_response_code"]): v for k, v in told.items()}
    assert by_route["/v1/accounts/{account_id}", "200"] >= 2
    assert by_route["/v1/accounts/{account_id}", "404"] >= 1
    assert by_route["other", "404"] >= 2
    assert by_route["/v1/health", "200"] >= 1


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return found


def test_every_metric_of_the_dashboard_is_one_that_the_service_tells(
    client: TestClient, publish: Publish
) -> None:
    book = scored_book(2)
    book[0].payload["known_until"] = book[1].payload["known_until"] = "2026-10-30T23:10:00Z"
    publish(book, hour=5)
    client.get("/v1/model")
    told = samples(client)
    asked = {name for e in expressions() for name in METRIC.findall(e)}
    assert len(asked) >= 8
    assert asked - set(told) == set()
    labels = {dict_key for name in asked for labels in told[name] for dict_key, _ in labels}
    used = {
        label
        for e in expressions()
        for group in re.findall(r"by \(([^)]*)\)", e)
        for label in group.split(", ")
    }
    assert used <= labels


def test_the_dashboard_has_panels_that_do_not_overlap_and_one_data_source() -> None:
    panels = dashboard()["panels"]
    ids = [panel["id"] for panel in panels]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
        assert panel["datasource"]["uid"] == "${datasource}"
    assert [v["name"] for v in dashboard()["templating"]["list"]] == ["datasource"]


def expressions() -> list[str]:
    return [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("expression", expressions())
def test_the_brackets_of_an_expression_are_closed(expression: str) -> None:
    for opened, closed in ("()", "{}", "[]"):
        assert expression.count(opened) == expression.count(closed)
