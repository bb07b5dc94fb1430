"""Where the answers of write calls are kept, so that a repeated call is answered and not done again."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text

from serving.history.score_tables import metadata

# One row per write call of the last day. `call_id` is a hash of caller, method, path and key, so that
# nothing that a caller wrote stands here. `token` names the attempt that holds the call; `status` and
# `document` are null until its effect is committed, with them, in one transaction.
write_calls = Table(
    "write_calls",
    metadata,
    Column("call_id", String(64), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("token", String(32), nullable=False),
    Column("claimed_at", String(40), nullable=False),
    Column("status", Integer),
    Column("document", Text),
)
Index("write_calls_by_time", write_calls.c.claimed_at)
