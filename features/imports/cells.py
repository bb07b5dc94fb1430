"""One canonical column from the columns of an export, with what in it cannot be translated."""

from __future__ import annotations

from dataclasses import dataclass, replace

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from features.imports.date_formats import ISO, Spelling, read_dates
from features.imports.iso_times import iso_instants
from features.imports.mapping import PUT_IN, Cell
from features.imports.number_formats import with_point
from features.source_tables import Column, Kind
from features.warehouse import IBIS_TYPES, local_instant

READABLE: dict[Kind, str] = {
    "text": "a text",
    "number": "a number such as 1234.5",
    "integer": "a whole number such as 12",
    "flag": "true or false",
}


EXACT = 2**53  # up to here a float tells a whole number from the next


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


def translate(rows: ir.Table, column: Column, cell: Cell, spelling: Spelling) -> Translated:
    """The values of canonical `column`, made from `rows` as `cell` says, in `spelling`."""
    here = Spelling(spelling.zone)  # what the mapping itself writes is ISO
    if cell.column is None:
        return _parsed(_written(rows, cell), column, "the mapping", here)
    found = rows[cell.column]
    result = (
        _parsed(found, column, cell.column, _own(spelling, cell))
        if cell.values is None
        else _mapped(found, column, cell, here)
    )
    if cell.if_empty is not None:
        filled = _parsed(ibis.literal(cell.if_empty), column, "the mapping", here).value
        empty = Doubt(column.name, cell.column, text_of(found), found.isnull(), f"read as {cell.if_empty}")
        result = Translated(result.value.fill_null(filled), result.doubts, (*result.assumed, empty))
    if cell.plus_minutes is not None:
        result = _later(result, rows[cell.plus_minutes], column, cell.plus_minutes, spelling)
    if cell.scale is not None and cell.higher_is == "worse":
        result = Translated(sum(cell.scale) - result.value, result.doubts, result.assumed)
    return result


def _own(spelling: Spelling, cell: Cell) -> Spelling:
    """The spelling of a source, and what a column of it has of its own."""
    return replace(
        spelling, dates=cell.date_format or spelling.dates, decimal=cell.decimal or spelling.decimal
    )


def text_of(value: ir.Value) -> ir.Value:
    """A value as the text that stands in the file; a whole float as the whole number that it is.

    A column of whole numbers with a gap is one of floats to pandas: 7.0 is the account 7.
    """
    text, of_type = value.cast("string"), value.type()
    if not of_type.is_floating():
        return text
    whole = (value == value.floor()) & (value.abs() < EXACT)
    return ibis.cases((whole, value.try_cast("int64").cast("string")), else_=text)


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


def _mapped(found: ir.Value, column: Column, cell: Cell, spelling: Spelling) -> Translated:
    """`found` by the value map; a value that the map does not name is a doubt, and null stays null."""
    known, raw = dict(cell.values or {}), text_of(found)
    pairs = [(key, ibis.literal(value, "string")) for key, value in known.items()]
    rest = None if cell.otherwise is None else ibis.literal(cell.otherwise)
    mapped = ibis.cases(
        (raw.isnull(), None), (raw.isin(list(known)), raw.cases(*pairs, else_=None)), else_=rest
    )
    result = _parsed(mapped, column, "the mapping", spelling)
    unmapped = raw.notnull() & ~raw.isin(list(known))
    if cell.otherwise is not None:
        other = Doubt(column.name, cell.column or "", raw, unmapped, f"read as {cell.otherwise}")
        return Translated(result.value, result.doubts, (other,))
    allowed = "a value that the mapping names under values"
    doubt = Doubt(column.name, cell.column or "", raw, unmapped, allowed, tuple(known))
    return Translated(result.value, (doubt, *result.doubts))


def _parsed(found: ir.Value, column: Column, origin: str, spelling: Spelling) -> Translated:
    """`found` as the kind of the canonical column, with a doubt where some values may not fit it."""
    value, raw = as_kind(found, column.kind, spelling), text_of(found)
    if column.allowed:
        allowed = "one of " + ", ".join(column.allowed)
        wrong = raw.notnull() & ~raw.isin(column.allowed)
        return Translated(value, (Doubt(column.name, origin, raw, wrong, allowed, column.allowed),))
    of_type: dt.DataType = found.type()
    always_fits = {"text": True, "number": of_type.is_numeric(), "time": of_type.is_temporal()}
    if always_fits.get(column.kind, False):
        return Translated(value, ())
    wrong = found.notnull() & value.isnull()
    return Translated(value, (Doubt(column.name, origin, raw, wrong, readable(column.kind, spelling)),))


def readable(kind: Kind, spelling: Spelling) -> str:
    """What a cell of a kind may hold, for a message."""
    if kind in ("number", "integer") and spelling.decimal == ",":
        return "a number such as 1.234,50"
    return spelling.as_said() if kind == "time" else READABLE[kind]


def as_kind(found: ir.Value, kind: Kind, spelling: Spelling) -> ir.Value:
    """`found` read as a kind of canonical column, null where it cannot be."""
    if kind == "text":
        return text_of(found)
    if kind in ("number", "integer"):
        return _number(found, spelling).try_cast(IBIS_TYPES[kind])
    if kind == "flag":
        return found.try_cast(IBIS_TYPES[kind])
    of_type: dt.DataType = found.type()
    if of_type.is_timestamp() and of_type.timezone is not None:
        return found.cast(IBIS_TYPES["time"])
    if of_type.is_temporal():
        return local_instant(spelling.zone, found.cast("timestamp"))
    if spelling.dates not in (None, ISO):
        return local_instant(spelling.zone, read_dates(text_of(found), spelling.dates or ISO))
    return iso_instants(text_of(found), spelling.zone)


def _number(found: ir.Value, spelling: Spelling) -> ir.Value:
    """`found` as something that is cast to a number: numbers as they are, texts with a decimal point."""
    return with_point(found, spelling.decimal) if found.type().is_string() else found


def _later(
    start: Translated, minutes: ir.Value, column: Column, origin: str, spelling: Spelling
) -> Translated:
    # A decimal, because a float would let nan and inf through.
    seconds = (_number(minutes, spelling).try_cast("decimal(15, 3)") * 60).round().cast("int64")
    wrong = minutes.notnull() & seconds.isnull()
    doubt = Doubt(column.name, origin, text_of(minutes), wrong, "a number of minutes such as 74")
    return Translated(start.value + seconds.as_interval("s"), (*start.doubts, doubt), start.assumed)
