"""The record of attempts at training again: opened once, closed once, with a notice to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from serving.closed_loop.moments import moment_text
from serving.delivery.outbox import announce
from serving.history.unique_rows import insert_once
from serving.retraining.retraining_tables import OPEN, retrainings
from serving.retraining.triggers import Trigger, as_documents

HOLD = timedelta(hours=6)  # longer than any training; whoever trains is then taken for dead
r = retrainings.c
Attempt = Row[Any]
NEXT = {
    "shadow": "vitals shadow compares the two",
    "ready": "vitals shadow, then vitals promote",
    "promoted": "vitals rollback undoes it",
    "refused": "vitals compare, vitals card",
    "failed": "the champion goes on; see the log of vitals watch",
    "superseded": "vitals compare",
}


def open_attempt(
    connection: Connection,
    found: Sequence[Trigger],
    reason: str | None,
    aliases: Mapping[str, str | None],
    now: datetime,
) -> int | None:
    """Opens an attempt; its number, or None where another is open."""
    values = {
        "state": "training",
        "place": 1,
        "started_at": moment_text(now),
        "held_until": moment_text(now + HOLD),
        "triggers": as_documents(found),
        "reason": reason,
        "champion_before": aliases["champion"],
        "challenger_before": aliases["challenger"],
    }
    created = insert_once(connection, retrainings, values)
    return None if created is None else int(created[0])


def open_one(connection: Connection) -> Attempt | None:
    """The attempt that is open, if any."""
    return connection.execute(select(retrainings).where(r.state.in_(OPEN))).one_or_none()


def newest(connection: Connection) -> Attempt | None:
    """The last attempt, whatever became of it."""
    return connection.execute(select(retrainings).order_by(r.id.desc()).limit(1)).one_or_none()


def last_shadowed(connection: Connection) -> Attempt | None:
    """The attempt whose challenger scores beside the champion, or was the last that did."""
    query = select(retrainings).where(r.shadow_until.is_not(None)).order_by(r.id.desc())
    return connection.execute(query.limit(1)).one_or_none()


def attempt_of(connection: Connection, number: int) -> Attempt:
    """The attempt of a number."""
    return connection.execute(select(retrainings).where(r.id == number)).one()


def move(connection: Connection, number: int, state: str, now: datetime, **values: Any) -> bool:
    """Moves an open attempt on, and tells people in the same transaction; False where it is closed."""
    ended = {} if state in OPEN else {"ended_at": moment_text(now)}
    mine = update(retrainings).where(r.id == number, r.state.in_(OPEN))
    if not connection.execute(mine.values(state=state, **ended, **values)).rowcount:
        return False
    _tell(connection, attempt_of(connection, number), now)
    return True


def end_dead(connection: Connection, now: datetime) -> None:
    """Closes an attempt whose process ended without a word: its hold has run out."""
    found = open_one(connection)
    if found is not None and found.state == "training" and found.held_until <= moment_text(now):
        move(connection, found.id, "failed", now, failure="its process ended without a word")


def _tell(connection: Connection, attempt: Attempt, now: datetime) -> None:
    """The notice: numbers and our own words alone."""
    why = ", ".join(trigger["name"] for trigger in attempt.triggers if trigger["fired"])
    data = {
        "retraining": attempt.id,
        "version": attempt.version,
        "champion_before": attempt.champion_before,
        "trigger": why or "asked for",
        "failure": attempt.failure,
        "shadow_until": attempt.shadow_until,
        "next": NEXT[attempt.state],
    }
    announce(connection, f"model.{attempt.state}", f"retraining:{attempt.id}:{attempt.state}", now, data)
