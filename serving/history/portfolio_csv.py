"""The portfolio as CSV for a spreadsheet, in which no text can become a formula.

A cell that begins with `=`, `+`, `-`, `@`, tab or carriage return is computed by spreadsheets when the
file is opened (CWE-1236), so a customer's name could run a command. Such texts get an apostrophe before
them, also where only blanks stand before the sign; numbers are written by us and stay as they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from serving.api.etags import HEADERS, has_it, not_modified, tag_of
from serving.api.request_queries import Cursor, PortfolioQuery
from serving.history.history_answers import bands_of, overrides_held, snapshot_for, summary_of
from serving.history.snapshots import Page, Snapshot
from serving.history.store import ScoreStore

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
    "band_in_force",
    "band_set_by",
    "band_set_until",
)
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
Held = Mapping[str, dict[str, Any]]  # the bands that people set and that hold, by account
BYTE_ORDER_MARK = "\ufeff"  # without it a spreadsheet takes Chinese names for another encoding


def csv_answer(
    store: ScoreStore, query: PortfolioQuery, request: Request, now: datetime | None = None
) -> Response:
    """Every account of one snapshot that the query asks for, sent page by page.

    Raises Problem, before anything is sent, where nothing was scored for the date.
    """
    snapshot = snapshot_for(store, query.as_of)
    newest = store.newest_snapshot()
    held = overrides_held(store, query, now)
    tag = tag_of(repr((snapshot, query, store.owner, newest and newest.id, sorted(held.items()))).encode())
    if has_it(request, tag):
        return not_modified(tag)
    first = store.portfolio_page(snapshot, query, bands_of(held))
    named = {"Content-Disposition": f'attachment; filename="accounts-{snapshot.as_of[:10]}.csv"'}
    lines = _lines(store, snapshot, query, first, held)
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


def _lines(
    store: ScoreStore, snapshot: Snapshot, query: PortfolioQuery, page: Page, held: Held
) -> Iterator[str]:
    yield BYTE_ORDER_MARK + _written([COLUMNS])
    yield _written(_rows(page, snapshot, held))
    while page.next_cursor is not None:
        following = replace(query, cursor=Cursor.decode(page.next_cursor))
        page = store.portfolio_page(snapshot, following, bands_of(held))
        yield _written(_rows(page, snapshot, held))


def _rows(page: Page, snapshot: Snapshot, held: Held) -> Iterator[list[Any]]:
    for account in page.accounts:
        line = summary_of(account, held)
        low, high = line["interval"] or (None, None)
        driver = line["main_driver"] or {"feature": None, "points": None}
        values = line | {"interval_low": low, "interval_high": high, "as_of": snapshot.as_of}
        values |= {"main_driver": driver["feature"], "main_driver_points": driver["points"]}
        set_by = line["override"] or {"who": None, "expires_at": None}
        values |= {"band_set_by": set_by["who"], "band_set_until": set_by["expires_at"]}
        yield [values[name] for name in COLUMNS]


def _written(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([safe_cell(value) for value in row] for row in rows)
    return text.getvalue()
