"""The alert budget: no CSM is told of more alarms in a week than people can take, the costliest first.

An account that enters red opens its case at once; where its CSM has been told of `cases.alerts_per_week`
alarms in the last seven days, the case is *held back*: it stands in the list, nobody is told, and its clock
begins when there is room. See docs/decisions/an-alarm-beyond-the-budget-waits-and-its-clock-with-it.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from serving.closed_loop.alarm_holds import alarm_holds, held_cases
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_tables import cases
from serving.closed_loop.cases import Opening, open_case, release_case, write_history
from serving.closed_loop.hand_over import PeopleThen
from serving.closed_loop.moments import moment_text
from serving.history.store import ScoreStore

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Alarm:
    """An alarm of a snapshot, and the yearly revenue at risk by which it is ranked."""

    opening: Opening
    revenue_at_risk: float


def raise_alarms(connection: Connection, alarms: Sequence[Alarm], params: CaseParams, now: datetime) -> None:
    """Opens the cases of a snapshot's alarms, and tells of as many as the budget has room for.

    They compete with those that wait already. The order of `alarms` does not matter.
    """
    ranked = sorted(alarms, key=lambda alarm: (-alarm.revenue_at_risk, alarm.opening.account_id))
    new = []
    for alarm in ranked:
        held = replace(alarm.opening, waits_with=alarm.revenue_at_risk)
        case_id, is_new = open_case(connection, held, params, now)
        new += [case_id] if is_new else []
    release_waiting(connection, params, now)
    waiting = {case.id for case in held_cases(connection)}
    for case_id in new:
        if case_id in waiting:
            told = f"the budget of {params.alerts_per_week} alarms a week is used up"
            write_history(connection, case_id, now, "hold-back", "open", "open", told)


def release_waiting(connection: Connection, params: CaseParams, now: datetime) -> int:
    """Tells of the cases that wait and for which there is room at `now`; how many."""
    held = held_cases(connection, lock=True)  # the lock first: what another watcher released is then counted
    released = _with_room(connection, held, params, now)
    for case in released:
        release_case(connection, case, "released", params, now)
    return len(released)


def release_due(store: ScoreStore, params: CaseParams, now: datetime) -> int:
    """The same in a transaction of its own, which takes the lock for writing only where there is room."""
    with store.begin() as connection:
        held = held_cases(connection)
        if not held or not _with_room(connection, held, params, now):
            return 0
    with store.writing() as connection:
        return release_waiting(connection, params, now)


def _with_room(
    connection: Connection, held: Sequence[Row[Any]], params: CaseParams, now: datetime
) -> list[Row[Any]]:
    """Of the cases, ranked, those for which their CSM has room."""
    if params.alerts_per_week is None:
        return list(held)
    told, found = alarms_told(connection, now - WEEK), []
    for case in held:
        if told[case.assignee] < params.alerts_per_week:
            told[case.assignee] += 1
            found.append(case)
    return found


def alarms_told(connection: Connection, since: datetime) -> Counter[str | None]:
    """By person, of how many alarms they were told after a moment, whoever works on them since: held back
    ones count from their release. Accounts that nobody is responsible for share a budget (None).
    """
    moment, holds = moment_text(since), alarm_holds.c
    at_once = and_(holds.case_id.is_(None), cases.c.opened_at > moment)
    later = and_(holds.ended_at > moment, holds.ended_as != "withdrawn")
    query = select(cases, holds.ended_at).outerjoin(alarm_holds)
    rows = connection.execute(query.where(cases.c.kind == "p0", or_(at_once, later))).all()
    people = PeopleThen(connection, [row.id for row in rows])
    return Counter(people.assignee(row, row.ended_at or row.opened_at) for row in rows)
