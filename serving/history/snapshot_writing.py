"""A snapshot is written with all its accounts, and with what they were made from, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from features.faults import DataFault, Fault
from serving.history.score_tables import score_history, snapshots
from serving.history.snapshots import ScoredAccount, Snapshot, WrittenAccount, history_row

ROWS_PER_INSERT = 1_000


def write_snapshot(
    connection: Connection, accounts: Iterable[ScoredAccount | WrittenAccount], values: Mapping[str, Any]
) -> Snapshot:
    """Writes the snapshot (`as_of`, `published_at`, `model`, `data_fingerprint`) and all its accounts.

    Raises DataFault where there is no account, and sqlalchemy.exc.IntegrityError for one that comes twice.
    """
    inserted = connection.execute(snapshots.insert().values(values)).inserted_primary_key
    snapshot = Snapshot(id=int(inserted[0]), **values)  # type: ignore[index]
    rows = (history_row(snapshot.id, account) for account in accounts)
    written = 0
    while batch := list(islice(rows, ROWS_PER_INSERT)):
        connection.execute(score_history.insert(), batch)
        written += len(batch)
    if not written:
        fault = Fault("accounts", 0, "at least one scored account", "check the book with vitals check")
        raise DataFault("an empty snapshot is not published", [fault])
    return snapshot
