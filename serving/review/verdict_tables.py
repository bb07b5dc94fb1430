"""What reviewers said of drivers: append-only, so that it can be told who said what of which snapshot.

Nothing here is ever read by training: it reads the book, and may not import this package.
"""

from __future__ import annotations

from sqlalchemy import JSON, Column, Double, ForeignKey, Index, Integer, String, Table, Text

from serving.history.score_tables import append_only, metadata

driver_verdicts = Table(
    "driver_verdicts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("account_id", String(200), nullable=False),
    Column("snapshot_id", Integer, ForeignKey("snapshots.id"), nullable=False),
    Column("as_of", String(40), nullable=False),
    Column("model", JSON, nullable=False),
    Column("verdict", String(10), nullable=False),  # right, wrong, missing
    Column("feature", String(200)),  # empty where a driver is missing
    Column("points", Double),  # what was shown of it; empty where it was not among the drivers
    Column("because", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("said_at", String(30), nullable=False),
)
Index("driver_verdicts_by_account", driver_verdicts.c.account_id, driver_verdicts.c.id)
append_only(driver_verdicts)
