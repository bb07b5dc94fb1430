"""From a cell as it came to a value of its column's kind, with what may be wrong on the way.

Nothing is guessed: a time without its zone, `1,000` and `yes` are faults and not values. A cell
that is at fault has a null for its value; whether anything was `given` is kept apart from that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir

from features.source_tables import Column, Kind
from features.time_windows import FIRST_YEAR, LAST_YEAR

# Instants as in RFC 3339 (a profile of ISO 8601, seconds included); a blank may stand for the T, and the
# offset may be short or UTC, as databases write them.
DAY = r"^\d{4}-\d{2}-\d{2}"
CLOCK = r"[T ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?"
ZONED = DAY + CLOCK + r" ?(Z|UTC|[+-]\d{2}(:?\d{2})?)$"
ZONELESS = DAY + f"({CLOCK})?$"

LARGEST = 1e15  # where a column has no maximum of its own: sums are taken over whole units (`exact.py`)
NEVER, FAR_OFF = 9999, "year_out_of_range"
UTC = "timestamp('UTC')"
TYPES: dict[Kind, str] = {
    "text": "string",
    "time": UTC,
    "number": "float64",
    "integer": "float64",
    "flag": "boolean",
}


@dataclass(frozen=True)
class Check:
    """One thing that may be wrong with a row: `faulty` is true where it is, false or null where not.

    `code` is stable, `columns` are those it speaks of (the first one is the field), `allowed` and
    `next` go into the fault. `choices` is the allowed set, if there is one, for the nearest match.
    """

    code: str
    columns: tuple[str, ...]
    faulty: ir.BooleanValue
    allowed: str
    next: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cell:
    """One column of a table: is something given, what is its value (typed), what may be wrong."""

    given: ir.BooleanValue
    value: ir.Value
    checks: tuple[Check, ...] = ()


def read_cell(column: Column, came: ir.Value | None) -> Cell:
    """The cell of `column` as its kind; `came` is None where the file has no such column.

    Kinds become string, timestamp('UTC'), float64 and boolean. A missing column is a typed null
    and no row's fault: a required one is a fault of the file.
    """
    if came is None:
        return Cell(ibis.literal(False), ibis.null(TYPES[column.kind]))
    cell = _READERS[column.kind](column, came)
    checks = [*cell.checks]
    if column.required:
        step = "fill it in at the source, or leave the row out"
        checks.append(Check("empty", (column.name,), ~cell.given, "a value", step))
    if column.allowed:
        checks.append(_outside(column, cell.value))
    if column.minimum is not None:
        too_low = cell.value < column.minimum
        step = "mend the sign or the unit at the source"
        checks.append(Check("below_minimum", (column.name,), too_low, f"at least {column.minimum:g}", step))
    return Cell(cell.given, cell.value, tuple(checks))


def _outside(column: Column, value: ir.StringValue) -> Check:
    step = "map it to an allowed value in the import mapping"
    allowed = ", ".join(column.allowed)
    return Check("not_allowed", (column.name,), value.notin(column.allowed), allowed, step, column.allowed)


def _text(_: Column, came: ir.Value) -> Cell:
    text = came.cast("string").nullif("")
    return Cell(text.notnull(), text)


def _time(column: Column, came: ir.Value) -> Cell:
    kind, given, name = came.type(), came.notnull(), column.name
    if kind.is_timestamp() and kind.timezone is not None:
        return Cell(given, came.cast(UTC), (_far_off(name, came.cast(UTC)),))
    if kind.is_timestamp() or kind.is_date():
        return Cell(given, ibis.null(UTC), (_zoneless(name, given),))
    text = _text(column, came)
    instant = text.value.try_cast(UTC)
    zoned = text.value.re_search(ZONED) & instant.notnull()
    zoneless = text.value.re_search(ZONELESS) & instant.notnull()
    step = "write it like that at the source (RFC 3339)"
    unparsable = text.given & ~zoned & ~zoneless
    allowed = "a time with its zone, such as 2026-01-31T09:30:00Z"
    value = ibis.cases((zoned, instant))
    no_time = Check("unparsable_time", (name,), unparsable, allowed, step)
    return Cell(text.given, value, (_zoneless(name, zoneless), no_time, _far_off(name, value)))


def _far_off(name: str, value: ir.TimestampValue) -> Check:
    """A year that no fact of a book is of: the 1 of `01/02/26`, the 9999 of an invoice that is never due."""
    first, after = (ibis.literal(f"{year}-01-01T00:00:00Z", UTC) for year in (FIRST_YEAR, LAST_YEAR + 1))
    step = "mend the year at the source; where a period has no end, leave it empty"
    allowed = f"a year from {FIRST_YEAR} to {LAST_YEAR}"
    return Check(FAR_OFF, (name,), (value < first) | (value >= after), allowed, step)


def open_ended(cell: Cell) -> Cell:
    """What may never come, of which the year 9999 says that it has not: warehouses write 9999-12-31 so."""
    never = (cell.value >= ibis.literal(f"{NEVER}-01-01T00:00:00Z", UTC)).fill_null(False)
    checks = tuple(
        replace(check, faulty=check.faulty & ~never) if check.code == FAR_OFF else check
        for check in cell.checks
    )
    return Cell(cell.given, ibis.cases((~never, cell.value)), checks)


def _zoneless(name: str, faulty: ir.BooleanValue) -> Check:
    step = "add the zone (Z or an offset); in an import mapping, set the source's time zone"
    return Check("no_time_zone", (name,), faulty, "a time with its zone, such as 2026-01-31T09:30:00Z", step)


def _number(column: Column, came: ir.Value) -> Cell:
    name, largest = column.name, LARGEST if column.maximum is None else column.maximum
    text = _text(column, came)
    number = came.cast("float64") if came.type().is_numeric() else text.value.try_cast("float64")
    # DuckDB would read 1_000 as a thousand; that is a programmer's number, not an export's.
    finite = number.notnull() & ~number.isnan() & ~number.isinf() & ~text.value.contains("_")
    step = "write digits with a point as decimal mark, and no thousands separator or unit"
    value = ibis.cases((finite, number))
    size = "mend the number or its unit at the source"
    checks = (
        Check("not_a_number", (name,), text.given & ~finite, "a finite number, or empty", step),
        Check("too_large", (name,), value.abs() > largest, f"at most {largest:g} either way", size),
    )
    return Cell(text.given, value, checks)


def _flag(column: Column, came: ir.Value) -> Cell:
    if came.type().is_boolean():
        return Cell(came.notnull(), came)
    text = _text(column, came)
    known = text.value.lower().isin(("true", "false"))
    step = "write true or false; an import mapping can map other words"
    check = Check("not_a_flag", (column.name,), text.given & ~known, "true or false", step)
    return Cell(text.given, ibis.cases((known, text.value.lower() == "true")), (check,))


_READERS = {"text": _text, "time": _time, "number": _number, "integer": _number, "flag": _flag}
