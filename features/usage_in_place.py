"""Use that stays where it is: a book's `usage.place.yaml` names a table of a warehouse instead of a file.

    warehouse: VITALS_WAREHOUSE       # the environment variable with the URL (see places.py)
    table: analytics.events
    time_zone: UTC                    # of its times without a zone
    columns: {account_id: company, user_id: person, occurred_at: at, feature: name, quantity: {constant: 1}}
    where: [{column: kind, equals: track}]

Whenever the book is opened, the warehouse rolls the rows up by account, user and day, and only that comes
over; the rows themselves never do, but for those that are faulty. Point in time holds as it does for files:
a row counts from `recorded_at`, where that is mapped, and else from when it happened. So map it: a table
that rows are added to late, and that does not say when, looks today as if they had always been there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import yaml
from ibis.util import gen_name

from features.faults import DataFault, Fault, nearest
from features.increments import PART_COLUMNS
from features.places import place_table
from features.source_files import PLACE_FILE as FILE
from features.source_tables import USAGE, Column
from features.source_values import LARGEST
from features.usage_rollup import GROUPS, MEASURES, KeptUse
from features.warehouse import IBIS_TYPES, counted, local_instant

MOST_FAULTY = 100_000  # rows that are fetched to be told of: beyond it something else is wrong


@dataclass(frozen=True)
class UsePlace:
    """Where the use of a book is. `columns`: the canonical column, and a column there or {constant: …}."""

    warehouse: str
    table: str
    columns: Mapping[str, Any]
    time_zone: str = "UTC"
    where: Sequence[Mapping[str, Any]] = ()

    def as_yaml(self) -> str:
        """The file."""
        told = {
            **{"warehouse": self.warehouse, "table": self.table, "time_zone": self.time_zone},
            **{"columns": dict(self.columns), "where": [dict(each) for each in self.where]},
        }
        return yaml.safe_dump(told, sort_keys=False, allow_unicode=True)


def use_place(book: Path) -> UsePlace | None:
    """What the book's FILE says; None where it has none. DataFault where it cannot be read."""
    path = book / FILE
    if not path.is_file():
        return None
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        place = UsePlace(**told)
        fine = set(place.columns) <= set(USAGE.column_names) and isinstance(place.columns, dict)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError):
        fine = False
    if not fine:
        step = "import with the mapping that names the warehouse: it writes this file"
        raise DataFault(
            f"{FILE} cannot be read",
            [Fault(FILE, "unreadable", "warehouse, table, time_zone, columns, where", step)],
        )
    return place


class PlacedUse(KeptUse):
    """The roll-up that a warehouse has made."""

    def __init__(self, place: UsePlace, there: ir.Table, connection: Any) -> None:
        """Asks the warehouse for the roll-up and the faulty rows, and keeps both on `connection`."""
        self.place, self.connection = place, connection
        wrong = _faulty(there)
        rolled = _rolled(there.filter(~wrong)).to_pyarrow()
        faulty = self._fetched(there.filter(wrong))
        rows = connection.create_table("usage_rolled", _with_days(rolled), temp=True, overwrite=True)
        owners = rows.group_by("account_id").agg(records=rows.records.sum())
        super().__init__(rows, owners, faulty)

    def strangers(self, came: ir.Table, unknown: Sequence[str]) -> ir.Table:
        """The rows of unknown accounts: asked for anew, since only the roll-up came over."""
        if not unknown:
            return came.limit(0)
        with place_table(self.place.warehouse, self.place.table) as table:
            rows = canonical(self.place, table)
            return self._fetched(rows.filter(rows.account_id.isin(unknown)))

    def _fetched(self, rows: ir.Table) -> ir.Table:
        texts = rows.select(**{name: rows[name].cast("string") for name in rows.columns})
        found = texts.limit(MOST_FAULTY + 1).to_pyarrow()
        if found.num_rows > MOST_FAULTY:
            step = "correct the mapping (is it the right column?), or add the accounts to the book"
            seen = f"more than {MOST_FAULTY:,} faulty rows, or rows of unknown accounts"
            raise DataFault("use in place cannot be read", [Fault(self.place.table, seen, "few", step)])
        whole = self.connection.create_table(gen_name("use_as_it_came"), found, temp=True)
        marks = {name: ibis.null(kind) for name, kind in PART_COLUMNS.items()}
        return whole.mutate(**marks).cast(dict(PART_COLUMNS))


def placed_use(place: UsePlace, connection: Any) -> PlacedUse:
    """The use of a place, rolled up there.

    Raises DataFault, with all of a kind: columns that are gone, columns of another type than the canonical
    one can hold, a place that does not answer.
    """
    with place_table(place.warehouse, place.table) as table:
        if faults := place_faults(place, table):
            raise DataFault(f"use in place does not fit what {FILE} says of it", faults)
        return PlacedUse(place, canonical(place, table), connection)


