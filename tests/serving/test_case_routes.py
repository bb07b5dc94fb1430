from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from serving import service
from serving.answers.survey_tables import survey_responses
from serving.api.answering import Resources
from serving.closed_loop.book_people import BookPeople, keep_people
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_payloads import CaseResponse, CasesResponse, SurveyAnswerResponse
from serving.history.store import ScoreStore
from tests.serving import fake_scorer
from tests.serving.conftest import Publish

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ANSWER: dict[str, Any] = {
    "account_id": "A-000001",
    "contact_id": "P-1",
    "kind": "nps",
    "touchpoint": "relational",
    "score": 2,
    "scale_min": 0,
    "scale_max": 10,
    "comment": "your support is slow",
}


@pytest.fixture
def loop(client: TestClient, store: ScoreStore, publish: Publish) -> TestClient:
    """The service at a fixed time, its accounts and three contacts known."""
    service.mounted.state.resources = Resources(
        fake_scorer.FakeScorer(), store, service.LIMITS, CaseParams(), now=lambda: NOW
    )
    publish()
    people = {"name": "Acme", "owner": "csm-1", "director": "dir-1", "vp": "vp-1"}
    contacts = [
        {"contact_id": "P-1", "account_id": "A-000001", "role": "decision_maker", "is_key": True},
        {"contact_id": "P-2", "account_id": "A-000001", "role": "user", "is_key": True},
        {"contact_id": "P-3", "account_id": "A-000001", "role": "decision_maker", "is_key": False},
    ]
    with store.writing() as connection:
        accounts = [{"account_id": f"A-00000{n}", **people} for n in range(1, 7)]
        keep_people(connection, BookPeople(accounts, contacts))
    return client


def post(client: TestClient, path: str, body: dict[str, Any], key: str = "", status: int = 200) -> Any:
    headers = {"Idempotency-Key": key or uuid4().hex}
    answered = client.post(f"/v1/{path}", json=body, headers=headers)
    assert answered.status_code == status, answered.text
    return answered.json()


def count(store: ScoreStore, table: Any = survey_responses) -> int:
    with store.begin() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_a_key_decision_makers_low_score_opens_a_case_before_the_call_returns(
    loop: TestClient, store: ScoreStore
) -> None:
    answered = post(loop, "survey-responses", ANSWER)
    SurveyAnswerResponse.model_validate(answered, strict=True)
    assert (answered["detractor"], answered["case_id"]) == (True, "C-000001")
    case = loop.get("/v1/cases/C-000001").json()
    CaseResponse.model_validate(case, strict=True)
    assert (case["state"], case["assignee"], case["trigger"]) == ("open", "csm-1", "detractor")
    assert case["call_due_at"] == "2026-11-01T16:00:00.000000Z"
    assert count(store) == 1


def test_the_accounts_health_names_its_open_case_and_a_replay_does_not(loop: TestClient) -> None:
    post(loop, "survey-responses", ANSWER)
    assert loop.get("/v1/accounts/A-000001").json()["health"]["case_id"] == "C-000001"
    asked = loop.post("/v1/health", json={"account_ids": ["A-000002", "A-000001"]}).json()
    assert [account["case_id"] for account in asked["accounts"]] == [None, "C-000001"]
    replayed = loop.get("/v1/accounts/A-000001?as_of=2026-10-31").json()
    assert replayed["health"]["case_id"] is None


@pytest.mark.parametrize(
    "more",
    [
        {"contact_id": "P-2"},
        {"contact_id": "P-3"},
        {"score": 7},
        {"kind": "csat", "scale_max": 5},
        {"contact_id": "P-9", "role": "user"},
        {"contact_id": "P-9", "role": "decision_maker", "is_key": False},
    ],
)
def test_any_other_answer_is_kept_and_opens_none(
    loop: TestClient, store: ScoreStore, more: dict[str, Any]
) -> None:
    assert post(loop, "survey-responses", ANSWER | more)["case_id"] is None
    assert count(store) == 1


