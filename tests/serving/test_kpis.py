"""The figures of the closed loop: what counts, as of when, of whom, and what is not said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving import service
from serving.answers.survey_tables import survey_responses
from serving.closed_loop.alert_budget import Alarm as Raised
from serving.closed_loop.alert_budget import raise_alarms, release_due
from serving.closed_loop.book_people import BookPeople, keep_people
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_states import Action
from serving.closed_loop.cases import Opening, Step, open_case, take_step
from serving.closed_loop.clock import take_due_steps
from serving.closed_loop.moments import moment_text
from serving.history.snapshots import ScoredAccount
from serving.history.store import ScoreStore
from serving.kpis.kpi_answers import KpisAsked, kpis_answer
from serving.kpis.kpi_payloads import KpisResponse
from tests.command_runs import answer, refused, run
from tests.serving.both_databases import database_url, loop_store, postgres
from tests.serving.conftest import NewKey, scored_book
from tests.serving.fake_scorer import MODEL
from tests.serving.test_key_door import ask

__all__ = ["database_url", "loop_store", "postgres"]
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
PARAMS = CaseParams()


def hour(number: float) -> datetime:
    return START + timedelta(hours=number)


def day(number: float) -> datetime:
    return hour(24 * number)


def alarm(store: ScoreStore, name: str, at: datetime, csm: str = "csm-1", team: str = "dir-1") -> int:
    with store.writing() as connection:
        opening = Opening(name, "p0", "entered red", f"{name}:{at}", owner=csm, director=team)
        return open_case(connection, opening, PARAMS, at)[0]


def step(store: ScoreStore, case: int, action: Action, at: datetime) -> None:
    with store.writing() as connection:
        take_step(connection, case, Step(action, "csm-1", "done"), PARAMS, at)


def answered(store: ScoreStore, name: str, at: datetime, score: float = 3) -> None:
    when = dict.fromkeys(("sent_at", "responded_at", "recorded_at"), moment_text(at))
    row = {"response_id": f"{name}:{at}", "account_id": name, "kind": "nps", "touchpoint": "relational"}
    with store.writing() as connection:
        values = {**row, **when, "score": score, "scale_min": 0, "scale_max": 10}
        connection.execute(survey_responses.insert().values(values))


def published(store: ScoreStore, at: datetime, bands: dict[str, str]) -> None:
    [like] = scored_book(1)
    store.publish_snapshot(
        [ScoredAccount(like.details, like.payload | {"account_id": a, "band": b}) for a, b in bands.items()],
        as_of=at,
        published_at=at,
        model=MODEL,
        data_fingerprint=str(at),
    )


def figures(store: ScoreStore, since: datetime, until: datetime, owner: str | None = None) -> dict[str, Any]:
    found = kpis_answer(store, KpisAsked(since, until), PARAMS, owner)
    KpisResponse.model_validate(found)
    return found


def ten_alarms(store: ScoreStore) -> None:
    """Ten alarms at hour 0; the n-th is called after n + 1 hours, the last four never; four are resolved."""
    for n in range(10):
        case = alarm(store, f"A-{n}", START, "csm-1" if n < 6 else "csm-2")
        if n < 6:
            step(store, case, "log-call", hour(n + 1))
        if n < 4:
            step(store, case, "resolve", hour(n + 10))


def test_open_calls_count_as_open_and_what_is_not_seen_yet_is_not_said(loop_store: ScoreStore) -> None:
    ten_alarms(loop_store)
    found = figures(loop_store, START, day(2))["all"]
    assert found["first_call"]["open"] == 4
    assert found["first_call"]["median"]["hours"] == 5.0, "leaving the open ones out would make it 3.5"
    p90 = found["first_call"]["p90"]
    assert (p90["hours"], p90["interval"][1]) == (None, None)
    assert "less than 90%" in p90["says"]["en"]
    assert (found["closed"]["count"], found["closed"]["of"], found["closed"]["share"]) == (4, 10, 0.4)
    low, high = found["closed"]["interval"]
    assert 0.15 < low < 0.4 < high < 0.68


def test_the_figures_of_a_past_period_stay_what_they_were(loop_store: ScoreStore) -> None:
    ten_alarms(loop_store)
    before = figures(loop_store, START, hour(5))
    assert before["all"]["first_call"]["open"] == 6
    assert before["all"]["closed"]["count"] == 0
    later = alarm(loop_store, "B", hour(6))
    step(loop_store, later, "log-call", hour(7))
    step(loop_store, 1, "reopen", day(3))
    take_due_steps(loop_store, PARAMS, day(4))
    published(loop_store, day(100), {"A-1": "green"})
    assert figures(loop_store, START, hour(5)) == before
    assert figures(loop_store, START, day(5))["all"]["closed"]["count"] == 3


def test_csms_and_teams_have_their_own_and_of_few_nothing_is_said(loop_store: ScoreStore) -> None:
    ten_alarms(loop_store)
    take_due_steps(loop_store, PARAMS, day(1.5))
    found = figures(loop_store, START, day(2))
    one, two = found["csms"]
    assert (one["name"], one["alarms"], two["name"], two["alarms"]) == ("csm-1", 6, "csm-2", 4)
    assert one["closed"]["share"] == pytest.approx(4 / 6, abs=1e-4)
    assert (two["closed"]["share"], two["closed"]["interval"]) == (None, None)
    assert two["closed"]["says"]["en"] == "cannot tell: 4 known, 5 needed"
    assert two["first_call"]["median"] == {"hours": None, "interval": None, "says": two["closed"]["says"]}
    assert [(team["name"], team["alarms"]) for team in found["teams"]] == [("dir-1", 10)]
    assert found["all"]["escalations"] == {"call_overdue": 4, "director": 6, "vp": 0}
    assert found["all"]["escalated"]["share"] == 0.6


def test_a_detractor_is_followed_up_by_a_call_after_the_answer(loop_store: ScoreStore) -> None:
    case = alarm(loop_store, "A", hour(0))
    step(loop_store, case, "log-call", hour(2))
    for at, score in ((1, 0), (1.5, 6), (3, 2), (4, 7), (5, 9)):
        answered(loop_store, "A", hour(at), score)
    for at in (1, 2, 3):
        answered(loop_store, "B", hour(at))
    found = figures(loop_store, START, day(1))["all"]["detractors_followed_up"]
    assert (found["count"], found["of"]) == (2, 6)


def test_recovery_is_read_at_one_time_after_the_alarm_and_leaving_is_no_recovery(
    loop_store: ScoreStore,
) -> None:
    for n in range(8):
        alarm(loop_store, f"A-{n}", START)
    alarm(loop_store, "late", day(80))
    published(loop_store, day(20), {f"A-{n}": "green" for n in range(8)})  # too early to count
    bands = {"A-0": "yellow", "A-1": "green", "A-2": "red", "A-3": "red", "A-4": "red", "A-5": "green"}
    published(loop_store, day(95), bands)
    published(loop_store, day(120), {f"A-{n}": "green" for n in range(8)})  # a later one does not
    found = figures(loop_store, START, day(130))["all"]["recovered"]
    assert (found["count"], found["of"], found["undecided"]) == (3, 8, 0), "the late one is not due yet"
    assert figures(loop_store, START, day(89))["all"]["recovered"]["of"] == 0


def test_an_outcome_without_a_snapshot_of_then_is_undecided(loop_store: ScoreStore) -> None:
    for n in range(6):
        alarm(loop_store, f"A-{n}", START)
    published(loop_store, day(130), dict.fromkeys(("A-1", "A-2"), "green"))
    found = figures(loop_store, START, day(140))["all"]["recovered"]
    assert (found["of"], found["undecided"], found["share"]) == (0, 6, None)


def test_an_alarm_was_right_where_the_account_left_within_the_horizon(loop_store: ScoreStore) -> None:
    for n in range(6):
        alarm(loop_store, f"A-{n}", START)
    published(loop_store, day(370), {"A-0": "red", "A-1": "green"})
    found = figures(loop_store, day(300), day(400))
    assert found["horizon_days"] == 365
    assert (found["all"]["precision"]["count"], found["all"]["precision"]["of"]) == (4, 6)
    assert found["all"]["alarms"] == 0, "they were told long before the period"


def test_an_alarm_counts_from_when_it_was_told(loop_store: ScoreStore) -> None:
    one = CaseParams(alerts_per_week=1)
    raised = [Raised(Opening(f"A-{n}", "p0", "red", f"k{n}", owner="csm-1"), float(n)) for n in range(3)]
    with loop_store.writing() as connection:
        raise_alarms(connection, raised, one, START)
    found = figures(loop_store, START, day(1))
    assert (found["all"]["alarms"], found["held_back"]) == (1, 2)
    release_due(loop_store, one, day(7))
    step(loop_store, 2, "log-call", day(7) + timedelta(hours=1))
    assert figures(loop_store, day(6), day(8))["all"]["alarms"] == 1
    assert figures(loop_store, START, day(8))["all"]["first_call"]["open"] == 1


def served(client: TestClient, now: datetime) -> TestClient:
    """The service, by whose clock it is `now`."""
    state = service.mounted.state
    state.resources = replace(state.resources, now=lambda: now)
    return client


def test_a_limited_key_sees_the_figures_of_its_own_as_if_there_were_no_others(
    client: TestClient, store: ScoreStore, new_key: NewKey
) -> None:
    served(client, day(3))
    people = [("A-1", "csm-1"), ("X", "csm-9")]
    rows = [{"account_id": a, "name": a, "owner": o, "director": "dir-1", "vp": None} for a, o in people]
    with store.writing() as connection:
        keep_people(connection, BookPeople(rows, []))
    for n in range(6):
        step(store, alarm(store, f"A-{n}", START), "log-call", hour(1))
    answered(store, "A-1", START)
    key = new_key("cases:read", owner="csm-1")
    alone = ask(client, key, path="/v1/kpis").json()
    for n in range(6):
        alarm(store, f"X-{n}", START, "csm-9")
    answered(store, "X", START)
    assert ask(client, key, path="/v1/kpis").json() == alone
    assert [each["name"] for each in alone["csms"]] == ["csm-1"]
    assert client.get("/v1/kpis").json()["all"]["alarms"] == 12
    assert ask(client, new_key("score:read", name="other"), path="/v1/kpis").status_code == 403


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("from=x&to=y", ["to", "from"]),
        ("from=2026-01-07&to=2026-01-06", ["from"]),
        ("from=2026-01-06&to=2026-01-06", ["from"]),
        ("to=2026-01-10", ["to"]),
        ("from=2026-01-06T00:00:00", ["from"]),
        ("from=0001-01-01", ["from"]),
        ("since=2026-01-01", ["since"]),
        ("from=2026-01-01&from=2026-01-02&to=%00", ["from", "to"]),
    ],
)
def test_a_period_that_is_none_is_refused(client: TestClient, query: str, fields: Sequence[str]) -> None:
    found = served(client, day(3)).get(f"/v1/kpis?{query}")
    assert found.status_code == 422
    assert [each["field"] for each in found.json()["errors"]] == list(fields)


def test_who_asks_twice_in_a_day_is_answered_alike_and_open_calls_are_open_until_now(
    client: TestClient, store: ScoreStore
) -> None:
    ten_alarms(store)
    first = served(client, hour(8)).get("/v1/kpis")
    again = served(client, hour(8.01)).get("/v1/kpis", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    found = first.json()
    assert found["period"] == {"from": "2025-01-06T00:00:00Z", "to": "2026-01-06T00:00:00Z"}
    assert "in up to 8 hours" in found["all"]["first_call"]["p90"]["says"]["en"]


def test_an_empty_store_is_an_answer(client: TestClient) -> None:
    found = client.get("/v1/kpis").json()
    assert (found["all"]["alarms"], found["csms"], found["teams"], found["horizon_days"]) == (0, [], [], 365)
    assert found["all"]["closed"]["says"]["zh"] == "无法判断:已知0例,至少需要5例"


def test_the_command_says_what_the_api_answers(store: ScoreStore) -> None:
    ten_alarms(store)
    alarm(store, "E", START, "csm-\x1b[31m")
    url, period = str(store._engine.url), ("--from", "2026-01-01", "--to", "2026-01-08")
    found = answer("kpis", *period, "--store", url)
    said = run("kpis", *period, "--store", url).stdout
    assert found == figures(store, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC))
    assert "of 11" in said
    assert "csm-2: 4 alarms, closed cannot tell: 4 known, 5 needed" in said
    assert "\x1b" not in said
    assert "not after today" in refused(2, "kpis", "--to", "2999-01-01", "--store", url)
