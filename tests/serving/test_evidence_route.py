from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.api.openapi import openapi_document
from serving.evidence.evidence_documents import evidence_documents
from serving.evidence.evidence_payloads import EVIDENCE_EXAMPLE, EvidenceResponse, SpanOf
from serving.history.snapshots import ScoredAccount, Snapshot
from serving.history.store import ScoreStore
from serving.params import ServingParams
from serving.themes.theme_documents import theme_documents
from serving.themes.theme_tables import keep_themes
from tests.features.literal_book import AS_OF, PARAMS, Case, at, literal_warehouse
from tests.serving.conftest import Publish, scored_book
from tests.serving.fake_scorer import MODEL

TEXT = "They are piloting another platform. <b>No competitor</b> was named 😀."


def published(store: ScoreStore, *cases: Case, as_of: str = "2026-10-31") -> Snapshot:
    """The cases, each as an account of a snapshot with its evidence and its themes."""
    ids = [case.says for case in cases]
    accounts = [
        ScoredAccount(account.details, {**account.payload, "account_id": name})
        for account, name in zip(scored_book(len(ids)), ids, strict=True)
    ]
    source = literal_warehouse(*cases)
    snapshot = store.publish_snapshot(
        accounts,
        as_of=datetime.fromisoformat(as_of).replace(tzinfo=UTC),
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
        model=MODEL,
        data_fingerprint="",
        evidence=evidence_documents(source, ids, AS_OF, PARAMS, 50),
    )
    with store.writing() as connection:
        keep_themes(connection, snapshot.id, theme_documents(source, ids, AS_OF, PARAMS, 50), 1)
    return snapshot


def noted(name: str = "A-1") -> Case:
    return Case(name, {"notes": [{"happened_at": at(3), "text": TEXT}]})


def ask(client: TestClient, account: str = "A-1", **query: str) -> Any:
    return client.get(f"/v1/accounts/{account}/evidence", params=query)


def test_the_very_words_behind_a_driver_are_answered(client: TestClient, store: ScoreStore) -> None:
    snapshot = published(store, noted())
    answer = ask(client, driver="note_competitor_180d")
    assert answer.status_code == 200
    found = EvidenceResponse.model_validate(answer.json())
    assert (found.account_id, found.as_of, found.snapshot.id) == ("A-1", snapshot.as_of, snapshot.id)
    [notes] = found.tables
    spans = [SpanOf.model_validate(span) for span in notes.records[0]["spans"]]
    assert [(span.words, span.left_out) for span in spans] == [
        ("another platform", None),
        ("competitor", "negated"),
    ]
    assert all(notes.records[0]["text"][span.start : span.end] == span.words for span in spans)
    assert answer.headers["content-type"] == "application/json"


def test_an_earlier_snapshot_is_answered_for_as_long_as_it_is_kept(
    client: TestClient, store: ScoreStore
) -> None:
    published(store, noted(), as_of="2026-09-30")
    assert ask(client, driver="tenure_days", as_of="2026-09-30").status_code == 200
    published(store, noted())
    refused = ask(client, driver="tenure_days", as_of="2026-09-30")
    assert (refused.status_code, refused.json()["type"]) == (404, "urn:vitals:problem:evidence-not-kept")
    [error] = refused.json()["errors"]
    assert error["next"] == "run: vitals evidence A-1 --driver tenure_days --as-of 2026-09-30"


def test_a_snapshot_from_before_there_was_evidence_says_that_it_was_not_kept(
    client: TestClient, publish: Publish
) -> None:
    publish()
    refused = ask(client, "A-000001", driver="tenure_days")
    assert (refused.status_code, refused.json()["type"]) == (404, "urn:vitals:problem:evidence-not-kept")
    assert ask(client, "A-000099", driver="tenure_days").json()["type"].endswith("unknown-account")


@pytest.mark.parametrize(
    ("account", "query", "status", "field", "next_step"),
    [
        ("A-1", {"driver": "note_competitor_180"}, 404, "driver", "did you mean 'note_competitor_180d'?"),
        ("A-1", {"driver": "zzz"}, 404, "driver", "GET /v1/catalog lists every feature"),
        ("A-2", {"driver": "tenure_days"}, 404, "account_id", "did you mean 'A-1'?"),
        ("A-1", {}, 422, "driver", "add ?driver= with a driver's feature"),
        ("A-1", {"driver": "a\x00"}, 422, "driver", "add ?driver= with a driver's feature"),
        ("A-1", {"drivers": "tenure_days"}, 422, "drivers", "did you mean 'driver'?"),
        (
            "A-1",
            {"driver": "tenure_days", "as_of": "soon"},
            422,
            "as_of",
            "leave it out for the newest snapshot",
        ),
    ],
)
def test_what_cannot_be_answered_is_a_problem_that_names_the_next_step(
    client: TestClient,
    store: ScoreStore,
    account: str,
    query: dict[str, str],
    status: int,
    field: str,
    next_step: str,
) -> None:
    published(store, noted())
    refused = ask(client, account, **query)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
    assert next(e for e in refused.json()["errors"] if e["field"] == field)["next"] == next_step


def test_an_account_whose_id_ends_as_the_path_does_is_still_an_account(
    client: TestClient, store: ScoreStore
) -> None:
    published(store, noted("A-1/evidence"))
    assert client.get("/v1/accounts/A-1%2Fevidence").json()["health"]["account_id"] == "A-1/evidence"
    assert ask(client, "A-1%2Fevidence", driver="tenure_days").json()["account_id"] == "A-1/evidence"


def test_the_example_of_the_document_is_an_answer() -> None:
    EvidenceResponse.model_validate(EVIDENCE_EXAMPLE)
    schema = openapi_document(ServingParams())["components"]["schemas"]["EvidenceResponse"]
    assert schema["examples"] == [EVIDENCE_EXAMPLE]
