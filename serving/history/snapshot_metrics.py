"""The newest snapshot in Prometheus' text format: its bands, its dates, and how old its data are.

Times are Unix seconds, as Prometheus wants them: `time() - vitals_snapshot_published_timestamp_seconds` is
the age, at whatever moment it is asked for.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from serving.history.score_tables import score_history
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore

BANDS = ("green", "yellow", "red")
HELP = {
    "vitals_snapshot_accounts": "Accounts of the newest snapshot, by band.",
    "vitals_snapshot_as_of_timestamp_seconds": "The as-of date of the newest snapshot.",
    "vitals_snapshot_published_timestamp_seconds": "When the newest snapshot was published.",
    "vitals_data_known_until_timestamp_seconds": "The newest fact in the data of the newest snapshot.",
}


class SnapshotMetrics:
    """Lines of the newest snapshot. A snapshot never changes, so it is read once, and not at every scrape."""

    def __init__(self) -> None:
        self._read: tuple[Snapshot, str] | None = None

    def lines(self, store: ScoreStore) -> str:
        """Nothing where nothing was published, or the store does not answer (`vitals_store_up` tells)."""
        try:
            snapshot = store.newest_snapshot()
            if snapshot is None:
                return ""
            # Compared as a whole: in a store that was restored, another one may have the same id.
            if self._read is None or self._read[0] != snapshot:
                self._read = (snapshot, _lines(store, snapshot))
        except SQLAlchemyError:
            return ""
        return self._read[1]


def _lines(store: ScoreStore, snapshot: Snapshot) -> str:
    counts = dict.fromkeys(BANDS, 0) | _bands(store, snapshot)
    samples: dict[str, list[tuple[str, int | None]]] = {
        "vitals_snapshot_accounts": [(f'{{band="{band}"}}', counts[band]) for band in BANDS],
        "vitals_snapshot_as_of_timestamp_seconds": [("", _seconds(snapshot.as_of))],
        "vitals_snapshot_published_timestamp_seconds": [("", _seconds(snapshot.published_at))],
        "vitals_data_known_until_timestamp_seconds": [("", _seconds(_known_until(store, snapshot)))],
    }
    found = []
    for name, values in samples.items():
        found += [f"# HELP {name} {HELP[name]}", f"# TYPE {name} gauge"]
        found += [f"{name}{labels} {value}" for labels, value in values if value is not None]
    return "\n".join(found) + "\n"


def _bands(store: ScoreStore, snapshot: Snapshot) -> dict[str, int]:
    band = score_history.c.band
    query = select(band, func.count()).where(score_history.c.snapshot_id == snapshot.id).group_by(band)
    with store.begin() as connection:
        return {name: int(count) for name, count in connection.execute(query)}


def _known_until(store: ScoreStore, snapshot: Snapshot) -> str | None:
    """It is the book's, so any account of the snapshot tells it."""
    of_snapshot = score_history.c.snapshot_id == snapshot.id
    with store.begin() as connection:
        payload = connection.scalars(select(score_history.c.payload).where(of_snapshot).limit(1)).first()
    return None if payload is None else payload["known_until"]


def _seconds(moment: str | None) -> int | None:
    return None if moment is None else int(datetime.fromisoformat(moment).timestamp())
