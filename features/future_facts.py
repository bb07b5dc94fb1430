"""Facts that lie in the future, by the clock of whoever checks: wrong years, wrong zones, wrong clocks.

They are told and not rejected: nothing is known before its time, so no as-of date sees them; and a clock that
is behind would otherwise reject a whole book.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import ibis
import ibis.expr.types as ir

from features.faults import Fault
from features.source_tables import SourceTable

SLACK = dt.timedelta(days=1)  # a day's export may run ahead of the clock by its time zone


def future_facts(
    accepted: Mapping[str, ir.Table], tables: Mapping[str, SourceTable], now: dt.datetime
) -> Iterator[Fault]:
    """A notice per table with rows that happened, or were recorded, more than a day after `now`.

    It tells how many, and the key of the latest. Plans (an end, a due date, a renewal) may lie there, and so
    may what comes later of a row.

    >>> from features.source_tables import ACCOUNTS
    >>> from features.warehouse import literal_table
    >>> rows = [{"account_id": "A-1", "created_at": "2062-01-01"}, {"account_id": "A-2", "created_at": None}]
    >>> now = dt.datetime(2026, 10, 31, tzinfo=dt.UTC)
    >>> accounts = literal_table(ACCOUNTS, rows)
    >>> print(*future_facts({"accounts": accounts}, {"accounts": ACCOUNTS}, now))
    accounts.created_at is '2062-01-01 00:00 (A-1, last of 1 row)'; allowed: a time until 2026-11-01. \
Next: mend the year or the zone at the source, or the clock of this machine: the end of the book goes by it
    """
    limit = now + SLACK
    for name, rows in accepted.items():
        table = tables[name]
        for column in filter(None, (table.happens, "recorded_at")):
            if column in rows.columns:
                yield from _after(table, column, rows, limit)


def _after(table: SourceTable, column: str, rows: ir.Table, limit: dt.datetime) -> Iterator[Fault]:
    late = rows.filter(rows[column] > ibis.literal(limit, "timestamp('UTC')"))
    count = late.count().execute()
    if not count:
        return
    key = table.key or ("account_id",)
    text = ibis.literal(" / ").join([late[name].cast("string") for name in key])
    last = late.select(at=late[column].strftime("%Y-%m-%d %H:%M"), key=text)
    row = last.order_by(ibis.desc("at"), "key").limit(1).to_pyarrow().to_pylist()[0]
    found = f"{row['at']} ({row['key']}, last of {count:,} row{'' if count == 1 else 's'})"
    step = "mend the year or the zone at the source, or the clock of this machine"
    allowed = f"a time until {limit:%Y-%m-%d}"
    yield Fault(f"{table.name}.{column}", found, allowed, f"{step}: the end of the book goes by it")
