"""Where API keys are kept: who holds one and what it may do, and of the key itself only a hash."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, String, Table, Text

from serving.history.score_tables import metadata

# `key_id` is the part of a key by which it is looked up, and no secret. `hash` is the SHA-256 of the
# whole key: of 256 random bits, so a slow hash would add nothing. Times are texts as in the history.
api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", String(12), primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("owner", Text),
    Column("created_at", String(40), nullable=False),
    Column("expires_at", String(40)),
    Column("revoked_at", String(40)),
)
Index("api_keys_by_name", api_keys.c.name)
