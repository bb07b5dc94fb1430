"""The tables of delivery: who wants to hear, what is to be told, and every attempt at telling it."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from serving.history.score_tables import append_only, metadata

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("url", Text, nullable=False, unique=True),
    Column("format", String(10), nullable=False),
    Column("events", JSON, nullable=False),  # beginnings of event types
    Column("secret", Text, nullable=False),
    Column("old_secret", Text),  # signs as well until `old_until`, so that a receiver can change over
    Column("old_until", String(30)),
    Column("state", String(10), nullable=False),  # enabled, disabled
    Column("notice", Text),  # why it is disabled
    Column("failing_since", String(30)),
    Column("failures", Integer, nullable=False),  # in a row
    Column("added_at", String(30), nullable=False),
    sqlite_autoincrement=True,
)

# One row per event, written in the transaction of what it tells of: neither is there without the other.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("message_id", String(60), nullable=False, unique=True),
    Column("type", String(40), nullable=False),
    Column("at", String(30), nullable=False),
    Column("data", JSON, nullable=False),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("outbox_id", Integer, ForeignKey("outbox.id"), nullable=False),
    Column("endpoint_id", Integer, ForeignKey("webhook_endpoints.id"), nullable=False),
    Column("state", String(10), nullable=False),  # pending, delivered, failed
    Column("attempts", Integer, nullable=False),
    Column("due_at", String(30), nullable=False),
    Column("give_up_at", String(30), nullable=False),
    Column("held_until", String(30)),  # a sender is at it until then
    Column("held_by", String(40)),
    UniqueConstraint("outbox_id", "endpoint_id"),
    sqlite_autoincrement=True,
)
Index("deliveries_due", deliveries.c.state, deliveries.c.due_at)

delivery_log = Table(
    "delivery_log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("delivery_id", Integer, ForeignKey("deliveries.id"), nullable=False),
    Column("at", String(30), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("status", Integer),  # HTTP's or SMTP's; empty where no answer came
    Column("outcome", String(120), nullable=False),
)
append_only(delivery_log)
