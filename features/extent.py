"""From when to when a book reaches: the first recorded activity and the moment it was exported."""

from __future__ import annotations

import pandas as pd

from features.faults import DataFault, Fault
from features.source_tables import SOURCE_TABLES
from features.time_windows import EPOCH
from features.warehouse import Warehouse

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


def _span(source: Warehouse, name: str) -> tuple[int, int] | None:
    """The first day on which a row of the table became known, the last on which a row or what came later
    of it did (an answer, a payment); None where it has no rows. The end of a period may be a plan."""
    rows, table = source[name], SOURCE_TABLES[name]
    later = [column for column in table.later if column not in (table.extent or ())]
    days = [rows.known_day, *(rows[column.removesuffix("_at") + "_day"] for column in later)]
    ends = {f"last_{place}": day.max() for place, day in enumerate(days)}
    row = rows.aggregate(first=rows.known_day.min(), **ends).to_pyarrow().to_pylist()[0]
    known = [day for day in row.values() if day is not None]
    return (row["first"], max(known)) if known else None


def _midnight(day: int) -> pd.Timestamp:
    return EPOCH + pd.Timedelta(days=day)
