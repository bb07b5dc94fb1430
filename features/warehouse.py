"""Checked tables as the features see them: with the day on which each fact became known.

Every time column `x_at` gains `x_day`, whole days since 1970-01-01 UTC; every table with times
gains `known_day`, the day its rows became known. What comes later than its row (a payment, a leaving)
gains `x_known_at` and `x_known_day`: when it had come to pass and been entered. The features compare
days and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.source_tables import SOURCE_TABLES, SourceTable

DAY = 86_400_000_000  # microseconds

IBIS_TYPES = {
    "text": "string",
    "time": "timestamp('UTC')",
    "number": "float64",
    "integer": "int64",
    "flag": "boolean",
}


@dataclass(frozen=True)
class Warehouse:
    """The tables a book has, by canonical name, on one engine. A table that is absent is absent."""

    tables: Mapping[str, ir.Table]

    def has(self, *names: str) -> bool:
        """Whether all of these tables are there."""
        return all(name in self.tables for name in names)

    def __getitem__(self, name: str) -> ir.Table:
        return self.tables[name]


def warehouse(tables: Mapping[str, ir.Table]) -> Warehouse:
    """The warehouse over checked tables, on whichever engine they live.

    Tables that are not source tables are left out: no outcome can come in by this door.
    """
    return Warehouse(
        {name: with_days(tables[name], SOURCE_TABLES[name]) for name in SOURCE_TABLES if name in tables}
    )


def with_days(table: ir.Table, schema: SourceTable) -> ir.Table:
    """`table` with a day column for each time column, and `known_day` where it has times."""
    times = [c.name for c in schema.columns if c.kind == "time"]
    days = {name.removesuffix("_at") + "_day": _day(table[name]) for name in times}
    if schema.happens is not None:
        known = ibis.coalesce(table["recorded_at"], table[schema.happens])
        days["known_day"] = _day(known)
    return table.mutate(**days, **_known_later(table, schema))


def _known_later(table: ir.Table, schema: SourceTable) -> dict[str, ir.Value]:
    """When what comes later than its row was known: once it was past *and* entered, whichever is last."""
    found: dict[str, ir.Value] = {}
    for later in schema.later:
        known, entered = table[later], schema.recorded_later(later)
        if entered is not None:
            both = ibis.greatest(known, ibis.coalesce(table[entered], known))
            known = ibis.ifelse(known.isnull(), ibis.null(known.type()), both)
        stem = later.removesuffix("_at")
        found |= {f"{stem}_known_at": known, f"{stem}_known_day": _day(known)}
    return found


@ibis.udf.scalar.builtin(name="epoch_us", signature=(("timestamp('UTC')",), "int64"))  # type: ignore[untyped-decorator]
def epoch_microseconds(moment: ir.Value) -> ir.Value:
    """Microseconds since 1970-01-01 UTC."""


def _day(moment: ir.Value) -> ir.Value:
    # From microseconds: DuckDB rounds epoch seconds, so that 23:59:59.7 would fall into the next day, and
    # takes a date from an instant by way of a time zone's calendar, at four times the cost of reading it.
    # The division is exact to the microsecond until the year 2255, and the same on every engine after it.
    return epoch_microseconds(moment) // DAY


def literal_table(schema: SourceTable, rows: list[dict[str, Any]], connection: Any = None) -> ir.Table:
    """A table of a few rows written out by hand, for specifications and examples.

    Columns that a row leaves out are null; times are texts such as `2026-10-01` (UTC).

    >>> from features.source_tables import ACCOUNTS
    >>> t = literal_table(ACCOUNTS, [{"account_id": "A", "created_at": "2026-01-02"}])
    >>> with_days(t, ACCOUNTS).select("account_id", "created_day").to_pandas().values.tolist()
    [['A', 20455]]
    """
    frame = pd.DataFrame(rows, columns=list(schema.column_names))
    for column in schema.columns:
        if column.kind == "time":
            frame[column.name] = pd.to_datetime(frame[column.name], utc=True, format="ISO8601").astype(
                "datetime64[us, UTC]"
            )
    types = {c.name: IBIS_TYPES[c.kind] for c in schema.columns}
    table = ibis.memtable(frame.astype(object).where(frame.notna(), None), schema=types)
    return table if connection is None else connection.create_table(schema.name, table.to_pyarrow())
