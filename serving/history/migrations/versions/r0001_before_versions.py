"""Brings a store from before its schema had a version to the first one: columns that came later are added.

They are those that may be empty; no other was ever added to a table that stores had.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, inspect

from serving.history.score_tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Adds, on the connection that Alembic was given, what the store's tables lack."""
    found = inspect(op.get_bind())
    for name in sorted(set(found.get_table_names()) & set(metadata.tables)):
        there = {column["name"] for column in found.get_columns(name)}
        for column in metadata.tables[name].columns:
            if column.name not in there and column.nullable:
                op.add_column(name, Column(column.name, column.type))
