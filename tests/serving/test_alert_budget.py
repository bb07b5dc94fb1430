"""The alert budget: never more alarms than people can take, the costliest first, and none lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Row, select
from starlette.testclient import TestClient

from features.faults import VitalsFault
from features.params import BandLimits
from features.params_file import read_section
from serving.closed_loop.alarm_holds import held_cases
from serving.closed_loop.alert_budget import Alarm, raise_alarms, release_due
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_tables import case_history, cases, settled_bands
from serving.closed_loop.case_triggers import Trigger
from serving.closed_loop.cases import Opening, Step, open_case, take_step
from serving.closed_loop.clock import take_due_steps
from serving.closed_loop.playbooks_read import read_playbooks
from serving.delivery.outbox_tables import outbox
from serving.history.snapshots import ScoredAccount
from serving.history.store import ScoreStore
from tests.serving import fake_scorer
from tests.serving.both_databases import database_url, loop_store, postgres
from tests.serving.test_case_triggers import scored
from tests.serving.trained_workspace import PARAMS

__all__ = ["database_url", "loop_store", "postgres"]
START = datetime(2026, 3, 2, 3, tzinfo=UTC)
TWO = CaseParams(alerts_per_week=2)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def account(name: str, mrr: float, health: float = 40.0, owner: str | None = "csm-1") -> ScoredAccount:
    found = scored(health, name)
    return replace(found, details=found.details | {"mrr": mrr, "owner": owner})


def publish(
    store: ScoreStore,
    at: float,
    *accounts: ScoredAccount,
    params: CaseParams = TWO,
    newest: Mapping[str, Mapping[str, pd.Timestamp]] | None = None,
) -> None:
    store.publish_snapshot(
        accounts,
        as_of=day(at).replace(hour=0),
        published_at=day(at),
        model=fake_scorer.MODEL,
        data_fingerprint=str(at),
        follow=Trigger(params, BandLimits(), read_playbooks(), day(at), newest=newest or {}),
    )


def told(store: ScoreStore) -> list[str]:
    """The accounts of which somebody was told, in order."""
    with store.begin() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.type == "p0.opened").order_by(outbox.c.id))
        return [row.data["account_id"] for row in rows]


def waiting(store: ScoreStore) -> list[str]:
    with store.begin() as connection:
        return [case.account_id for case in held_cases(connection)]


def case_of(store: ScoreStore, name: str) -> Row[Any]:
    with store.begin() as connection:
        return connection.execute(select(cases).where(cases.c.account_id == name)).one()


def history(store: ScoreStore, name: str) -> list[str]:
    with store.begin() as connection:
        query = select(case_history.c.action).join(cases).where(cases.c.account_id == name)
        return list(connection.scalars(query.order_by(case_history.c.id)))


def five(store: ScoreStore) -> None:
    publish(store, 0, *(account(f"A-{n}", 100.0 * n) for n in range(1, 6)))


def test_the_costliest_are_told_and_the_others_wait_in_sight(loop_store: ScoreStore) -> None:
    five(loop_store)
    assert told(loop_store) == ["A-5", "A-4"]
    assert waiting(loop_store) == ["A-3", "A-2", "A-1"]
    case = case_of(loop_store, "A-3")
    assert (case.state, case.call_due_at, case.director_due_at, case.plan is None) == (
        "open",
        None,
        None,
        False,
    )
    assert (history(loop_store, "A-5"), history(loop_store, "A-3")) == (["open"], ["open", "hold-back"])


def test_each_csm_has_a_budget_of_their_own_and_accounts_of_nobody_share_one(loop_store: ScoreStore) -> None:
    owners = ["csm-1", "csm-2", None]
    publish(loop_store, 0, *(account(f"A-{n}", 10.0 * n, owner=owners[n % 3]) for n in range(9)))
    assert sorted(told(loop_store)) == [f"A-{n}" for n in range(3, 9)]


def test_room_comes_as_a_week_has_passed_and_the_clock_begins_then(loop_store: ScoreStore) -> None:
    five(loop_store)
    assert release_due(loop_store, TWO, day(7) - timedelta(seconds=1)) == 0
    assert release_due(loop_store, TWO, day(7)) == 2
    assert release_due(loop_store, TWO, day(7)) == 0
    assert told(loop_store) == ["A-5", "A-4", "A-3", "A-2"]
    assert case_of(loop_store, "A-3").call_due_at == "2026-03-09T07:00:00.000000Z"
    assert history(loop_store, "A-3") == ["open", "hold-back", "release"]
    assert release_due(loop_store, TWO, day(14)) == 1
    assert waiting(loop_store) == []


def test_a_case_that_waits_is_not_escalated_and_one_released_is_from_then_on(loop_store: ScoreStore) -> None:
    five(loop_store)
    assert take_due_steps(loop_store, TWO, day(6)) == 3 * 2
    release_due(loop_store, TWO, day(7))
    assert take_due_steps(loop_store, TWO, day(7.1)) == 0
    assert take_due_steps(loop_store, TWO, day(7.2)) == 2
    assert case_of(loop_store, "A-1").level == "csm"


def test_a_key_decision_makers_answer_is_never_held_back_and_frees_what_waited(
    loop_store: ScoreStore,
) -> None:
    five(loop_store)
    with loop_store.writing() as connection:
        for name in ("A-1", "A-9"):
            opening = Opening(name, "p0", "detractor", f"answer:{name}", owner="csm-1")
            open_case(connection, opening, TWO, day(1))
    assert told(loop_store) == ["A-5", "A-4", "A-1", "A-9"]
    assert case_of(loop_store, "A-1").call_due_at == "2026-03-03T07:00:00.000000Z"
    assert history(loop_store, "A-1")[-2:] == ["trigger", "release"]
    assert release_due(loop_store, TWO, day(7)) == 0, "the answers count as told"
    assert release_due(loop_store, TWO, day(8)) == 2


def test_a_call_on_a_case_that_waits_takes_it_out(loop_store: ScoreStore) -> None:
    five(loop_store)
    number = case_of(loop_store, "A-1").id
    with loop_store.writing() as connection:
        take_step(connection, number, Step("log-call", "csm-1"), TWO, day(1))
    case = case_of(loop_store, "A-1")
    assert (case.state, case.director_due_at) == ("called", "2026-03-04T03:00:00.000000Z")
    assert waiting(loop_store) == ["A-3", "A-2"]


def test_an_account_that_leaves_red_or_leaves_is_taken_back_and_nobody_hears_of_it(
    loop_store: ScoreStore,
) -> None:
    five(loop_store)
    news = {"A-3": {"commercial": pd.Timestamp(day(20))}}
    still = [account(name, 100.0) for name in ("A-5", "A-4", "A-1")]
    publish(loop_store, 30, account("A-3", 300.0, 95.0), *still, newest=news)
    assert told(loop_store) == ["A-5", "A-4", "A-1"]
    for name in ("A-2", "A-3"):
        assert (case_of(loop_store, name).state, history(loop_store, name)[-1]) == ("resolved", "withdraw")
    publish(loop_store, 31, account("A-3", 300.0), *still)
    with loop_store.begin() as connection:
        again = connection.execute(select(cases).where(cases.c.account_id == "A-3", cases.c.state == "open"))
        assert [case.kind for case in again] == ["p0"]


def test_a_case_that_was_taken_back_is_no_evidence_that_a_person_helped(loop_store: ScoreStore) -> None:
    five(loop_store)
    news = {"A-3": {"commercial": pd.Timestamp(day(20))}}
    publish(loop_store, 30, account("A-3", 300.0, 70.0), newest=news)
    publish(loop_store, 31, account("A-3", 300.0))
    publish(loop_store, 60, account("A-3", 300.0, 70.0))
    with loop_store.begin() as connection:
        assert (
            connection.scalar(select(settled_bands.c.band).where(settled_bands.c.account_id == "A-3"))
            == "red"
        )


def test_what_is_at_stake_is_that_of_the_newest_snapshot(loop_store: ScoreStore) -> None:
    five(loop_store)
    publish(loop_store, 1, *(account(f"A-{n}", 900.0 if n == 1 else 100.0 * n) for n in range(1, 6)))
    assert waiting(loop_store) == ["A-1", "A-3", "A-2"]
    release_due(loop_store, CaseParams(alerts_per_week=3), day(1))
    assert told(loop_store)[-1] == "A-1"


def test_without_a_budget_nothing_waits_and_what_waited_is_told(loop_store: ScoreStore) -> None:
    five(loop_store)
    free = CaseParams(alerts_per_week=None)
    assert release_due(loop_store, free, day(0.1)) == 3
    publish(loop_store, 1, *(account(f"B-{n}", 100.0) for n in range(9)), params=free)
    assert len(told(loop_store)) == 14


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrivals=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3), st.booleans()), max_size=8),
    budget=st.integers(1, 3),
    order=st.randoms(use_true_random=False),
)
def test_never_more_than_the_budget_in_any_seven_days_and_none_lost_or_told_twice(
    arrivals: Sequence[tuple[int, int, bool]], budget: int, order: Any
) -> None:
    def replayed(shuffle: bool) -> tuple[list[tuple[str, str]], list[str]]:
        store, params = ScoreStore("sqlite://"), CaseParams(alerts_per_week=budget)
        store.prepare()
        for today in range(80):
            alarms = [
                Alarm(Opening(f"A-{n}", "p0", "entered red", f"k{n}", owner=f"csm-{own}"), float(value))
                for n, (at, value, own) in enumerate(arrivals)
                if at == today
            ]
            if shuffle:
                order.shuffle(alarms)
            if alarms:
                with store.writing() as connection:
                    raise_alarms(connection, alarms, params, day(today))
            release_due(store, params, day(today + 0.5))
        with store.begin() as connection:
            rows = connection.execute(select(outbox).order_by(outbox.c.id)).all()
        store.close()
        return [(row.at, row.data["owner"]) for row in rows], [row.data["account_id"] for row in rows]

    moments, accounts = replayed(shuffle=False)
    assert (moments, accounts) == replayed(shuffle=True)
    assert Counter(accounts) == Counter(f"A-{n}" for n in range(len(arrivals)))
    for at, owner in moments:
        end = datetime.fromisoformat(at) + timedelta(days=7)
        week = [1 for other, who in moments if who == owner and at <= other < f"{end:%Y-%m-%dT%H:%M:%S.%fZ}"]
        assert len(week) <= budget


def test_the_list_of_cases_tells_and_filters_what_waits(client: TestClient, store: ScoreStore) -> None:
    five(store)
    held = client.get("/v1/cases", params={"held_back": "true"}).json()["cases"]
    assert [(each["account_id"], each["held_back"]) for each in held] == [
        (name, True) for name in ("A-1", "A-2", "A-3")
    ]
    others = client.get("/v1/cases", params={"held_back": "false"}).json()["cases"]
    assert {each["account_id"] for each in others} == {"A-4", "A-5"}
    refused = client.get("/v1/cases", params={"held_back": "yes"})
    assert (refused.status_code, refused.json()["errors"][0]["allowed"]) == (422, "one of true, false")


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_a_budget_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(VitalsFault, match="alerts_per_week"):
        read_section(PARAMS, "cases", CaseParams, (f"cases.alerts_per_week={value}",))
    assert read_section(PARAMS, "cases", CaseParams, ("cases.alerts_per_week=null",)).alerts_per_week is None
