"""One canonical column from the columns of an export, with what in it cannot be translated."""

from __future__ import annotations

from dataclasses import dataclass, replace

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from features.imports.date_formats import ISO, TimesWritten, read_dates
from features.imports.iso_times import iso_instants
from features.imports.mapping import PUT_IN, Cell
from features.source_tables import Column, Kind
from features.warehouse import IBIS_TYPES, local_instant

READABLE: dict[Kind, str] = {
    "text": "a text",
    "number": "a number such as 1234.5",
    "integer": "a whole number such as 12",
    "flag": "true or false",
}


@dataclass(frozen=True)
class Doubt:
    """A value of the export (`raw`) is `wrong` where it cannot be translated; `known` is what could."""

    column: str
    origin: str
    raw: ir.Value
    wrong: ir.Value
    allowed: str
    known: tuple[str, ...] = ()


@dataclass(frozen=True)
class Translated:
    """A canonical column's values, the doubts about them, and what the mapping assumes in their place."""

    value: ir.Value
    doubts: tuple[Doubt, ...]
    assumed: tuple[Doubt, ...] = ()


def translate(rows: ir.Table, column: Column, cell: Cell, times: TimesWritten) -> Translated:
    """The values of canonical `column`, made from `rows` as `cell` says; times are written as `times`."""
    here = TimesWritten(times.zone)  # what the mapping itself writes is ISO
    if cell.column is None:
        return _parsed(_written(rows, cell), column, "the mapping", here)
    found = rows[cell.column]
    result = (
        _parsed(found, column, cell.column, replace(times, dates=cell.date_format or times.dates))
        if cell.values is None
        else _mapped(found, column, cell, here)
    )
    if cell.if_empty is not None:
        filled = _parsed(ibis.literal(cell.if_empty), column, "the mapping", here).value
        empty = Doubt(column.name, cell.column, text_of(found), found.isnull(), f"read as {cell.if_empty}")
        result = Translated(result.value.fill_null(filled), result.doubts, (*result.assumed, empty))
    if cell.plus_minutes is not None:
        result = _later(result, rows[cell.plus_minutes], column, cell.plus_minutes)
    if cell.scale is not None and cell.higher_is == "worse":
        result = Translated(sum(cell.scale) - result.value, result.doubts, result.assumed)
    return result


def text_of(value: ir.Value) -> ir.Value:
    """A value as the text that stands in the file."""
    return value.cast("string")


def _written(rows: ir.Table, cell: Cell) -> ir.Value:
    """A constant, or a text with columns put in: null as soon as one of them is."""
    if cell.text is None:
        return ibis.literal(cell.constant)
    pieces = PUT_IN.split(cell.text)
    parts = [text_of(rows[p]) if i % 2 else ibis.literal(p) for i, p in enumerate(pieces) if p]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + part
    return whole


def _mapped(found: ir.Value, column: Column, cell: Cell, times: TimesWritten) -> Translated:
    """`found` by the value map; a value that the map does not name is a doubt, and null stays null."""
    known, raw = dict(cell.values or {}), text_of(found)
    pairs = [(key, ibis.literal(value, "string")) for key, value in known.items()]
    rest = None if cell.otherwise is None else ibis.literal(cell.otherwise)
    mapped = ibis.cases(
        (raw.isnull(), None), (raw.isin(list(known)), raw.cases(*pairs, else_=None)), else_=rest
    )
    result = _parsed(mapped, column, "the mapping", times)
    unmapped = raw.notnull() & ~raw.isin(list(known))
    if cell.otherwise is not None:
        other = Doubt(column.name, cell.column or "", raw, unmapped, f"read as {cell.otherwise}")
        return Translated(result.value, result.doubts, (other,))
    allowed = "a value that the mapping names under values"
    doubt = Doubt(column.name, cell.column or "", raw, unmapped, allowed, tuple(known))
    return Translated(result.value, (doubt, *result.doubts))


def _parsed(found: ir.Value, column: Column, origin: str, times: TimesWritten) -> Translated:
    """`found` as the kind of the canonical column, with a doubt where some values may not fit it."""
    value, raw = as_kind(found, column.kind, times), text_of(found)
    if column.allowed:
        allowed = "one of " + ", ".join(column.allowed)
        wrong = raw.notnull() & ~raw.isin(column.allowed)
        return Translated(value, (Doubt(column.name, origin, raw, wrong, allowed, column.allowed),))
    of_type: dt.DataType = found.type()
    always_fits = {"text": True, "number": of_type.is_numeric(), "time": of_type.is_temporal()}
    if always_fits.get(column.kind, False):
        return Translated(value, ())
    wrong = found.notnull() & value.isnull()
    return Translated(value, (Doubt(column.name, origin, raw, wrong, readable(column.kind, times)),))


def readable(kind: Kind, times: TimesWritten) -> str:
    """What a cell of a kind may hold, for a message."""
    return times.as_said() if kind == "time" else READABLE[kind]


def as_kind(found: ir.Value, kind: Kind, times: TimesWritten) -> ir.Value:
    """`found` read as a kind of canonical column, null where it cannot be; times as `times` says."""
    if kind != "time":
        return found.try_cast(IBIS_TYPES[kind])
    of_type: dt.DataType = found.type()
    if of_type.is_timestamp() and of_type.timezone is not None:
        return found.cast(IBIS_TYPES["time"])
    if of_type.is_temporal():
        return local_instant(times.zone, found.cast("timestamp"))
    if times.dates not in (None, ISO):
        return local_instant(times.zone, read_dates(text_of(found), times.dates or ISO))
    return iso_instants(text_of(found), times.zone)


def _later(start: Translated, minutes: ir.Value, column: Column, origin: str) -> Translated:
    # A decimal, because a float would let nan and inf through.
    seconds = (minutes.try_cast("decimal(15, 3)") * 60).round().cast("int64")
    wrong = minutes.notnull() & seconds.isnull()
    doubt = Doubt(column.name, origin, text_of(minutes), wrong, "a number of minutes such as 74")
    return Translated(start.value + seconds.as_interval("s"), (*start.doubts, doubt), start.assumed)
