"""The tables of the score history, append-only: what was published is replayed, never rewritten.

Times are ISO 8601 texts in UTC (`2026-10-31T00:00:00Z`): they sort as they stand, and are the same
to the byte in SQLite and PostgreSQL.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    JSON,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    event,
)

metadata = MetaData()

# One row per published batch. It and its scores are written in one transaction, so a snapshot
# that can be seen is complete.
snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("as_of", String(40), nullable=False),
    Column("published_at", String(40), nullable=False),
    Column("model", JSON, nullable=False),
    Column("data_fingerprint", String(200), nullable=False),
    sqlite_autoincrement=True,  # an id is never given out twice, so a cursor can never meet another snapshot
)
Index("snapshots_by_as_of", snapshots.c.as_of, snapshots.c.id)

# One row per account and snapshot. What pages filter and sort by stands in columns of its own.
score_history = Table(
    "score_history",
    metadata,
    Column("snapshot_id", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("account_id", String(200), primary_key=True),
    Column("health", Double, nullable=False),
    Column("band", String(10), nullable=False),
    Column("name", Text, nullable=False),
    Column("owner", Text),
    Column("segment", Text),
    Column("details", JSON, nullable=False),
    Column("payload", JSON, nullable=False),
)
Index(
    "score_history_by_health", score_history.c.snapshot_id, score_history.c.health, score_history.c.account_id
)
Index("score_history_by_owner", score_history.c.snapshot_id, score_history.c.owner)

# What the scores of a snapshot were made from, so that another rule can be tried on it without the book:
# once per snapshot the names of the features and the rule, once per account its features as float64.
snapshot_inputs = Table(
    "snapshot_inputs",
    metadata,
    Column("snapshot_id", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("features", JSON, nullable=False),
    Column("rule", JSON, nullable=False),
)
score_inputs = Table(
    "score_inputs",
    metadata,
    Column("snapshot_id", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("account_id", String(200), primary_key=True),
    Column("feature_values", LargeBinary, nullable=False),
)


def append_only(table: Table) -> None:
    """SQLite itself refuses to change or delete a row of such a table."""
    for verb in ("UPDATE", "DELETE"):
        trigger = DDL(  # type: ignore[no-untyped-call]
            f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
            f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only: add a row instead'); END"
        )
        event.listen(table, "after_create", trigger.execute_if(dialect="sqlite"))


append_only(snapshots)
append_only(score_history)
append_only(snapshot_inputs)
append_only(score_inputs)
