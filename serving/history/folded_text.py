"""A search in texts that heeds no capitals, of whatever script.

SQLite's own `lower` knows the letters of ASCII alone, so that MÜLLER did not find Müller: each connection is
taught Python's `casefold`, by which the pages search as well. PostgreSQL has `lower`, by the locale of its
database.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import ColumnElement, String, literal
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

ESCAPE = "/"


class Folded(FunctionElement[str]):
    """A text without the difference of capitals."""

    name = "folded"
    type = String()
    inherit_cache = True


@compiles(Folded)
def _lower(element: Folded, compiler: Any, **options: Any) -> str:
    return f"lower({compiler.process(element.clauses, **options)})"


@compiles(Folded, "sqlite")
def _casefold(element: Folded, compiler: Any, **options: Any) -> str:
    return f"casefold({compiler.process(element.clauses, **options)})"


def holds_text(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether the column holds the text, in capitals or not; `%` and `_` mean nothing but themselves."""
    for sign in (ESCAPE, "%", "_"):
        text = text.replace(sign, ESCAPE + sign)
    return Folded(column).like(Folded(literal(f"%{text}%")), escape=ESCAPE)


def teach_casefold(connection: DBAPIConnection, _record: object) -> None:
    """A listener to new connections: what `Folded` needs of SQLite."""
    if isinstance(connection, sqlite3.Connection):
        connection.create_function("casefold", 1, _without_capitals, deterministic=True)


def _without_capitals(text: str | None) -> str | None:
    return None if text is None else text.casefold()
