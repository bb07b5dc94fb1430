"""Inserts that a unique key may refuse: the way in which two processes agree on who was first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_once(connection: Connection, table: Table, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The primary key of the row that was written, or None where a unique key had it already.

    Of two transactions that try at once the second waits for the first to end and is then refused.
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing()
    row = connection.execute(statement.returning(*table.primary_key.columns)).first()
    return None if row is None else tuple(row)