def place_faults(place: UsePlace, table: ir.Table) -> list[Fault]:
    """The columns that are not there, or that cannot be what they are taken for."""
    faults: list[Fault] = []
    named = {name: cell for name, cell in place.columns.items() if isinstance(cell, str)}
    wanted = [*named.values(), *(str(each["column"]) for each in place.where)]
    for name in dict.fromkeys(wanted):
        if name not in table.columns:
            step = f"{nearest(name, table.columns)}; or correct it in the mapping and import again"
            faults.append(Fault(f"{place.table}, column {name}", "gone", "a column of the table", step))
    for name, source in named.items():
        kind = USAGE.column(name).kind
        if source in table.columns and not _fits(table[source], kind):
            allowed = {"time": "a timestamp or a date", "number": "a number"}.get(kind, "plain values")
            step = "cast it in a view, and name that as the table"
            faults.append(Fault(f"{place.table}, column {source}", str(table[source].type()), allowed, step))
    for column in USAGE.columns:
        if column.required and column.name not in place.columns:
            faults.append(Fault(f"{FILE} columns", None, f"{column.name}: usage requires it", "map it"))
    return faults


def _fits(value: ir.Value, kind: str) -> bool:
    of = value.type()
    if kind == "time":
        return bool(of.is_timestamp() or of.is_date())
    if kind == "number":
        return bool(of.is_numeric())
    return not (of.is_nested() or of.is_binary())


def canonical(place: UsePlace, table: ir.Table) -> ir.Table:
    """The rows with every canonical column of `usage`, typed, on the engine of the place."""
    for each in place.where:
        table = table.filter(_holds(table, each))
    return table.select(**{c.name: _value(table, c, place) for c in USAGE.columns})


def _holds(table: ir.Table, condition: Mapping[str, Any]) -> ir.Value:
    cell = table[condition["column"]]
    if condition.get("present") is not None:
        return cell.notnull() if condition["present"] else cell.isnull()
    wanted = condition["one_of"] if condition.get("one_of") is not None else [condition["equals"]]
    return cell.cast("string").isin([str(each) for each in wanted])


def _value(table: ir.Table, column: Column, place: UsePlace) -> ir.Value:
    cell, wanted = place.columns.get(column.name), IBIS_TYPES[column.kind]
    if cell is None:
        return ibis.null(wanted)
    if not isinstance(cell, str):
        constant = cell["constant"]
        return ibis.literal(float(constant) if column.kind == "number" else str(constant), wanted)
    found = table[cell]
    if column.kind == "time":
        of = found.type()
        zoned = of.is_timestamp() and of.timezone is not None
        return found.cast(wanted) if zoned else local_instant(place.time_zone, found.cast("timestamp"))
    value = found.cast(wanted)
    return value.nullif("") if column.kind == "text" else value


def _faulty(rows: ir.Table) -> ir.BooleanValue:
    """What the checks of a row would refuse; they are applied to these rows once more when they came."""
    required = [rows[c.name].isnull() for c in USAGE.columns if c.required]
    amount = rows.quantity
    wrong = [*required, amount.isnan(), amount < 0, amount > LARGEST, rows.recorded_at < rows.occurred_at]
    return ibis.or_(*(each.fill_null(False) for each in wrong))


def _rolled(rows: ir.Table) -> ir.Table:
    """The roll-up as `usage_rollup.rolled` makes it, with dates for days: every engine has those."""
    known = ibis.coalesce(rows.recorded_at, rows.occurred_at)
    days = {"occurred_day": rows.occurred_at.cast("date"), "known_day": known.cast("date"), "known_at": known}
    t = rows.mutate(**days, **counted(rows))
    return t.group_by(*GROUPS).agg(
        records=t.count(), thousandths=t.thousandths.sum().cast("int64"), known_at=t.known_at.max()
    )


def _with_days(rolled: pa.Table) -> pa.Table:
    """Dates as whole days since 1970, moments in microseconds, as the kept roll-ups have them."""
    kinds = dict.fromkeys(("occurred_day", "known_day"), pa.int32())
    table = pa.table({n: rolled[n].cast(kinds[n]) if n in kinds else rolled[n] for n in (*GROUPS, *MEASURES)})
    fields = {"occurred_day": pa.int64(), "known_day": pa.int64(), "known_at": pa.timestamp("us", "UTC")}
    fields |= {"records": pa.int64(), "thousandths": pa.int64(), "used": pa.bool_()}
    return pa.table({n: table[n].cast(fields.get(n, pa.string())) for n in table.column_names})
