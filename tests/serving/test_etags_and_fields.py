from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from serving.api.payloads import AccountSummary, Health
from serving.api.request_queries import SUMMARY_FIELDS
from serving.history.portfolio_csv import BYTE_ORDER_MARK, COLUMNS, DANGEROUS, safe_cell
from serving.history.snapshots import ScoredAccount
from tests.serving.conftest import NewKey, Publish, scored_book
from tests.serving.test_key_door import ask
from tests.serving.test_service import problem

READING = [
    "/v1/accounts",
    "/v1/accounts?limit=2",
    "/v1/accounts.csv",
    "/v1/accounts/A-000001",
    "/v1/model",
    "/v1/catalog",
    "/v1/cases",
    "/docs.json",
]


@pytest.mark.parametrize("path", READING)
def test_who_has_the_answer_already_is_told_so_without_it(
    client: TestClient, publish: Publish, path: str
) -> None:
    publish()
    first = client.get(path)
    tag = first.headers["etag"]
    for sent in (tag, f'"x", W/{tag}', "*"):
        again = client.get(path, headers={"If-None-Match": sent})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(path, headers={"If-None-Match": '"x"'}).content == first.content
    assert client.get(path).headers["etag"] == tag
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "Authorization, Cookie"


@pytest.mark.parametrize("path", ["/v1/accounts", "/v1/accounts.csv", "/v1/accounts/A-000001"])
def test_a_new_snapshot_has_another_tag(client: TestClient, publish: Publish, path: str) -> None:
    publish()
    tag = client.get(path).headers["etag"]
    publish(7, hour=5)
    after = client.get(path, headers={"If-None-Match": tag})
    assert after.status_code == 200
    assert after.headers["etag"] != tag


def test_an_owner_is_not_told_that_they_have_what_somebody_else_saw(
    client: TestClient, publish: Publish, new_key: NewKey
) -> None:
    publish()
    mine = new_key("score:read", owner="csm-0")
    for path in ("/v1/accounts", "/v1/accounts.csv"):
        tag = client.get(path).headers["etag"]
        assert ask(client, mine, path=path, headers={"If-None-Match": tag}).status_code == 200


def test_a_refusal_has_no_tag(client: TestClient) -> None:
    assert "etag" not in client.get("/v1/accounts").headers
    assert client.get("/v1/accounts", headers={"If-None-Match": "*"}).status_code == 404


def test_only_the_fields_that_are_asked_for_are_answered(client: TestClient, publish: Publish) -> None:
    publish(2)
    full = client.get("/v1/accounts").json()
    page = client.get("/v1/accounts?fields=band,health,account_id,band").json()
    wanted = ("account_id", "band", "health")
    assert page["accounts"] == [{name: each[name] for name in wanted} for each in full["accounts"]]
    one = client.get("/v1/accounts/A-000001?fields=drivers").json()
    assert list(one["health"]) == ["account_id", "drivers"]
    assert set(one) == {"account", "health", "snapshot"}


def test_a_field_that_an_account_need_not_have_is_said_to_be_absent(
    client: TestClient, publish: Publish
) -> None:
    publish()
    for name in Health.model_fields:
        answered = client.get(f"/v1/accounts/A-000001?fields={name}")
        assert answered.status_code == 200, name
    both = client.get("/v1/accounts/A-000001?fields=override,left_out").json()["health"]
    assert both == {"account_id": "A-000001", "override": None, "left_out": None}


@pytest.mark.parametrize("path", ["/v1/accounts", "/v1/accounts/A-000001"])
@pytest.mark.parametrize(("fields", "value"), [("helth", "helth"), ("", ""), ("health,,band", "")])
def test_a_field_that_does_not_exist_is_named(
    client: TestClient, publish: Publish, path: str, fields: str, value: str
) -> None:
    publish()
    [error] = problem(client.get(path, params={"fields": fields}), 422)["errors"]
    assert (error["field"], error["value"]) == ("fields", value)


def test_a_thousand_wrong_fields_do_not_become_a_thousand_texts(client: TestClient, publish: Publish) -> None:
    publish()
    refused = problem(client.get("/v1/accounts", params={"fields": "x," * 1000}), 422)
    assert len(refused["errors"]) == len(SUMMARY_FIELDS) + 1


def test_the_fields_of_the_query_are_those_of_the_answer() -> None:
    assert tuple(AccountSummary.model_fields) == SUMMARY_FIELDS
    assert "account_id" in Health.model_fields


def test_pages_with_fields_and_a_cursor_stay_on_their_snapshot(client: TestClient, publish: Publish) -> None:
    publish(5)
    path, ids = "/v1/accounts?limit=2&fields=health", []
    for hour in (4, 5, 6):
        page = client.get(path).json()
        ids += [each["account_id"] for each in page["accounts"]]
        path = f"/v1/accounts?limit=2&fields=health&cursor={page['next_cursor']}"
        publish(9, hour=hour)
    assert ids == [f"A-00000{n}" for n in range(1, 6)]


def test_a_thousand_accounts_are_answered_in_one_call_and_one_more_is_not(
    client: TestClient, publish: Publish
) -> None:
    publish(1000)
    ids = [f"A-{n:06d}" for n in range(1000, 0, -1)]
    found = client.post("/v1/health", json={"account_ids": ids}).json()["accounts"]
    assert [account["account_id"] for account in found] == ids
    problem(client.post("/v1/health", json={"account_ids": [*ids, "A-1"]}), 422)


def lines_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    text = answer.content.decode("utf-8")
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_the_export_holds_every_account_in_the_order_asked_for(client: TestClient, publish: Publish) -> None:
    publish(1200)
    answer = client.get("/v1/accounts.csv?sort=-health")
    lines = lines_of(answer)
    assert [line["account_id"] for line in lines] == [f"A-{n:06d}" for n in range(1200, 0, -1)]
    assert tuple(lines[0]) == COLUMNS
    shown = client.get("/v1/accounts?sort=-health&limit=1").json()["accounts"][0]
    assert float(lines[0]["health"]) == shown["health"]
    assert [float(lines[0][f"interval_{end}"]) for end in ("low", "high")] == shown["interval"]
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="accounts-2026-10-31.csv"'


def test_the_export_is_filtered_and_refuses_what_it_does_not_know(
    client: TestClient, publish: Publish
) -> None:
    problem(client.get("/v1/accounts.csv"), 404)
    publish()
    assert {line["owner"] for line in lines_of(client.get("/v1/accounts.csv?owner=csm-1"))} == {"csm-1"}
    problem(client.get("/v1/accounts.csv?limit=5"), 422)


def test_no_cell_of_a_hostile_book_is_a_formula(client: TestClient, publish: Publish) -> None:
    evil = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u3000＝1", '"=1"', "a\n=1"]
    book: list[ScoredAccount] = []
    for account, name in zip(scored_book(len(evil)), evil, strict=True):
        details = account.details | {"name": name, "segment": name}
        book.append(replace(account, details=details))
    publish(book)
    lines = lines_of(client.get("/v1/accounts.csv"))
    assert [line["name"].removeprefix("'") for line in lines] == evil
    for line in lines:
        assert not line["name"].startswith(DANGEROUS)
        assert not line["segment"].startswith(DANGEROUS)
    assert lines[8]["name"] == '"=1"'


@given(st.text())
def test_no_text_begins_as_a_formula_does_and_none_is_lost(text: str) -> None:
    cell = str(safe_cell(text))
    assert not cell.lstrip(" \u00a0\u3000").startswith(DANGEROUS)
    assert cell in (text, f"'{text}")
