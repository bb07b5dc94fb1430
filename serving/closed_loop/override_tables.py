"""Bands that a person set: append-only, so that it can be told later who was right."""

from __future__ import annotations

from sqlalchemy import Column, Double, Index, Integer, String, Table, Text

from serving.history.score_tables import append_only, metadata

# The newest row of an account holds, until it expires; one without a band withdraws what held before.
band_overrides = Table(
    "band_overrides",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("account_id", String(200), nullable=False),
    Column("band", String(10)),
    Column("model_band", String(10), nullable=False),  # what the score said as it was set
    Column("health", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("set_at", String(30), nullable=False),
    Column("expires_at", String(30), nullable=False),
)
Index("band_overrides_by_account", band_overrides.c.account_id, band_overrides.c.id)
append_only(band_overrides)
