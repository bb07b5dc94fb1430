from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from serving.closed_loop.case_documents import case_document
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_states import KINDS, STATES, STEPS, allowed_actions
from serving.closed_loop.case_tables import case_history, cases
from serving.closed_loop.cases import (
    AnotherCaseOpenError,
    Opening,
    Step,
    StepRefusedError,
    open_case,
    take_step,
)
from serving.closed_loop.clock import take_due_steps
from serving.delivery.outbox_tables import outbox
from serving.history.store import ScoreStore
from tests.serving.both_databases import database_url, loop_store, postgres

__all__ = ["database_url", "loop_store", "postgres"]
NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
PARAMS = CaseParams()


def opening(account: str = "A-1", kind: Any = "p0", key: str = "red:1") -> Opening:
    return Opening(account, kind, "entered red", key, owner="csm-1", director="dir-1", vp="vp-1")


def opened(store: ScoreStore, **more: Any) -> tuple[int, bool]:
    with store.writing() as connection:
        return open_case(connection, opening(**more), PARAMS, NOW)


def step(store: ScoreStore, case_id: int, action: Any, hours: float = 1, **more: Any) -> Any:
    with store.writing() as connection:
        taken = Step(action, "csm-1", **more)
        return take_step(connection, case_id, taken, PARAMS, NOW + timedelta(hours=hours))


def document(store: ScoreStore, case_id: int) -> dict[str, Any]:
    with store.begin() as connection:
        row = connection.execute(select(cases).where(cases.c.id == case_id)).one()
        mine = select(case_history).where(case_history.c.case_id == case_id).order_by(case_history.c.id)
        return case_document(row, connection.execute(mine).all())


def test_a_case_goes_its_way_and_every_step_is_written_down(loop_store: ScoreStore) -> None:
    case_id, fresh = opened(loop_store)
    assert fresh
    step(loop_store, case_id, "assign", assignee="csm-9")
    step(loop_store, case_id, "log-call", 2, note="spoke for ten minutes")
    step(loop_store, case_id, "comment", 3, note="waiting")
    step(loop_store, case_id, "resolve", 4, note="settled")
    step(loop_store, case_id, "reopen", 5, note="it was not")
    found = document(loop_store, case_id)
    told = [(h["who"], h["action"], h["before"], h["after"]) for h in found["history"]]
    assert told == [
        ("vitals", "open", None, "open"),
        ("csm-1", "assign", "csm-1", "csm-9"),
        ("csm-1", "log-call", "open", "called"),
        ("csm-1", "comment", "called", "called"),
        ("csm-1", "resolve", "called", "resolved"),
        ("csm-1", "reopen", "resolved", "open"),
    ]
    assert (found["state"], found["opening"], found["called_at"]) == ("open", 2, None)
    assert found["call_due_at"] == "2026-10-31T21:00:00.000000Z"  # four hours from the reopening
    with loop_store.begin() as connection:
        types = list(connection.scalars(select(outbox.c.type).order_by(outbox.c.id)))
    assert types == ["p0.opened", "p0.assigned", "p0.called", "p0.resolved", "p0.reopened"]


def test_two_triggers_are_one_case_and_one_event_is_told_once(loop_store: ScoreStore) -> None:
    first = opened(loop_store, key="red:1")
    assert opened(loop_store, key="answer:7") == (first[0], False)
    assert opened(loop_store, key="answer:7") == (first[0], False)
    assert [h["action"] for h in document(loop_store, first[0])["history"]] == ["open", "trigger"]
    step(loop_store, first[0], "log-call")
    step(loop_store, first[0], "resolve")
    assert opened(loop_store, key="answer:7") == (first[0], False)  # a late repeat opens nothing
    assert opened(loop_store, key="answer:8")[1]


