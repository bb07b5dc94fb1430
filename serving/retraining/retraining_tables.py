"""Every attempt at training again, and what the challenger says beside the champion meanwhile.

At most one attempt is open at a time, whatever processes run: the database itself says so.
"""

from __future__ import annotations

from sqlalchemy import JSON, Column, Double, ForeignKey, Index, Integer, String, Table, Text, text

from serving.history.score_tables import append_only, metadata

OPEN = ("training", "shadow")
retrainings = Table(
    "retrainings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column(
        "state", String(12), nullable=False
    ),  # training, shadow, ready, promoted, refused, failed, superseded
    Column("place", Integer, nullable=False),  # 1: what the index below allows once
    Column("started_at", String(30), nullable=False),
    Column("held_until", String(30), nullable=False),  # whoever trains is taken for dead from then on
    Column("triggers", JSON, nullable=False),
    Column("reason", Text),  # of a person who asked for it
    Column("champion_before", String(20)),
    Column("challenger_before", String(20)),
    Column("version", String(20)),
    Column("verdicts", JSON),
    Column("shadow_until", String(30)),
    Column("ended_at", String(30)),
    Column("failure", Text),  # the stage, and the kind of the error
    sqlite_autoincrement=True,
)
IS_OPEN = text("state IN ('training', 'shadow')")
Index(
    "one_open_retraining",
    retrainings.c.place,
    unique=True,
    sqlite_where=IS_OPEN,
    postgresql_where=IS_OPEN,
)

# What the challenger says of the accounts of a snapshot that the champion scored. It is never published.
shadow_scores = Table(
    "shadow_scores",
    metadata,
    Column("retraining_id", Integer, ForeignKey("retrainings.id"), primary_key=True),
    Column("snapshot_id", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("account_id", String(200), primary_key=True),
    Column("health", Double, nullable=False),
    Column("band", String(10), nullable=False),
)
append_only(shadow_scores)
