"""What became of the accounts behind alarms, read from the snapshots published since.

An outcome is read at one fixed time after the alarm, from the first snapshot of then or soon after. Counting
whoever has recovered by today would count the quick ones early and the slow ones never.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, Protocol

from sqlalchemy import Connection, func, select

from serving.api.request_fields import utc_text
from serving.history.score_tables import score_history, snapshots

SOON = timedelta(days=31)  # after the time asked for; later no snapshot tells of it
Band = Literal["green", "yellow", "red"]


class Followed(Protocol):
    """An account, and the moment from which on it is followed: an alarm, for one."""

    @property
    def account_id(self) -> str: ...

    @property
    def told_at(self) -> datetime: ...


class Outcomes:
    """The bands of accounts in the snapshots up to `until`; of each as-of date the last one published."""

    def __init__(self, connection: Connection, until: datetime) -> None:
        newest = select(func.max(snapshots.c.id)).group_by(snapshots.c.as_of)
        query = select(snapshots.c.id, snapshots.c.as_of).where(
            snapshots.c.id.in_(newest), snapshots.c.as_of <= utc_text(until)
        )
        rows = connection.execute(query.order_by(snapshots.c.as_of)).all()
        self._moments = [datetime.fromisoformat(row.as_of) for row in rows]
        self._ids = [row.id for row in rows]
        self._bands: dict[int, dict[str, str]] = {}
        self._connection = connection

    def band_after(self, alarm: Followed, wait: timedelta) -> tuple[bool, str | None]:
        """Whether what was `wait` after the alarm is known, and the band of then; None: it had left."""
        when = alarm.told_at + wait
        place = bisect_left(self._moments, when)
        if place == len(self._moments) or self._moments[place] > when + SOON:
            return False, None
        return True, self._of(self._ids[place]).get(alarm.account_id)

    def known(self, alarms: Iterable[Followed], wait: timedelta) -> tuple[list[str | None], int]:
        """The bands that are known, and of how many alarms none is."""
        found = [self.band_after(alarm, wait) for alarm in alarms]
        return [band for is_known, band in found if is_known], sum(not is_known for is_known, _ in found)

    def _of(self, snapshot_id: int) -> dict[str, str]:
        if snapshot_id not in self._bands:
            query = select(score_history.c.account_id, score_history.c.band)
            rows = self._connection.execute(query.where(score_history.c.snapshot_id == snapshot_id))
            self._bands[snapshot_id] = {row.account_id: row.band for row in rows}
        return self._bands[snapshot_id]


def horizon_of(connection: Connection) -> timedelta:
    """The horizon of the newest snapshot's model; a year where the rule answered, which has none."""
    newest = select(snapshots.c.id).order_by(snapshots.c.as_of.desc(), snapshots.c.id.desc()).limit(1)
    query = select(score_history.c.payload).where(score_history.c.snapshot_id == newest.scalar_subquery())
    payload = connection.execute(query.order_by(score_history.c.account_id).limit(1)).scalar()
    return timedelta(days=int((payload or {}).get("horizon_days") or 365))
