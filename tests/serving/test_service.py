from __future__ import annotations

import logging
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from serving.api import payloads
from serving.api.answering import Resources
from serving.service import mounted
from tests.serving.conftest import Publish, scored_book

JSON = {"content-type": "application/json"}


def problem(response: Any, status: int) -> dict[str, Any]:
    """The problem detail of a response, in the one shape that every error has."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = payloads.ProblemDetail.model_validate(response.json()).model_dump()
    assert body["status"] == status
    assert set(response.json()) == {"type", "title", "status", "detail", "errors"}
    return body


def read(model: type[BaseModel], response: Any) -> dict[str, Any]:
    """The body of an answer, which must have the shape that is published for it."""
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    model.model_validate(found)
    return found


def test_rows_the_caller_brings_are_scored_in_their_order(client: TestClient) -> None:
    rows = [{"account_id": i, "features": {"seat_utilisation": s}} for i, s in (("B", 0.9), ("A", None))]
    found = read(payloads.PredictResponse, client.post("/v1/predict", json={"rows": rows, "top": 2}))
    assert [account["account_id"] for account in found["accounts"]] == ["B", "A"]
    assert [len(account["drivers"]) for account in found["accounts"]] == [2, 2]
    assert found["accounts"][1]["missing"][0] == "seat_utilisation"
    assert found["model"]["kind"] == "rule"


def test_drivers_and_the_rest_sum_to_the_distance_from_the_base(client: TestClient) -> None:
    rows = [{"account_id": "A", "features": {"seat_utilisation": 0.9, "nps_account": -40}}]
    [account] = client.post("/v1/predict", json={"rows": rows, "top": 1}).json()["accounts"]
    points = sum(driver["points"] for driver in account["drivers"]) + account["other_points"]
    assert account["base_health"] + points == pytest.approx(account["health"], abs=1e-9)


def test_health_comes_from_the_newest_snapshot_and_replays_an_old_one(
    client: TestClient, publish: Publish
) -> None:
    publish(2, as_of="2026-09-30")
    publish(4, as_of="2026-10-31")
    asked = {"account_ids": ["A-000002", "A-000001"]}
    newest = read(payloads.HealthResponse, client.post("/v1/health", json=asked))
    replayed = read(payloads.HealthResponse, client.post("/v1/health", json={**asked, "as_of": "2026-09-30"}))
    assert newest["accounts"] == [scored_book(4)[1].payload, scored_book(4)[0].payload]
    assert replayed["accounts"] == [scored_book(2)[1].payload, scored_book(2)[0].payload]
    assert replayed["snapshot"]["as_of"] == "2026-09-30T00:00:00Z"


def test_every_unknown_account_is_named_with_the_nearest(client: TestClient, publish: Publish) -> None:
    publish(3)
    body = problem(client.post("/v1/health", json={"account_ids": ["A-00001", "A-000001", "zzz"]}), 404)
    assert body["type"] == "urn:vitals:problem:unknown-account"
    assert body["errors"] == [
        {
            "field": "account_id",
            "value": "A-00001",
            "allowed": "an account scored as of 2026-10-31T00:00:00Z",
            "next": "did you mean 'A-000001'?",
        },
        {
            "field": "account_id",
            "value": "zzz",
            "allowed": "an account scored as of 2026-10-31T00:00:00Z",
            "next": "GET /v1/accounts lists the accounts",
        },
    ]


def test_a_date_without_a_snapshot_is_answered_with_the_dates_there_are(
    client: TestClient, publish: Publish
) -> None:
    publish(as_of="2026-09-30")
    publish(as_of="2026-10-31")
    response = client.post("/v1/health", json={"account_ids": ["A-000001"], "as_of": "2026-10-30"})
    [error] = problem(response, 404)["errors"]
    assert error["value"] == "2026-10-30T00:00:00Z"
    assert error["allowed"] == "one of 2026-10-31T00:00:00Z, 2026-09-30T00:00:00Z"
    assert error["next"] == "use one of them, or run: vitals score data/book --as-of 2026-10-30"


@pytest.mark.parametrize("path", ["/v1/accounts", "/v1/accounts/A-000001"])
def test_an_empty_store_says_how_to_fill_it(client: TestClient, path: str) -> None:
    for response in (client.get(path), client.post("/v1/health", json={"account_ids": ["A-000001"]})):
        body = problem(response, 404)
        assert body["detail"] == "Nothing has been scored yet. Run: vitals score data/book"


def test_pages_stay_on_their_snapshot_while_a_newer_one_is_published(
    client: TestClient, publish: Publish
) -> None:
    first = publish(5)
    page = read(payloads.PortfolioResponse, client.get("/v1/accounts?limit=3"))
    publish(9, hour=8)
    rest = read(payloads.PortfolioResponse, client.get(f"/v1/accounts?limit=3&cursor={page['next_cursor']}"))
    ids = [account["account_id"] for account in page["accounts"] + rest["accounts"]]
    assert ids == [f"A-{number:06d}" for number in range(1, 6)]
    assert rest["next_cursor"] is None
    assert rest["snapshot"]["id"] == page["snapshot"]["id"] == first.id


def test_a_cursor_alone_goes_on_with_the_filters_of_its_first_page(
    client: TestClient, publish: Publish
) -> None:
    publish(20)
    asked = "segment=smb&owner=csm-1&q=beta&sort=-health"
    whole = client.get(f"/v1/accounts?{asked}").json()["accounts"]
    for repeated in ("", f"&{asked}"):
        page = client.get(f"/v1/accounts?limit=3&{asked}").json()
        seen = page["accounts"]
        while page["next_cursor"] is not None:
            page = client.get(f"/v1/accounts?limit=2&cursor={page['next_cursor']}{repeated}").json()
            seen += page["accounts"]
        assert seen == whole
    assert len(whole) > 5


@pytest.mark.parametrize(
    ("other", "field", "allowed"),
    [
        ("band=red", "band", "green, as the cursor's pages"),
        ("owner=csm-9", "owner", "none, as the cursor's pages"),
        ("q=x&band=green", "q", "none, as the cursor's pages"),
    ],
)
def test_a_cursor_with_other_filters_than_its_own_is_refused(
    client: TestClient, publish: Publish, other: str, field: str, allowed: str
) -> None:
    publish(20)
    cursor = client.get("/v1/accounts?limit=1&band=green").json()["next_cursor"]
    [error] = problem(client.get(f"/v1/accounts?cursor={cursor}&{other}"), 422)["errors"]
    assert (error["field"], error["allowed"]) == (field, allowed)
    assert error["next"] == "start again without the cursor"


def test_a_cursor_of_before_it_held_filters_is_refused(client: TestClient, publish: Publish) -> None:
    publish()
    old = "WzMsICJoZWFsdGgiLCA0My42LCAiQS0wMDAwMzYiXQ"
    [error] = problem(client.get(f"/v1/accounts?cursor={old}"), 422)["errors"]
    assert (error["field"], error["next"]) == ("cursor", "start again without a cursor")


def test_the_portfolio_is_filtered_and_sorted(client: TestClient, publish: Publish) -> None:
    publish(6)
    query = "/v1/accounts?segment=smb&owner=csm-1&q=beta&sort=-health"
    found = read(payloads.PortfolioResponse, client.get(query))
    assert [account["account_id"] for account in found["accounts"]] == ["A-000006", "A-000002"]
    assert found["accounts"][0]["main_driver"]["feature"] == "seat_utilisation"


@pytest.mark.parametrize(
    ("query", "field", "value", "allowed", "advice"),
    [
        ("bnad=red", "bnad", "red", "one of band, owner, segment, q", "did you mean 'band'?"),
        ("band=orange", "band", "orange", "one of green, yellow, red", "use one of"),
        ("band=red&band=green", "band", "green", "one value", "send the parameter once"),
        ("sort=mrr", "sort", "mrr", "one of health, -health, name", "use one of"),
        ("limit=0", "limit", "0", "an integer from 1 to 500", "leave it out for 50"),
        (
            "limit=501",
            "limit",
            "501",
            "an integer from 1 to 500",
            "leave it out for 50, and page with the cursor",
        ),
        ("limit=ten", "limit", "ten", "an integer from 1 to 500", "leave it out for 50"),
        ("limit=1e2", "limit", "1e2", "an integer from 1 to 500", "leave it out for 50"),
        ("q=", "q", "", "a text of 1 to 200 characters", "leave q out for all"),
        ("owner=%00", "owner", "\x00", "a text of 1 to 200 characters", "leave owner out for all"),
        ("cursor=abc", "cursor", "abc", "the next_cursor of an earlier page", "start again without a cursor"),
        ("as_of=today", "as_of", "today", "a date (2026-10-31)", "leave it out for the newest snapshot"),
    ],
)
def test_a_fault_in_a_query_is_named(
    client: TestClient, publish: Publish, query: str, field: str, value: str, allowed: str, advice: str
) -> None:
    publish()
    [error] = problem(client.get(f"/v1/accounts?{query}"), 422)["errors"]
    assert (error["field"], error["value"]) == (field, value)
    assert error["allowed"].startswith(allowed)
    assert error["next"].startswith(advice)


def test_all_faults_of_a_query_are_said_at_once(client: TestClient) -> None:
    body = problem(client.get("/v1/accounts?band=blue&limit=x&colour=1"), 422)
    assert [error["field"] for error in body["errors"]] == ["colour", "band", "limit"]
    assert body["detail"] == "The request cannot be used: 3 faults."


def test_a_cursor_of_another_order_or_date_is_refused(client: TestClient, publish: Publish) -> None:
    publish()
    cursor = client.get("/v1/accounts?limit=1").json()["next_cursor"]
    [error] = problem(client.get(f"/v1/accounts?cursor={cursor}&sort=name"), 422)["errors"]
    assert error["allowed"] == "health, as the cursor's pages"
    [error] = problem(client.get(f"/v1/accounts?cursor={cursor}&as_of=2026-09-30"), 422)["errors"]
    assert error["allowed"] == "2026-10-31T00:00:00Z, as the cursor's pages"


def test_one_account_comes_with_its_details_and_its_health(client: TestClient, publish: Publish) -> None:
    publish(3)
    found = read(payloads.AccountResponse, client.get("/v1/accounts/A-000002"))
    assert found["account"]["name"] == "Beta 100% Ltd 1"
    assert found["health"] == scored_book(3)[1].payload


@pytest.mark.parametrize("name", ["A/2", "/", "a//b", "北京/3", "A?9#x", "A 4", "é😀", "L" * 200])
def test_an_account_is_found_whatever_its_id_is_made_of(
    client: TestClient, publish: Publish, name: str
) -> None:
    publish([replace(scored_book(1)[0], payload=scored_book(1)[0].payload | {"account_id": name})])
    found = read(payloads.AccountResponse, client.get(f"/v1/accounts/{quote(name, safe='')}"))
    assert found["health"]["account_id"] == name


def test_the_first_page_is_ours_and_leads_to_the_description(client: TestClient, publish: Publish) -> None:
    publish(3)
    first = client.get("/")
    assert first.status_code == 200
    assert 'href="/docs.json"' in first.text
    assert client.get("/docs.json").json()["openapi"] == "3.1.0"


def test_one_account_that_is_not_there_is_a_problem(client: TestClient, publish: Publish) -> None:
    publish(3)
    [error] = problem(client.get("/v1/accounts/A-0002"), 404)["errors"]
    assert error["next"] == "did you mean 'A-000002'?"
    [error] = problem(client.get("/v1/accounts/A-000002?asof=2026-10-31"), 422)["errors"]
    assert error["next"] == "did you mean 'as_of'?"
    problem(client.get(f"/v1/accounts/{'x' * 201}"), 422)


def test_model_and_catalog_are_shown(client: TestClient) -> None:
    model = read(payloads.ModelResponse, client.get("/v1/model"))
    assert model["comparison"] == {"rule": {"auc": 0.676}}
    assert model["weights"] == [{"pillar": "usage", "expert": 30.0, "believed": 41.0, "error": 6.0}]
    catalog = read(payloads.CatalogResponse, client.get("/v1/catalog"))
    assert catalog["features"][0]["name"] == "seat_utilisation"
    [error] = problem(client.get("/v1/catalog?lang=en"), 422)["errors"]
    assert (error["allowed"], error["next"]) == ("no query parameter", "leave it out")


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/health"])
@pytest.mark.parametrize(
    "sent_as",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/vnd.bentoml+pickle",
    ],
)
def test_what_is_not_sent_as_json_is_refused_unread(client: TestClient, path: str, sent_as: str) -> None:
    [error] = problem(client.post(path, content=b"{}", headers={"content-type": sent_as}), 415)["errors"]
    assert error == {
        "field": "Content-Type",
        "value": sent_as,
        "allowed": "application/json",
        "next": "send the header with a JSON body",
    }


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/health"])
def test_a_body_that_is_no_json_is_a_problem(client: TestClient, path: str) -> None:
    body = problem(client.post(path, content=b"{'rows'", headers=JSON), 400)
    assert body["title"] == "The body is not JSON"


def test_a_body_that_says_it_is_too_large_is_refused(client: TestClient) -> None:
    huge = client.post("/v1/predict", content=b"{}", headers={**JSON, "content-length": "1000000000000"})
    [error] = problem(huge, 413)["errors"]
    assert error["value"] == "1000000000000 bytes"
    assert error["allowed"] == "at most 8000000 bytes"
    assert huge.headers["connection"] == "close"


def test_a_body_that_turns_out_too_large_while_it_streams_is_refused(client: TestClient) -> None:
    chunks = (b" " * 1_000_000 for _ in range(9))
    [error] = problem(client.post("/v1/predict", content=chunks, headers=JSON), 413)["errors"]
    assert error["value"] == "over 8000000 bytes"


def test_a_thousand_million_rows_are_refused(client: TestClient) -> None:
    rows = b'{"rows": [' + b"0," * 3_000_000 + b"0]}"
    [error] = problem(client.post("/v1/predict", content=rows, headers=JSON), 422)["errors"]
    assert error["value"] == "a list of 3000001"
    assert error["allowed"] == "a list of 1 to 1000"


@pytest.mark.parametrize("path", ["/nothing", "/v1/nothing", "/v1/accounts/A/nothing"])
def test_an_unknown_path_is_a_problem(client: TestClient, path: str) -> None:
    for response in (client.get(path), client.post(path, json={})):
        [error] = problem(response, 404)["errors"]
        assert (error["field"], error["value"]) == ("path", path)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("GET", "/v1/predict", "POST"), ("DELETE", "/v1/accounts", "GET"), ("PUT", "/v1/health", "POST")],
)
def test_a_method_that_a_path_does_not_have_is_a_problem(
    client: TestClient, method: str, path: str, allow: str
) -> None:
    [error] = problem(client.request(method, path, json={}), 405)["errors"]
    assert (error["field"], error["value"]) == ("method", method)
    assert allow in error["allowed"]


def test_an_unexpected_fault_says_nothing_of_its_inside(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    held = mounted.state.resources

    class Broken:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("a secret of the inside")

    mounted.state.resources = Resources(Broken(), held.store, held.limits)  # type: ignore[arg-type]
    with caplog.at_level(logging.ERROR):
        response = client.get("/v1/model")
    body = problem(response, 500)
    assert body["detail"] == "An unexpected fault of the service; its log says more."
    assert "secret" not in response.text


def test_an_unexpected_fault_of_the_framework_is_answered_at_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)  # which only the real server sets
    body = problem(client.get("/metrics"), 500)
    assert body["errors"] == []


def test_a_lost_store_is_said_by_ready_and_by_the_calls_that_need_it(
    client: TestClient, publish: Publish, tmp_path: Path
) -> None:
    publish()
    assert client.get("/readyz").status_code == 200
    connection = sqlite3.connect(tmp_path / "vitals.db")
    connection.execute("ALTER TABLE snapshots RENAME TO gone")
    connection.close()
    assert problem(client.get("/readyz"), 503)["detail"] == (
        "The store (VITALS_STORE) does not answer: OperationalError."
    )
    response = client.post("/v1/health", json={"account_ids": ["A-000001"]})
    [error] = problem(response, 503)["errors"]
    assert error["field"] == "VITALS_STORE"
    assert response.headers["retry-after"] == "5"
    assert client.get("/livez").status_code == 200
    rows = [{"account_id": "A", "features": {}}]
    assert client.post("/v1/predict", json={"rows": rows}).status_code == 200


def test_the_access_log_holds_no_row_contents(
    client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"account_id": "secret-account", "features": {"seat_utilisation": 0.123456, "secret_feature": 1}}]
    monkeypatch.setattr(logging.getLogger("bentoml"), "propagate", True)
    with caplog.at_level(logging.DEBUG):
        client.post("/v1/predict", json={"rows": rows})
    assert [record.fields["route"] for record in caplog.records if record.name == "vitals.access"] == [
        "/v1/predict"
    ]
    assert "secret" not in caplog.text
    assert "secret" not in str([vars(record) for record in caplog.records])
    assert "0.123456" not in caplog.text
