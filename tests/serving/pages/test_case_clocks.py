from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.cases import Opening, Step, open_case, take_step
from serving.closed_loop.clock import take_due_steps
from serving.history.store import ScoreStore
from serving.pages.account_cases import cases_of
from serving.pages.case_clocks import Clock, cases_due

START = datetime(2026, 10, 31, 12, tzinfo=UTC)
UNTIL: dict[str, CaseParams] = {
    until: CaseParams.model_validate({"escalate_until": until}) for until in ("called", "resolved")
}


def opened(store: ScoreStore, params: CaseParams, called: bool) -> None:
    with store.writing() as connection:
        case_id, _ = open_case(connection, Opening("A-1", "p0", "entered red", "key"), params, START)
        if called:
            take_step(connection, case_id, Step("log-call", "csm-1"), params, START + timedelta(hours=1))


def shown(store: ScoreStore, params: CaseParams, hours: float) -> Clock:
    now = START + timedelta(hours=hours)
    [(_, clock)], [read] = cases_due(store, params, now, 9), cases_of(store, "A-1", params, now)
    assert clock == read.clock
    return clock


@pytest.mark.parametrize(
    ("until", "called", "hours", "due", "late", "taken"),
    [
        ("called", True, 30, None, False, 0),
        ("resolved", True, 23, "director", False, 0),
        ("resolved", True, 30, "director", True, 1),
        ("called", False, 3, "call", False, 0),
        ("called", False, 5, "call", True, 1),
    ],
)
def test_a_clock_is_late_where_the_ladder_takes_a_step_and_only_there(
    store: ScoreStore, until: str, called: bool, hours: float, due: Any, late: bool, taken: int
) -> None:
    params = UNTIL[until]
    opened(store, params, called)
    clock = shown(store, params, hours)
    assert (clock.due, clock.late) == (due, late)
    assert take_due_steps(store, params, START + timedelta(hours=hours)) == taken


@pytest.mark.parametrize("until", UNTIL)
def test_when_the_call_was_made_is_said_either_way(store: ScoreStore, until: str) -> None:
    opened(store, UNTIL[until], called=True)
    assert shown(store, UNTIL[until], 30).call_stopped == "2026-10-31T13:00:00.000000Z"
