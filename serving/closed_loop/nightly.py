"""Scoring once a night at a set local time, whatever number of watchers runs and however they die.

A watcher holds a night for a while; where it has not finished by then, another may take it over. Scoring
is safe to repeat: what was published already is not published twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, or_, select, update

from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.moments import moment_text
from serving.closed_loop.nightly_tables import nightly_runs
from serving.closed_loop.work_calendar import instant
from serving.history.store import ScoreStore
from serving.history.unique_rows import insert_once

HOLD = timedelta(hours=2)
TRIES = 3


def night_due(params: CaseParams, now: datetime) -> date:
    """The local date whose nightly time was the last to pass.

    >>> from datetime import UTC
    >>> berlin = CaseParams(nightly_at="02:30", nightly_time_zone="Europe/Berlin")
    >>> night_due(berlin, datetime(2026, 3, 29, 0, 59, tzinfo=UTC)).isoformat()
    '2026-03-28'
    >>> night_due(berlin, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)).isoformat()  # 02:30 is left out: 03:30
    '2026-03-29'
    """
    zone = ZoneInfo(params.nightly_time_zone)
    today = now.astimezone(zone).date()
    passed = instant(today, params.nightly_at, zone) <= now
    return today if passed else today - timedelta(days=1)


def score_if_due(
    store: ScoreStore, params: CaseParams, now: datetime, who: str, score: Callable[[], object]
) -> bool | None:
    """Runs `score` where the last night is not scored and nobody is at it; whether it went well.

    None where there was nothing to do. Of several missed nights only the last is made up for. A failure
    is kept with its kind and the night tried again, three times in all, as the hold on it ends.
    """
    night = night_due(params, now).isoformat()
    if not _hold(store, night, now, who):
        return None
    try:
        score()
    except Exception as error:
        _end(store, night, who, {"failure": type(error).__name__})
        return False
    _end(store, night, who, {"finished_at": moment_text(now), "failure": None})
    return True


def _hold(store: ScoreStore, night: str, now: datetime, who: str) -> bool:
    held = {"held_by": who, "held_until": moment_text(now + HOLD)}
    with store.begin() as connection:  # first without the lock: this is asked every few seconds
        row = connection.execute(select(nightly_runs).where(nightly_runs.c.night == night)).first()
    if row is not None and (row.finished_at or row.attempts >= TRIES or row.held_until > moment_text(now)):
        return False
    with store.writing() as connection:
        if insert_once(connection, nightly_runs, {"night": night, "attempts": 1, **held}) is not None:
            return True
        return _take_over(connection, night, now, held)


def _take_over(connection: Connection, night: str, now: datetime, held: dict[str, str]) -> bool:
    runs = nightly_runs.c
    free = or_(runs.held_until <= moment_text(now), runs.held_by.is_(None))
    mine = update(nightly_runs).where(
        runs.night == night, runs.finished_at.is_(None), runs.attempts < TRIES, free
    )
    return connection.execute(mine.values(attempts=runs.attempts + 1, **held)).rowcount == 1


def _end(store: ScoreStore, night: str, who: str, values: dict[str, Any]) -> None:
    mine = (nightly_runs.c.night == night) & (nightly_runs.c.held_by == who)
    with store.writing() as connection:
        connection.execute(update(nightly_runs).where(mine).values(values))
