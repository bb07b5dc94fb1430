"""Checked tables as the features see them: with the day on which each fact became known.

Every time column `x_at` gains `x_day`, whole days since 1970-01-01 UTC; every table with times
gains `known_day`, the day its rows became known. What comes later than its row (a payment, a leaving)
gains `x_known_at` and `x_known_day`: when it had come to pass and been entered. The features compare
days and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.row_versions import HOLDS, holding
from features.source_tables import SOURCE_TABLES, USAGE, SourceTable

DAY = 86_400_000_000  # microseconds

ROLLED = "records"  # of use: how many rows of the table one row stands for

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
    versions: Mapping[str, ir.Table] = field(default_factory=dict)

    def as_known(self, day: int) -> Warehouse:
        """The tables as they stood before as-of day `day`, where a later part of the book changed a row."""
        if not self.versions:
            return self
        then = {
            name: with_days(
                holding(rows, SOURCE_TABLES[name], day, _day(rows[HOLDS])).cache(), SOURCE_TABLES[name]
            )
            for name, rows in self.versions.items()
        }
        return Warehouse({**self.tables, **then})

    def alike(self, days: Sequence[int]) -> list[list[int]]:
        """As-of days in groups before all of which every row stands as one and the same version."""
        changes: set[int] = set()
        for rows in self.versions.values():
            found = rows.filter(rows[HOLDS].notnull()).select(day=_day(rows[HOLDS])).distinct()
            changes |= set(found.to_pyarrow()["day"].to_pylist())
        groups: dict[int, list[int]] = {}
        for day in sorted(set(days)):
            groups.setdefault(sum(change < day for change in changes), []).append(day)
        return list(groups.values())

    def has(self, *names: str) -> bool:
        """Whether all of these tables are there."""
        return all(name in self.tables for name in names)

    def __getitem__(self, name: str) -> ir.Table:
        return self.tables[name]


def warehouse(
    tables: Mapping[str, ir.Table], versions: Mapping[str, ir.Table] = MappingProxyType({})
) -> Warehouse:
    """The warehouse over checked tables, on whichever engine they live; `versions` of those that have some.

    Tables that are not source tables are left out: no outcome can come in by this door.
    """
    return Warehouse(
        {name: with_days(tables[name], SOURCE_TABLES[name]) for name in SOURCE_TABLES if name in tables},
        {name: versions[name] for name in SOURCE_TABLES if name in versions},
    )


def with_days(table: ir.Table, schema: SourceTable) -> ir.Table:
    """`table` with a day column for each time column, and `known_day` where it has times."""
    if schema is USAGE and ROLLED in table.columns:
        return table  # its days are worked out, and kept
    times = [c.name for c in schema.columns if c.kind == "time"]
    days = {name.removesuffix("_at") + "_day": _day(table[name]) for name in times}
    if schema.happens is not None:
        known = ibis.coalesce(table["recorded_at"], table[schema.happens])
        days["known_day"] = _day(known)
    if schema is USAGE:
        days |= {"known_at": known, **counted(table)}
    return table.mutate(**days, **_known_later(table, schema))


def counted(usage: ir.Table) -> dict[str, ir.Value]:
    """What each row of use counts: whether at all, in whole thousandths, and for how many records.

    Half a thousandth is rounded up by hand, because engines disagree on which way `round` goes there.
    """
    whole = (usage.quantity * 1000.0).floor()
    rest = usage.quantity * 1000.0 - whole
    thousandths = whole.cast("int64") + ibis.ifelse(rest >= 0.5, 1, 0)
    return {"used": usage.quantity > 0, "thousandths": thousandths, ROLLED: ibis.literal(1, "int64")}


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


@ibis.udf.scalar.builtin(name="timezone", signature=(("string", "timestamp"), "timestamp('UTC')"))  # type: ignore[untyped-decorator]
def local_instant(zone: str, naive: object) -> object:
    """The instant at which the clocks of `zone` show `naive` (DuckDB's and PostgreSQL's own function).

    A time that the clocks skip in spring is taken as an hour later.
    """


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
