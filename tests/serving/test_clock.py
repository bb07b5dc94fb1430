from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from serving.closed_loop.case_params import BusinessHours, CaseParams
from serving.closed_loop.case_tables import case_escalations, cases
from serving.closed_loop.cases import Opening, Step, open_case, take_step
from serving.closed_loop.clock import take_due_steps
from serving.closed_loop.nightly import score_if_due
from serving.closed_loop.nightly_tables import nightly_runs
from serving.delivery.outbox_tables import outbox
from serving.history.store import ScoreStore
from tests.serving.both_databases import database_url, loop_store, postgres

__all__ = ["database_url", "loop_store", "postgres"]
NOW = datetime(2026, 10, 23, 12, tzinfo=UTC)  # a Friday
PARAMS = CaseParams()


def alarm(store: ScoreStore, params: CaseParams = PARAMS, account: str = "A-1") -> None:
    with store.writing() as connection:
        open_case(connection, Opening(account, "p0", "entered red", f"red:{account}"), params, NOW)


def step(store: ScoreStore, action: Any, hours: float, params: CaseParams = PARAMS) -> None:
    with store.writing() as connection:
        take_step(connection, 1, Step(action, "csm-1"), params, NOW + timedelta(hours=hours))


def taken(store: ScoreStore) -> list[str]:
    with store.begin() as connection:
        rows = connection.execute(select(case_escalations).order_by(case_escalations.c.at))
        return [f"{row.opening}:{row.step}" for row in rows]


def watch(store: ScoreStore, hours: float, params: CaseParams = PARAMS) -> int:
    return take_due_steps(store, params, NOW + timedelta(hours=hours))


def test_the_ladder_is_climbed_step_by_step_on_time(loop_store: ScoreStore) -> None:
    alarm(loop_store)
    found = [(hours, watch(loop_store, hours)) for hours in (3.99, 4, 23.99, 24, 47.99, 48, 1000)]
    assert found == [(3.99, 0), (4, 1), (23.99, 0), (24, 1), (47.99, 0), (48, 1), (1000, 0)]
    with loop_store.begin() as connection:
        assert connection.execute(select(cases.c.level)).scalar() == "vp"
        types = list(connection.scalars(select(outbox.c.type).order_by(outbox.c.id)))
    assert types == ["p0.opened", "p0.call_overdue", "p0.escalated", "p0.escalated"]


def test_a_watcher_that_was_away_takes_all_it_missed_once(loop_store: ScoreStore) -> None:
    alarm(loop_store)
    assert (watch(loop_store, 100), watch(loop_store, 100)) == (3, 0)
    assert sorted(taken(loop_store)) == ["1:call_overdue", "1:director", "1:vp"]


@pytest.mark.parametrize(("until", "steps"), [("resolved", ["1:director", "1:vp"]), ("called", [])])
def test_a_logged_call_stops_the_clock_of_the_call(store: ScoreStore, until: Any, steps: list[str]) -> None:
    params = CaseParams(escalate_until=until)
    alarm(store)
    step(store, "log-call", 3)
    watch(store, 100, params)
    assert taken(store) == steps


def test_a_resolved_case_climbs_no_further_and_a_reopened_one_begins_anew(store: ScoreStore) -> None:
    alarm(store)
    watch(store, 5)
    step(store, "log-call", 6)
    step(store, "resolve", 7)
    assert watch(store, 60) == 0
    step(store, "reopen", 61)
    assert watch(store, 64.9) == 0
    watch(store, 65)
    watch(store, 85)
    assert taken(store) == ["1:call_overdue", "2:call_overdue", "2:director"]


def test_plans_have_no_clock(store: ScoreStore) -> None:
    with store.writing() as connection:
        open_case(connection, Opening("A-1", "plan", "entered yellow", "plan:1"), PARAMS, NOW)
    assert watch(store, 10_000) == 0


def test_on_a_business_calendar_a_weekend_does_not_count(store: ScoreStore) -> None:
    berlin = BusinessHours(time_zone="Europe/Berlin", holidays=(date(2026, 10, 26),))
    params = CaseParams(calendar="business", business=berlin)
    alarm(store, params)  # Friday 14:00 in Berlin: the call is due at 18:00 that day
    assert watch(store, 3.9, params) == 0
    assert watch(store, 4, params) == 1
    # 24 working hours: 4 on Friday, none on Monday (a holiday), 9 on Tuesday and Wednesday, 2 on Thursday
    due = datetime(2026, 10, 29, 10, tzinfo=UTC)
    assert take_due_steps(store, params, due - timedelta(seconds=1)) == 0
    assert take_due_steps(store, params, due) == 1


def test_any_number_of_watchers_take_each_step_once(database_url: str) -> None:
    store = ScoreStore(database_url)
    store.prepare()
    for number in range(20):
        alarm(store, account=f"A-{number}")
    ready, counts = threading.Barrier(4), []

    def run() -> None:
        own = ScoreStore(database_url)
        ready.wait()
        counts.append(watch(own, 100))
        own.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 60
    with store.begin() as connection:
        assert connection.execute(select(func.count()).select_from(case_escalations)).scalar() == 60
        assert connection.execute(select(func.count()).select_from(outbox)).scalar() == 80
    store.close()


def test_a_night_is_scored_once_by_whichever_watcher(loop_store: ScoreStore) -> None:
    calls: list[int] = []
    for hours in range(72):
        for who in ("a", "b"):
            now = NOW + timedelta(hours=hours)
            score_if_due(loop_store, PARAMS, now, who, lambda: calls.append(1))
    assert len(calls) == 4  # the night before it began, and three more


def test_a_night_whose_watcher_died_is_taken_over_and_one_that_fails_is_tried_three_times(
    store: ScoreStore,
) -> None:
    def dies() -> None:
        raise KeyboardInterrupt

    def fails() -> None:
        raise OSError("no book")

    with pytest.raises(KeyboardInterrupt):
        score_if_due(store, PARAMS, NOW, "a", dies)
    assert score_if_due(store, PARAMS, NOW + timedelta(minutes=119), "b", fails) is None
    assert score_if_due(store, PARAMS, NOW + timedelta(minutes=121), "b", fails) is False
    assert score_if_due(store, PARAMS, NOW + timedelta(minutes=242), "b", fails) is False
    assert score_if_due(store, PARAMS, NOW + timedelta(minutes=500), "b", fails) is None
    with store.begin() as connection:
        [row] = connection.execute(select(nightly_runs)).all()
    assert (row.attempts, row.failure, row.finished_at) == (3, "OSError", None)
