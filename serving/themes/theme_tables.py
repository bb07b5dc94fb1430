"""Where a snapshot's mentions of themes are kept: beside the scores, for the newest snapshots only.

Like the evidence they hold customers' own words, and go when newer snapshots come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import JSON, Column, Connection, ForeignKey, Integer, String, Table, select

from serving.history.score_tables import metadata, snapshots

ROWS_PER_INSERT = 1_000

theme_indexes = Table(
    "theme_indexes",
    metadata,
    Column("snapshot_id", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("days", Integer, nullable=False),  # of texts that were read
)
account_themes = Table(
    "account_themes",
    metadata,
    Column("snapshot_id", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("account_id", String(200), primary_key=True),
    Column("mentions", JSON, nullable=False),
)


class Mention(NamedTuple):
    """One mention: see `features.theme_mentions`; `left_out` is None where it counts."""

    theme: str
    table: str
    row_key: str
    role: str | None
    day: str
    known: str
    sentence: str
    start: int
    end: int
    left_out: str | None


@dataclass(frozen=True)
class ThemeMentions:
    """The mentions in a book's texts of the last `days`, by account; an account without any is left out.

    A mention is a list in the order of `Mention`.
    """

    days: int
    accounts: Mapping[str, Sequence[Sequence[Any]]]


def has_themes(connection: Connection, snapshot_id: int) -> bool:
    """Whether the mentions of a snapshot are kept."""
    index = select(theme_indexes.c.snapshot_id).where(theme_indexes.c.snapshot_id == snapshot_id)
    return connection.execute(index).first() is not None


def keep_themes(connection: Connection, snapshot_id: int, found: ThemeMentions, newest: int) -> None:
    """Writes the mentions of a snapshot, then deletes those of all but the `newest` snapshots."""
    connection.execute(theme_indexes.insert().values(snapshot_id=snapshot_id, days=found.days))
    rows = [
        {"snapshot_id": snapshot_id, "account_id": account, "mentions": list(mentions)}
        for account, mentions in found.accounts.items()
    ]
    for start in range(0, len(rows), ROWS_PER_INSERT):
        connection.execute(account_themes.insert(), rows[start : start + ROWS_PER_INSERT])
    kept = select(snapshots.c.id).order_by(snapshots.c.as_of.desc(), snapshots.c.id.desc()).limit(newest)
    ids = list(connection.scalars(kept))
    for table in (account_themes, theme_indexes):
        connection.execute(table.delete().where(table.c.snapshot_id.not_in(ids)))


def themes_of(connection: Connection, snapshot_id: int) -> ThemeMentions | None:
    """The mentions of a snapshot; None where they are not kept."""
    index = select(theme_indexes.c.days).where(theme_indexes.c.snapshot_id == snapshot_id)
    if (days := connection.execute(index).scalar()) is None:
        return None
    query = select(account_themes.c.account_id, account_themes.c.mentions)
    rows = connection.execute(query.where(account_themes.c.snapshot_id == snapshot_id))
    return ThemeMentions(days, {row.account_id: row.mentions for row in rows})