def test_a_contact_whom_nobody_knows_is_an_alarm_by_the_role_that_was_sent(loop: TestClient) -> None:
    refused = post(loop, "survey-responses", ANSWER | {"contact_id": "P-9"}, status=422)
    assert refused["errors"][0]["field"] == "contact_id"
    told = ANSWER | {"contact_id": "P-9", "role": "decision_maker"}
    assert post(loop, "survey-responses", told)["case_id"] == "C-000001"


def test_history_that_is_brought_in_is_kept_and_alarms_nobody(loop: TestClient, store: ScoreStore) -> None:
    old = post(loop, "survey-responses", ANSWER | {"responded_at": "2026-10-25T11:59:00Z"})
    assert (old["detractor"], old["case_id"], old["no_case_because"]) == (True, None, "old")
    happy = ANSWER | {"score": 10, "responded_at": "2026-10-31T12:00:00Z"}
    assert post(loop, "survey-responses", happy)["no_case_because"] is None
    before = post(loop, "survey-responses", ANSWER | {"responded_at": "2026-10-30T12:00:00Z"})
    assert (before["case_id"], before["no_case_because"]) == (None, "superseded")
    other = ANSWER | {"contact_id": None, "role": "decision_maker", "responded_at": "2026-10-30T12:00:00Z"}
    assert post(loop, "survey-responses", other)["case_id"] == "C-000001"
    assert count(store) == 4


def test_a_response_that_is_repeated_weeks_later_is_answered_as_the_first_time(loop: TestClient) -> None:
    alarm = ANSWER | {"response_id": "R-1"}
    history = ANSWER | {"response_id": "R-2", "contact_id": None, "role": "decision_maker"}
    history["responded_at"] = "2026-01-02T00:00:00Z"
    first = [post(loop, "survey-responses", each) for each in (alarm, history)]
    assert [one["case_id"] for one in first] == ["C-000001", None]
    post(loop, "survey-responses", ANSWER | {"response_id": "R-3", "score": 10})
    state = service.mounted.state
    state.resources = replace(state.resources, now=lambda: NOW + timedelta(days=30))
    assert [post(loop, "survey-responses", each) for each in (alarm, history)] == first


def test_an_answer_sent_twice_is_kept_once(loop: TestClient, store: ScoreStore) -> None:
    first = post(loop, "survey-responses", ANSWER, "key-1")
    assert post(loop, "survey-responses", ANSWER, "key-1") == first
    named = ANSWER | {"response_id": "R-1"}
    assert post(loop, "survey-responses", named) == post(loop, "survey-responses", named)
    assert count(store) == 2
    assert len(loop.get("/v1/cases/C-000001").json()["history"]) == 2


def test_a_response_id_used_for_another_answer_is_refused_without_its_words(
    loop: TestClient, store: ScoreStore
) -> None:
    post(loop, "survey-responses", ANSWER | {"response_id": "R-1"})
    other = ANSWER | {"response_id": "R-1", "score": 9, "comment": "secret words"}
    refused = post(loop, "survey-responses", other, status=409)
    assert {error["field"] for error in refused["errors"]} == {"score", "comment"}
    assert "secret" not in str(refused)
    assert count(store) == 1


@pytest.mark.parametrize(("more", "status"), [({"account_id": "A-9"}, 404), ({"score": 99}, 422)])
def test_an_answer_that_cannot_be_used_is_not_kept(
    loop: TestClient, store: ScoreStore, more: dict[str, Any], status: int
) -> None:
    post(loop, "survey-responses", ANSWER | more, status=status)
    assert count(store) == 0


def test_an_answer_without_a_key_is_refused(loop: TestClient, store: ScoreStore) -> None:
    assert loop.post("/v1/survey-responses", json=ANSWER).status_code == 400
    assert count(store) == 0


