"""Which nights were scored, and by whom one is being scored now."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from serving.history.score_tables import metadata

nightly_runs = Table(
    "nightly_runs",
    metadata,
    Column("night", String(10), primary_key=True),  # the local date
    Column("held_by", String(40)),
    Column("held_until", String(30), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("finished_at", String(30)),
    Column("failure", Text),
)
