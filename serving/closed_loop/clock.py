"""The ladder of a P0 case: a call within hours, then the director, then the VP. Never missed, never twice.

A watcher asks the store what is due and takes each step in a transaction of its own. All state is in the
store, so a watcher may die at any moment and any number may run: a step is a row that a unique key lets
in once, written with the new level, the history and what is told of it, or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, and_, bindparam, or_, select, update

from serving.closed_loop.case_documents import event_data
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_tables import case_escalations, cases
from serving.closed_loop.cases import write_history
from serving.closed_loop.moments import moment_text
from serving.delivery.outbox import announce
from serving.history.store import ScoreStore
from serving.history.unique_rows import insert_once

StepName = Literal["call_overdue", "director", "vp"]
LADDER: tuple[StepName, ...] = ("call_overdue", "director", "vp")
DUE = {"call_overdue": "call_due_at", "director": "director_due_at", "vp": "vp_due_at"}
BATCH = 500


def take_due_steps(store: ScoreStore, params: CaseParams, now: datetime) -> int:
    """Takes every step of the ladder that is due at `now`; how many this watcher took.

    A watcher that was away takes all that was missed, in the order of the ladder.
    """
    taken = 0
    for step in LADDER:
        last = 0
        while due := _due(store, step, params, now, last):
            taken += sum(_take(store, case_id, opening, step, params, now) for case_id, opening in due)
            last = due[-1][0]
    return taken


def _due(
    store: ScoreStore, step: StepName, params: CaseParams, now: datetime, after: int
) -> Sequence[tuple[int, int]]:
    """The next cases, by id, whose step is due and not taken, each with its opening."""
    asked = {"now": moment_text(now), "after": after}
    with store.begin() as connection:
        rows = connection.execute(_due_query(step, params.escalate_until), asked).all()
    return [(row.id, row.opening) for row in rows]


@cache
def _due_query(step: StepName, until: str) -> Select[tuple[int, int]]:
    """Made once: a watcher asks every few seconds, and making the query costs more than its answer."""
    done = case_escalations
    same = and_(done.c.case_id == cases.c.id, done.c.opening == cases.c.opening, done.c.step == step)
    return (
        select(cases.c.id, cases.c.opening)
        .outerjoin(done, same)
        .where(done.c.case_id.is_(None), cases.c.id > bindparam("after"), _is_due(step, until))
        .order_by(cases.c.id)
        .limit(BATCH)
    )


@cache
def _still_due(step: StepName, until: str) -> Select[Any]:
    this = and_(cases.c.id == bindparam("case_id"), cases.c.opening == bindparam("opening"))
    return select(cases).where(this, _is_due(step, until)).with_for_update()


def _is_due(step: StepName, until: str) -> Any:
    """The clock for the call stops when one is logged, the ladder above as `cases.escalate_until` says."""
    running = [cases.c.state == "open"]
    if step != "call_overdue" and until == "resolved":
        running.append(cases.c.state == "called")
    return and_(cases.c.kind == "p0", or_(*running), cases.c[DUE[step]] <= bindparam("now"))


def _take(
    store: ScoreStore, case_id: int, opening: int, step: StepName, params: CaseParams, now: datetime
) -> bool:
    """Takes one step if it is still due: the case may have moved on since it was asked for."""
    with store.writing() as connection:
        asked = {"case_id": case_id, "opening": opening, "now": moment_text(now)}
        case = connection.execute(_still_due(step, params.escalate_until), asked).first()
        if case is None:
            return False
        row = {"case_id": case_id, "opening": opening, "step": step, "at": moment_text(now)}
        if insert_once(connection, case_escalations, row) is None:
            return False
        _write(connection, case, step, now)
        return True


def _write(connection: Connection, case: Row[Any], step: StepName, now: datetime) -> None:
    level = case.level if step == "call_overdue" else step
    connection.execute(update(cases).where(cases.c.id == case.id).values(level=level))
    due = getattr(case, DUE[step])
    write_history(connection, case.id, now, step, case.level, level, f"was due at {due}")
    event = "call_overdue" if step == "call_overdue" else "escalated"
    told = event_data(case) | {"level": level}
    announce(connection, f"p0.{event}", f"{step}:{case.id}:{case.opening}", now, told)
