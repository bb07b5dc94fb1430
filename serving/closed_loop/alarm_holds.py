"""Alarms that wait for room in the alert budget: which, with what at stake, and how the wait ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    select,
    update,
)

from serving.closed_loop.case_tables import cases
from serving.closed_loop.moments import moment_text
from serving.history.score_tables import metadata

# released: there was room; called: somebody called anyhow; detractor: a key decision maker's answer came;
# withdrawn: the account left red, or left, before anybody was told.
Ending = Literal["released", "called", "detractor", "withdrawn"]

alarm_holds = Table(
    "alarm_holds",
    metadata,
    Column("case_id", Integer, ForeignKey("cases.id"), primary_key=True),
    Column("since", String(30), nullable=False),
    Column("revenue_at_risk", Double, nullable=False),  # a year, by the newest snapshot
    Column("ended_at", String(30)),
    Column("ended_as", String(12)),
)
Index("alarm_holds_by_end", alarm_holds.c.ended_at)


def begin_hold(connection: Connection, case_id: int, revenue_at_risk: float, now: datetime) -> None:
    """Has a case wait; nobody is told of it and its clock does not run."""
    values = {"case_id": case_id, "since": moment_text(now), "revenue_at_risk": revenue_at_risk}
    connection.execute(alarm_holds.insert().values(values))


def end_hold(connection: Connection, case_id: int, ending: Ending, now: datetime) -> bool:
    """Ends the wait of a case; False where it does not wait."""
    waits = (alarm_holds.c.case_id == case_id) & alarm_holds.c.ended_at.is_(None)
    values = {"ended_at": moment_text(now), "ended_as": ending}
    return connection.execute(update(alarm_holds).where(waits).values(values)).rowcount == 1


def held_cases(connection: Connection, *, lock: bool = False) -> Sequence[Row[Any]]:
    """The cases that wait, most revenue at risk first, ties by account id; with `lock` nobody else may end
    their wait until this transaction is over."""
    query = select(cases, alarm_holds.c.since, alarm_holds.c.revenue_at_risk).join(alarm_holds)
    query = query.where(alarm_holds.c.ended_at.is_(None))
    query = query.order_by(alarm_holds.c.revenue_at_risk.desc(), cases.c.account_id)
    return connection.execute(query.with_for_update() if lock else query).all()


def value_anew(connection: Connection, at_risk: Mapping[str, float]) -> None:
    """Sets what is at stake by a newer snapshot, by account."""
    for case in held_cases(connection, lock=True):
        if (value := at_risk.get(case.account_id)) is not None:
            mine = alarm_holds.c.case_id == case.id
            connection.execute(update(alarm_holds).where(mine).values(revenue_at_risk=value))
