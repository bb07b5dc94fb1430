"""From when to when a book reaches: the first recorded activity and the moment it was exported."""

from __future__ import annotations

import pandas as pd

from features.faults import DataFault, Fault
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
    """The first and last day on which a row of the table became known; None where it has no rows."""
    days = source[name].known_day
    row = source[name].aggregate(first=days.min(), last=days.max()).to_pyarrow().to_pylist()[0]
    return None if row["first"] is None else (row["first"], row["last"])


def _midnight(day: int) -> pd.Timestamp:
    return EPOCH + pd.Timedelta(days=day)
