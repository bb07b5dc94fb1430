from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.api.openapi import openapi_document
from serving.closed_loop.book_people import BookPeople, keep_people
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.cases import Opening, open_case
from serving.history.snapshots import ScoredAccount
from serving.history.store import ScoreStore
from serving.params import ServingParams
from tests.serving.conftest import Clock, NewKey, Publish, scored_book
from tests.serving.test_key_door import ask

CANARY, NOBODYS = "B-canary", "B-canarx"
CASES = {CANARY: "C-000001", NOBODYS: "C-000009"}
# What a call sends to ask for an account; a new call that has a body belongs here.
BODIES: dict[str, Any] = {
    "/v1/predict": {"rows": [{"account_id": "ACCOUNT", "features": {}}]},
    "/v1/health": {"account_ids": ["A-000001", "ACCOUNT"]},
    "/v1/survey-responses": {
        "account_id": "ACCOUNT",
        "contact_id": "P-1",
        "role": "decision_maker",
        "kind": "nps",
        "touchpoint": "relational",
        "score": 2,
        "scale_min": 0,
        "scale_max": 10,
    },
    "/v1/overrides": {
        "account_id": "ACCOUNT",
        "band": "yellow",
        "reason": "x",
        "expires_at": f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}",
    },
    "/v1/cases/{case_id}/log-call": {"who": "x"},
    "/v1/cases/{case_id}/comment": {"who": "x", "note": "x"},
    "/v1/cases/{case_id}/assign": {"who": "x", "assignee": "csm-0"},
    "/v1/cases/{case_id}/resolve": {"who": "x", "note": "x"},
    "/v1/cases/{case_id}/reopen": {"who": "x"},
}
QUERIES = {"driver": "seat_utilisation", "from": "2026-10-31", "to": "2026-10-31"}
PATHS = {
    path: item
    for path, item in openapi_document(ServingParams())["paths"].items()
    if path not in ("/livez", "/readyz", "/metrics")
}


def with_canary(accounts: int = 6) -> list[ScoredAccount]:
    """A book of csm-0 and csm-1, and one account of csm-9, the worst of all."""
    book = scored_book(accounts)
    details = book[0].details | {"account_id": CANARY, "name": "Canary Industries", "owner": "csm-9"}
    return [*book, replace(book[0], details=details, payload=book[0].payload | {"account_id": CANARY})]


@pytest.fixture
def limited(client: TestClient, new_key: NewKey, publish: Publish, store: ScoreStore, clock: Clock) -> str:
    """The key of csm-0, beside whose accounts there is the canary, with an open case."""
    publish(with_canary())
    people = {"name": "Canary Industries", "owner": "csm-9", "director": None, "vp": None}
    with store.writing() as connection:
        keep_people(connection, BookPeople([{"account_id": CANARY, **people}], []))
        opened = Opening(CANARY, "p0", "red", "of the test", name="Canary Industries", owner="csm-9")
        open_case(connection, opened, CaseParams(), clock.now)
    return new_key("score:read", "score:write", "cases:read", "cases:write", "metrics:read", owner="csm-0")


def called(client: TestClient, key: str, method: str, path: str, account: str) -> Any:
    """A call that asks for an account, in its path, its query or its body, wherever it takes one."""
    operation = PATHS[path][method]
    needed = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "query" and p["required"]]
    sent: dict[str, Any] = {"params": {name: QUERIES[name] for name in needed}}
    if "requestBody" in operation:
        sent["json"] = json.loads(json.dumps(BODIES[path]).replace("ACCOUNT", account))
    place = path.format(account_id=account, case_id=CASES[account])
    return ask(client, key, method.upper(), place, headers={"Idempotency-Key": account}, **sent)


@pytest.mark.parametrize(
    ("path", "method"), [(path, method) for path, item in PATHS.items() for method in item]
)
def test_no_call_shows_a_trace_of_an_account_of_somebody_else(
    client: TestClient, limited: str, path: str, method: str
) -> None:
    """Asked for by its id, it is answered to the letter as one that does not exist."""
    found = called(client, limited, method, path, CANARY)
    absent = called(client, limited, method, path, NOBODYS)
    assert found.status_code == absent.status_code != 401
    assert found.text.replace(CANARY, NOBODYS).replace(CASES[CANARY], CASES[NOBODYS]) == absent.text
    assert "Canary Industries" not in found.text
    if "{" in path:
        assert found.status_code == 404
    elif method == "get":
        assert CANARY not in found.text


@pytest.mark.parametrize("query", ["", "?owner=csm-9", "?q=canary", "?sort=-health", "?band=red&limit=500"])
def test_the_portfolio_holds_the_owners_accounts_only(client: TestClient, limited: str, query: str) -> None:
    everything = client.get(f"/v1/accounts{query}").json()["accounts"]
    seen = ask(client, limited, path=f"/v1/accounts{query}").json()["accounts"]
    assert seen == [account for account in everything if account["owner"] == "csm-0"]


def test_a_page_is_full_of_the_owners_accounts_and_none_is_left_out(client: TestClient, limited: str) -> None:
    ids: list[str] = []
    path = "/v1/accounts?limit=2"
    for _ in range(2):
        page = ask(client, limited, path=path).json()
        ids += [account["account_id"] for account in page["accounts"]]
        path = f"/v1/accounts?limit=2&cursor={page['next_cursor']}"
    assert ids == ["A-000001", "A-000003", "A-000005"]
    assert page["next_cursor"] is None


def test_a_misspelt_id_is_not_answered_with_somebody_elses(client: TestClient, limited: str) -> None:
    assert "canary" in client.get(f"/v1/accounts/{NOBODYS}").text.replace(NOBODYS, "")
    refused = ask(client, limited, path=f"/v1/accounts/{NOBODYS}")
    assert refused.status_code == 404
    assert "canary" not in refused.text


def test_an_account_that_changed_hands_is_seen_by_its_new_owner_of_every_date(
    client: TestClient, limited: str, publish: Publish
) -> None:
    old = f"/v1/accounts/{CANARY}?as_of=2026-10-31"
    assert ask(client, limited, path=old).status_code == 404
    moved = [
        replace(account, details=account.details | {"owner": "csm-0" if n == 6 else "csm-9"})
        for n, account in enumerate(with_canary())
    ]
    publish(moved, as_of="2026-11-30")
    assert ask(client, limited, path=old).json()["account"]["owner"] == "csm-9"
    assert ask(client, limited, path="/v1/accounts/A-000001?as_of=2026-10-31").status_code == 404


def test_the_owner_of_no_account_sees_an_empty_portfolio(
    client: TestClient, limited: str, new_key: NewKey
) -> None:
    nobody = new_key("score:read", name="new", owner="csm-77")
    assert ask(client, nobody, path="/v1/accounts").json()["accounts"] == []
