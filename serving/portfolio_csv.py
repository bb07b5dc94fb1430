"""The portfolio as CSV for a spreadsheet, in which no text can become a formula.

A cell that begins with `=`, `+`, `-`, `@`, tab or carriage return is computed by spreadsheets when the
file is opened (CWE-1236), so a customer's name could run a command. Such texts get an apostrophe before
them, also where only blanks stand before the sign; numbers are written by us and stay as they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from serving.etags import HEADERS, has_it, not_modified, tag_of
from serving.history_answers import snapshot_for, summary_of
from serving.request_queries import Cursor, PortfolioQuery
from serving.store import Page, ScoreStore, Snapshot

COLUMNS = (
    "account_id",
    "name",
    "owner",
    "segment",
    "health",
    "interval_low",
    "interval_high",
    "band",
    "coverage",
    "main_driver",
    "main_driver_points",
    "as_of",
)
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\ufeff"  # without it a spreadsheet takes Chinese names for another encoding


def csv_answer(store: ScoreStore, query: PortfolioQuery, request: Request) -> Response:
    """Every account of one snapshot that the query asks for, sent page by page.

    Raises Problem, before anything is sent, where nothing was scored for the date.
    """
    snapshot = snapshot_for(store, query.as_of)
    newest = store.newest_snapshot()
    tag = tag_of(repr((snapshot, query, store.owner, newest and newest.id)).encode())
    if has_it(request, tag):
        return not_modified(tag)
    first = store.portfolio_page(snapshot, query)
    named = {"Content-Disposition": f'attachment; filename="accounts-{snapshot.as_of[:10]}.csv"'}
    lines = _lines(store, snapshot, query, first)
    return StreamingResponse(lines, headers={**HEADERS, **named, "ETag": tag}, media_type="text/csv")


def safe_cell(value: object) -> object:
    """A value as it may stand in a cell.

    >>> safe_cell("=1+1"), safe_cell(" @SUM(A1)"), safe_cell("Alpha"), safe_cell(-11.4), safe_cell(None)
    ("'=1+1", "' @SUM(A1)", 'Alpha', -11.4, '')
    """
    if not isinstance(value, str):
        return "" if value is None else value
    blanks = value.strip(" \u00a0\u3000\ufeff\u200b")
    return f"'{value}" if value.startswith(DANGEROUS) or blanks.startswith(DANGEROUS) else value


def _lines(store: ScoreStore, snapshot: Snapshot, query: PortfolioQuery, page: Page) -> Iterator[str]:
    yield BYTE_ORDER_MARK + _written([COLUMNS])
    yield _written(_rows(page, snapshot))
    while page.next_cursor is not None:
        page = store.portfolio_page(snapshot, replace(query, cursor=Cursor.decode(page.next_cursor)))
        yield _written(_rows(page, snapshot))


def _rows(page: Page, snapshot: Snapshot) -> Iterator[list[Any]]:
    for account in page.accounts:
        line = summary_of(account)
        low, high = line["interval"] or (None, None)
        driver = line["main_driver"] or {"feature": None, "points": None}
        values = line | {"interval_low": low, "interval_high": high, "as_of": snapshot.as_of}
        values |= {"main_driver": driver["feature"], "main_driver_points": driver["points"]}
        yield [values[name] for name in COLUMNS]


def _written(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([safe_cell(value) for value in row] for row in rows)
    return text.getvalue()
