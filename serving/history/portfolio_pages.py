"""The SQL of one page of the portfolio: filtered, ordered, and begun after the last account shown."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select

from serving.api.request_queries import Cursor, PortfolioQuery
from serving.history.folded_text import holds_text
from serving.history.score_tables import score_history

NOBODY: Mapping[str, str] = MappingProxyType({})


def page_statement(snapshot_id: int, query: PortfolioQuery, held: Mapping[str, str] = NOBODY) -> Select[Any]:
    """The rows of a page and one more, which tells whether another page follows.

    `held`: the bands that people set and that hold, by account id.

    Pages are found by value (after the last one shown), not by number: a page costs the same
    wherever it is, and none repeats or skips an account.
    """
    statement = _ordered(_filtered(snapshot_id, query), query)
    if query.band_in_force is not None:
        statement = statement.where(_in_force(query.band_in_force, held))
    return statement.limit(query.limit + 1)


def _in_force(band: str, held: Mapping[str, str]) -> ColumnElement[bool]:
    """A band that a person set, else the score's own."""
    columns = score_history.c
    by_person = [account for account, set_band in held.items() if set_band == band]
    by_score = and_(columns.band == band, columns.account_id.not_in(list(held)))
    return or_(columns.account_id.in_(by_person), by_score)


def cursor_after(row: Row[Any], query: PortfolioQuery) -> str:
    """The cursor of the page that follows `row`."""
    value = getattr(row, query.sort.removeprefix("-"))
    return Cursor(row.snapshot_id, query.sort, value, row.account_id, query.filters).encode()


def _filtered(snapshot_id: int, query: PortfolioQuery) -> Select[Any]:
    columns = score_history.c
    statement = select(score_history).where(columns.snapshot_id == snapshot_id)
    for name in ("band", "owner", "segment"):
        if (wanted := getattr(query, name)) is not None:
            statement = statement.where(columns[name] == wanted)
    if query.q is not None:
        texts = (columns.name, columns.account_id)
        statement = statement.where(or_(*(holds_text(text, query.q) for text in texts)))
    return statement


def _ordered(statement: Select[Any], query: PortfolioQuery) -> Select[Any]:
    key, ids = score_history.c[query.sort.removeprefix("-")], score_history.c.account_id
    descending = query.sort.startswith("-")
    if query.cursor is not None:
        value, last = query.cursor.value, query.cursor.account_id
        beyond = key < value if descending else key > value
        tied = ids < last if descending else ids > last
        statement = statement.where(or_(beyond, and_(key == value, tied)))
    return statement.order_by(*((key.desc(), ids.desc()) if descending else (key, ids)))
