"""Which closed cases were worked on, which accounts were left alone, and who of both stayed.

Everything is read of the store: the health of the snapshot from which a case was opened, and whether the
account is still in a snapshot so many days later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, func, select, true

from serving.api.request_fields import utc_text
from serving.closed_loop.alarm_outcomes import Outcomes
from serving.closed_loop.case_tables import case_history, cases
from serving.closed_loop.cases import SYSTEM
from serving.closed_loop.moments import moment_of, moment_text
from serving.history.score_tables import score_history, snapshots

KINDS = ("p0", "plan")
COLUMNS = ["account_id", "health", "stayed", "expected"]


@dataclass(frozen=True)
class Seen:
    """An account at the as-of date from which on it is followed."""

    account_id: str
    told_at: datetime


@dataclass(frozen=True, eq=False)
class Played:
    """`by_playbook` has a row per closed case, `untouched` one per account and date without a case.

    `held_out`: those of the untouched for which no plan was made by lot; `idle`: cases that closed without
    anybody's step.
    """

    by_playbook: Mapping[str, pd.DataFrame]
    untouched: pd.DataFrame
    held_out: pd.DataFrame
    idle: int


def played_until(
    connection: Connection, until: datetime, within: timedelta, seen: ColumnElement[bool] | None = None
) -> Played:
    """What is known at `until`. `seen`: which accounts the caller may see (None: all)."""
    rows = connection.execute(select(cases).where(cases.c.kind.in_(KINDS)).order_by(cases.c.id)).all()
    worked, outcomes = _worked_on(connection), Outcomes(connection, until)
    dates = _dates(connection, until)
    found: dict[str, list[dict[str, Any]]] = {}
    idle, openings = 0, set()
    for case in rows:
        date = _date_of(dates, case.opened_at)
        if case.state != "resolved" or date is None or _is_held_out(case):
            continue
        if case.id not in worked:
            idle += 1
            continue
        openings.add(date)
        for part in (case.plan or {}).get("parts", []):
            found.setdefault(str(part["playbook"]), []).append({"account_id": case.account_id, "as_of": date})
    touched = _touched(rows)
    health = {date: _health(connection, dates[date], seen) for date in sorted(openings)}
    by_playbook = {
        name: _followed(
            [line for line in lines if line["account_id"] in health[line["as_of"]]], health, outcomes, within
        )
        for name, lines in sorted(found.items())
    }
    alone = [line for date in health for line in _left_alone(health[date], date, touched, within)]
    untouched = _followed(alone, health, outcomes, within)
    held = {case.account_id for case in rows if _is_held_out(case)}
    return Played(by_playbook, untouched, untouched[untouched["account_id"].isin(held)], idle)


def _worked_on(connection: Connection) -> set[int]:
    """Cases in which a person did anything."""
    query = select(case_history.c.case_id).where(case_history.c.who != SYSTEM).distinct()
    return set(connection.scalars(query))


def _is_held_out(case: Any) -> bool:
    return bool((case.plan or {}).get("held_out"))


def _dates(connection: Connection, until: datetime) -> dict[str, int]:
    """By as-of date the snapshot that was published last, oldest date first."""
    newest = select(snapshots.c.as_of, func.max(snapshots.c.id)).where(snapshots.c.as_of <= utc_text(until))
    rows = connection.execute(newest.group_by(snapshots.c.as_of).order_by(snapshots.c.as_of)).all()
    return {str(as_of): int(number) for as_of, number in rows}


def _date_of(dates: Mapping[str, int], opened_at: str) -> str | None:
    """The newest as-of date before a case was opened."""
    before = [date for date in dates if moment_of(date) <= moment_of(opened_at)]
    return before[-1] if before else None


def _health(connection: Connection, snapshot: int, seen: ColumnElement[bool] | None) -> dict[str, Any]:
    """By account its health, and the days of its model's horizon (None where the rule answered)."""
    query = select(score_history.c.account_id, score_history.c.health, score_history.c.payload)
    mine = true() if seen is None else seen
    rows = connection.execute(query.where(score_history.c.snapshot_id == snapshot, mine))
    return {row.account_id: (row.health, row.payload.get("horizon_days")) for row in rows}


def _touched(rows: Any) -> dict[str, list[tuple[str, str]]]:
    """By account the spans in which a case was open, those held out aside."""
    found: dict[str, list[tuple[str, str]]] = {}
    for case in rows:
        if not _is_held_out(case):
            found.setdefault(case.account_id, []).append((case.opened_at, case.resolved_at or "9999"))
    return found


def _left_alone(
    health: Mapping[str, Any], date: str, touched: Mapping[str, list[tuple[str, str]]], within: timedelta
) -> Iterator[dict[str, Any]]:
    first, last = moment_text(moment_of(date)), moment_text(moment_of(date) + within)
    for account in health:
        if not any(begin <= last and end >= first for begin, end in touched.get(account, ())):
            yield {"account_id": account, "as_of": date}


def _followed(
    lines: list[dict[str, Any]],
    health: Mapping[str, Mapping[str, Any]],
    outcomes: Outcomes,
    within: timedelta,
) -> pd.DataFrame:
    """Who stayed, with the health at the start and the chance of staying so long that it spoke of."""
    made = []
    for line in lines:
        value, horizon = health[line["as_of"]][line["account_id"]]
        known, band = outcomes.band_after(Seen(line["account_id"], moment_of(line["as_of"])), within)
        # At a constant rate: the chance of staying for a part of the horizon is that of all to that power.
        expected = np.nan if horizon is None else (value / 100) ** (within.days / horizon)
        stayed = float(band is not None) if known else np.nan
        made.append(
            {"account_id": line["account_id"], "health": value, "stayed": stayed, "expected": expected}
        )
    return pd.DataFrame(made, columns=COLUMNS)
