"""From when to when a book reaches: the first recorded activity and the moment it was exported."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.faults import DataFault, Fault
from features.source_tables import SOURCE_TABLES
from features.time_windows import EPOCH, day_number
from features.warehouse import Warehouse

NEAR = 3  # days
ACTIVITY = ("usage", "tickets", "surveys", "invoices", "notes", "subscriptions", "accounts")


def known_extent(source: Warehouse) -> tuple[pd.Timestamp, pd.Timestamp]:
    """UTC midnights `(first, until)`: activity starts on day `first`, nothing is known from `until` on.

    `first` is the earliest day of the first table of ACTIVITY that has rows (accounts may be years
    older than the history that was exported). Raises DataFault where every table is empty.
    """
    spans = {name: _span(source, name) for name in source.tables}
    begun = [span[0] for span in map(spans.get, ACTIVITY) if span is not None]
    if not begun:
        fault = Fault("book", "no rows", "at least one account", "run vitals check on the book")
        raise DataFault("the book is empty", [fault])
    return _midnight(begun[0]), _midnight(max(last for _, last in filter(None, spans.values())) + 1)


def ends_by(source: Warehouse) -> str:
    """The table whose newest row or answer the book ends with; see `known_extent`."""
    last = {name: span[1] for name in source.tables if (span := _span(source, name)) is not None}
    return max(last, key=lambda name: last[name])


def newest_fact(source: Warehouse, name: str, as_of: pd.Timestamp) -> pd.Timestamp | None:
    """When the newest fact of a table became known before `as_of`: a row, or what came later of one.

    None where nothing of the table was known by then.
    """
    rows, limit = source[name], day_number(as_of)
    seen = rows.filter(rows.known_day < limit)
    if name == "usage":  # read the last days first: of many rows the newest is nearly always there
        near = _newest(seen.filter(seen.known_day >= limit - NEAR), name, limit)
        return near if near is not None else _newest(seen, name, limit)
    return _newest(seen, name, limit)


def _newest(seen: ir.Table, name: str, limit: int) -> pd.Timestamp | None:
    happens = SOURCE_TABLES[name].happens
    seen = seen.mutate(known_at=ibis.coalesce(seen["recorded_at"], seen[happens]))
    newest = {
        f"newest_{place}": seen[column].max(where=seen[day] < limit)
        for place, (column, day) in enumerate(fact_columns(name))
    }
    found = seen.aggregate(**newest).to_pandas().iloc[0].dropna()
    return None if found.empty else pd.Timestamp(found.max())


def _span(source: Warehouse, name: str) -> tuple[int, int] | None:
    """The first day on which a row of the table became known, the last on which a row or what came
    later of it did; None where it has no rows."""
    rows = source[name]
    ends = {f"last_{place}": rows[day].max() for place, (_, day) in enumerate(fact_columns(name))}
    row = rows.aggregate(first=rows.known_day.min(), **ends).to_pyarrow().to_pylist()[0]
    known = [day for day in row.values() if day is not None]
    return (row["first"], max(known)) if known else None


def fact_columns(name: str) -> list[tuple[str, str]]:
    """The columns that tell when something of a row became known, each with its day: the row itself,
    an answer, a payment. The end of a period is left out, because it may be a plan."""
    table = SOURCE_TABLES[name]
    later = [column.removesuffix("_at") for column in table.later if column not in (table.extent or ())]
    return [("known_at", "known_day"), *((f"{stem}_known_at", f"{stem}_known_day") for stem in later)]


def _midnight(day: int) -> pd.Timestamp:
    return EPOCH + pd.Timedelta(days=day)
