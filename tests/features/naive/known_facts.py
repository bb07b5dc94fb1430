"""The facts of a book as plain rows: dicts with instants, and who knew what when.

This is the second implementation of every feature: naive on purpose, loops over lists of dicts, so
that a fault of the first one has nobody to share it with. It is slow and needs nothing explained.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from features.source_tables import SOURCE_TABLES, Kind

Row = dict[str, Any]
Facts = dict[str, list[Row]]  # one account's rows by table; a table that the book lacks is lacking
DAY = dt.timedelta(days=1)
COMES_WITH = {  # what becomes known together with something later, as the tables' docstrings say
    ("surveys", "responded_at"): ("score", "comment"),
    ("tickets", "resolved_at"): ("contacts_to_resolve", "reopened"),
}


def plain_rows(table: str, frame_or_rows: Any) -> list[Row]:
    """The rows of a table with all its columns: instants as aware datetimes, what is not there as None.

    Takes a data frame, or dicts as a case is written (times as texts, a column left out is None).
    """
    listed: Iterable[Mapping[str, Any]] = (
        frame_or_rows.to_dict("records") if hasattr(frame_or_rows, "to_dict") else frame_or_rows
    )
    kinds = {column.name: column.kind for column in SOURCE_TABLES[table].columns}
    return [{name: _plain(row.get(name), kind) for name, kind in kinds.items()} for row in listed]


def _plain(value: Any, kind: Kind) -> Any:
    if value is None or value != value:  # NaN and NaT are not equal to themselves
        return None
    if kind == "time":
        return _instant(value)
    return float(value) if kind in ("number", "integer") else value


def _instant(value: Any) -> dt.datetime:
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
        value = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    elif hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    return value.astimezone(dt.UTC)


def as_known(table: str, row: Row, as_of: dt.datetime) -> Row | None:
    """The row as it stood in the books the instant before `as_of`; None where nobody knew of it yet.

    A row is known from when it was recorded, else from when it happened. What comes to pass later
    than its row (an answer, a payment, a leaving) is blank until it has, and has been entered.
    """
    schema = SOURCE_TABLES[table]
    known = row["recorded_at"] or row[schema.happens or ""]
    if known >= as_of:
        return None
    seen = dict(row)
    for later in schema.later:
        entered = row.get(later.removesuffix("_at") + "_recorded_at")
        if row[later] is None or max(row[later], entered or row[later]) >= as_of:
            seen |= dict.fromkeys([later, *COMES_WITH.get((table, later), ())])
    return seen


def in_window(moment: dt.datetime | None, as_of: dt.datetime, newest: int, oldest: int) -> bool:
    """Whether a moment lies in `[as_of - oldest days, as_of - newest days)`."""
    return moment is not None and as_of - oldest * DAY <= moment < as_of - newest * DAY


def whole_days(later: dt.datetime, earlier: dt.datetime) -> int:
    """From the day of `earlier` to the day of `later`, as a calendar in UTC counts."""
    return (later.date() - earlier.date()).days


def latest_of_each(rows: Iterable[Row], who: str, order: tuple[str, ...]) -> Iterator[Row]:
    """Of the rows with one `who` the last one in `order`."""
    last: dict[Any, Row] = {}
    for row in rows:
        other = last.get(row[who])
        if other is None or [row[name] for name in order] > [other[name] for name in order]:
            last[row[who]] = row
    yield from last.values()


def is_nothing(value: Any) -> bool:
    """None and NaN alike."""
    return value is None or (isinstance(value, float) and math.isnan(value))