def test_a_step_without_a_name_is_its_callers(loop: TestClient) -> None:
    post(loop, "survey-responses", ANSWER)
    assert post(loop, "cases/C-000001/log-call", {})["history"][-1]["who"] == "tests"


def test_a_case_is_worked_on_by_people(loop: TestClient) -> None:
    post(loop, "survey-responses", ANSWER)
    assert post(loop, "cases/C-000001/resolve", {"who": "csm-1", "note": "x"}, status=409)["errors"][0][
        "next"
    ] == ("log the call first")
    post(loop, "cases/C-000001/assign", {"who": "dir-1", "assignee": "csm-2"})
    called = post(loop, "cases/C-000001/log-call", {"who": "csm-2"})
    assert (called["state"], called["called_at"]) == ("called", "2026-11-01T12:00:00.000000Z")
    post(loop, "cases/C-000001/comment", {"who": "csm-2", "note": "they wait for a fix\nuntil Monday"})
    post(loop, "cases/C-000001/resolve", {"who": "csm-2", "note": "fixed"})
    found = post(loop, "cases/C-000001/reopen", {"who": "csm-2"})
    assert [h["action"] for h in found["history"]] == [
        "open",
        "assign",
        "log-call",
        "comment",
        "resolve",
        "reopen",
    ]


def test_a_step_sent_twice_is_taken_once(loop: TestClient) -> None:
    post(loop, "survey-responses", ANSWER)
    for _ in range(2):
        found = post(loop, "cases/C-000001/log-call", {"who": "csm-1"}, "call-1")
    assert len(found["history"]) == 2


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("C-000009/log-call", {"who": "a"}, 404, "case_id"),
        ("nonsense/log-call", {"who": "a"}, 404, "case_id"),
        ("C-000001/log-call", {"who": ""}, 422, "who"),
        ("C-000001/comment", {"who": "a"}, 422, "note"),
        ("C-000001/comment", {"who": "a", "note": "  "}, 422, "note"),
        ("C-000001/comment", {"who": "a", "note": None}, 422, "note"),
        ("C-000001/assign", {"who": "a"}, 422, "assignee"),
        ("C-000001/log-call", {"who": "a", "assignee": "b"}, 422, "assignee"),
        ("C-000001/reopen", {"who": "a"}, 409, "action"),
    ],
)
def test_a_step_that_cannot_be_taken_says_why(
    loop: TestClient, path: str, body: dict[str, Any], status: int, field: str
) -> None:
    post(loop, "survey-responses", ANSWER)
    refused = post(loop, f"cases/{path}", body, status=status)
    assert refused["errors"][0]["field"] == field


def test_cases_are_listed_newest_first_page_by_page(loop: TestClient) -> None:
    for number in range(1, 6):
        told = ANSWER | {"account_id": f"A-00000{number}", "contact_id": "N", "role": "decision_maker"}
        post(loop, "survey-responses", told)
    first = loop.get("/v1/cases?limit=3").json()
    CasesResponse.model_validate(first, strict=True)
    rest = loop.get("/v1/cases", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    ids = [case["case_id"] for page in (first, rest) for case in page["cases"]]
    assert ids == [f"C-00000{number}" for number in range(5, 0, -1)]
    assert rest["next_cursor"] is None
    post(loop, "cases/C-000002/log-call", {"who": "csm-1"})
    assert [c["case_id"] for c in loop.get("/v1/cases?state=called").json()["cases"]] == ["C-000002"]
    assert [c["case_id"] for c in loop.get("/v1/cases?account_id=A-000004").json()["cases"]] == ["C-000004"]


@pytest.mark.parametrize("query", ["state=opened", "limit=0", "cursor=C-1", "kind=p1", "who=me", "level="])
def test_a_query_of_cases_that_makes_no_sense_is_refused(loop: TestClient, query: str) -> None:
    assert loop.get(f"/v1/cases?{query}").status_code == 422