def test_an_answer_after_the_call_is_told_and_another_call_is_due(loop_store: ScoreStore) -> None:
    case_id, _ = opened(loop_store)
    step(loop_store, case_id, "log-call", 1)
    with loop_store.writing() as connection:
        later = NOW + timedelta(hours=20)
        assert open_case(connection, opening(key="answer:7"), PARAMS, later) == (case_id, False)
        assert open_case(connection, opening(key="answer:7"), PARAMS, later) == (case_id, False)
    found = document(loop_store, case_id)
    assert (found["state"], found["opening"], found["called_at"]) == ("open", 2, None)
    assert found["call_due_at"] == "2026-11-01T12:00:00.000000Z"
    assert found["director_due_at"] == "2026-11-01T12:00:00.000000Z", "24 hours from the first opening, still"
    assert [(h["action"], h["before"], h["after"]) for h in found["history"]][-1] == (
        "trigger",
        "called",
        "open",
    )
    with loop_store.begin() as connection:
        types = list(connection.scalars(select(outbox.c.type).order_by(outbox.c.id)))
    assert types == ["p0.opened", "p0.called", "p0.trigger"]


def test_a_ladder_that_was_climbed_begins_anew_with_an_answer_after_the_call(loop_store: ScoreStore) -> None:
    case_id, _ = opened(loop_store)
    step(loop_store, case_id, "log-call", 1)
    take_due_steps(loop_store, PARAMS, NOW + timedelta(days=3))
    with loop_store.writing() as connection:
        open_case(connection, opening(key="answer:7"), PARAMS, NOW + timedelta(days=40))
    assert document(loop_store, case_id)["level"] == "csm"
    assert take_due_steps(loop_store, PARAMS, NOW + timedelta(days=50)) == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", STATES)
def test_every_step_is_either_allowed_or_refused_with_what_is(kind: str, state: str) -> None:
    for action in STEPS:
        store = ScoreStore("sqlite://")
        store.prepare()
        case_id, _ = opened(store, kind=kind)
        with store.writing() as connection:
            connection.execute(update(cases).values(state=state))
        if action in allowed_actions(state, kind):
            step(store, case_id, action, assignee="csm-2")
        else:
            with pytest.raises(StepRefusedError) as refused:
                step(store, case_id, action)
            assert refused.value.allowed == allowed_actions(state, kind)
            assert len(document(store, case_id)["history"]) == 1
        store.close()


def test_an_alarm_is_not_resolved_before_somebody_called() -> None:
    assert "resolve" not in allowed_actions("open", "p0")
    assert "resolve" in allowed_actions("open", "plan")


def test_a_resolved_case_is_not_reopened_beside_an_open_one(loop_store: ScoreStore) -> None:
    old, _ = opened(loop_store, key="red:1")
    step(loop_store, old, "log-call")
    step(loop_store, old, "resolve")
    new, _ = opened(loop_store, key="red:2")
    with pytest.raises(AnotherCaseOpenError, match=f"C-{new:06d} of the same account is open"):
        step(loop_store, old, "reopen")


def test_the_history_cannot_be_changed_or_deleted() -> None:
    store = ScoreStore("sqlite://")
    store.prepare()
    opened(store)
    for statement in (update(case_history).values(who="x"), delete(case_history)):
        with pytest.raises(DBAPIError, match="append-only"), store.writing() as connection:
            connection.execute(statement)
    store.close()


def test_many_at_once_open_one_case_of_an_account(database_url: str) -> None:
    """Each thread with an engine of its own, as processes have."""
    made = ScoreStore(database_url)
    made.prepare()
    made.close()
    ready, found = threading.Barrier(6), []

    def race(number: int) -> None:
        store = ScoreStore(database_url)
        ready.wait()
        for turn in range(10):
            found.append(opened(store, account=f"A-{turn}", key=f"{turn}:{number}"))
        store.close()

    threads = [threading.Thread(target=race, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(fresh for _, fresh in found) == 10
    store = ScoreStore(database_url)
    with store.begin() as connection:
        assert connection.execute(select(func.count()).select_from(cases)).scalar() == 10
        assert connection.execute(select(func.count()).select_from(case_history)).scalar() == 60
        types = list(connection.scalars(select(outbox.c.type)))
        assert (types.count("p0.opened"), types.count("p0.trigger")) == (10, 50)
    store.close()


def test_a_case_and_its_news_come_together_or_not_at_all(
    loop_store: ScoreStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise OSError("disk full")

    monkeypatch.setattr("serving.closed_loop.cases.announce", full)
    with pytest.raises(OSError, match="disk full"):
        opened(loop_store)
    with loop_store.begin() as connection:
        assert connection.execute(select(func.count()).select_from(cases)).scalar() == 0
        assert connection.execute(select(func.count()).select_from(case_history)).scalar() == 0
