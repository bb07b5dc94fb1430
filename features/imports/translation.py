"""The rows of one part of a mapping: looked up, filtered, unpivoted, translated column by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from features.faults import Fault, nearest
from features.imports.cells import Doubt, text_of, translate
from features.imports.date_formats import advice_for
from features.imports.mapping import Condition, ImportMapping, Lookup, Part, Unpivot
from features.imports.number_formats import decimal_advice
from features.source_tables import SourceTable
from features.warehouse import IBIS_TYPES

EXAMPLES = 5


@dataclass(frozen=True)
class Draft:
    """A part on its way: the export's `rows`, the canonical rows made of them, and the doubts."""

    file: str
    rows: ir.Table
    canonical: ir.Table
    doubts: tuple[Doubt, ...]
    assumed: tuple[Doubt, ...] = ()


def draft(mapping: ImportMapping, part: Part, table: SourceTable, exports: Mapping[str, ir.Table]) -> Draft:
    """The canonical rows of one part, not yet computed. Columns that it does not fill are left out."""
    rows = prepared_rows(part, exports)
    cells, spelling = part.cells(), mapping.spelling(part.source)
    made = {c.name: translate(rows, c, cells[c.name], spelling) for c in table.columns if c.name in cells}
    canonical = rows.select(**{name: translated.value for name, translated in made.items()})
    doubts = tuple(doubt for translated in made.values() for doubt in translated.doubts)
    assumed = tuple(doubt for translated in made.values() for doubt in translated.assumed)
    return Draft(mapping.file_of(part.source), rows, canonical, doubts, assumed)


def prepared_rows(part: Part, exports: Mapping[str, ir.Table]) -> ir.Table:
    """The rows that a part translates: lookups first, then conditions, then the unpivot."""
    rows = exports[part.source]
    for look in part.lookup:
        rows = _looked_up(rows, exports[look.source], look)
    for condition in part.where:
        rows = rows.filter(_holds(rows, condition))
    return rows if part.unpivot is None else _unpivoted(rows, part.unpivot)


def _looked_up(rows: ir.Table, other: ir.Table, look: Lookup) -> ir.Table:
    """Joined as text, because a key may be a number in Parquet and a text in CSV."""
    right = other.select(look.by, *look.take).mutate(**{look.by: text_of(other[look.by])})
    return rows.mutate(**{look.by: text_of(rows[look.by])}).left_join(
        right, look.by, rname="{name}_looked_up"
    )


def _holds(rows: ir.Table, condition: Condition) -> ir.Value:
    cell = rows[condition.column]
    if condition.present is not None:
        return cell.notnull() if condition.present else cell.isnull()
    if condition.differs_from is not None:
        return ~text_of(cell).identical_to(text_of(rows[condition.differs_from]))
    wanted = condition.one_of if condition.one_of is not None else (condition.equals,)
    return text_of(cell).isin(wanted)


def _unpivoted(rows: ir.Table, unpivot: Unpivot) -> ir.Table:
    as_text = rows.mutate(**{name: text_of(rows[name]) for name in unpivot.columns})
    long = as_text.pivot_longer(list(unpivot.columns), names_to=unpivot.name, values_to=unpivot.value)
    return long.filter(long[unpivot.value].notnull())


def in_canonical_order(parts: list[ir.Table], table: SourceTable) -> ir.Table:
    """The parts of one table appended, in an order that the same rows always have.

    Rows are ordered by their key and then by every other column, so that rows which tie are equal.
    """
    filled = {name for part in parts for name in part.columns}
    columns = [c for c in table.columns if c.name in filled]
    missing = {c.name: ibis.null(IBIS_TYPES[c.kind]) for c in columns}
    alike = [part.mutate(**{n: v for n, v in missing.items() if n not in part.columns}) for part in parts]
    names = [c.name for c in columns]
    whole = ibis.union(*(part.select(names) for part in alike)) if len(alike) > 1 else alike[0].select(names)
    return whole.order_by([*table.key, *(name for name in names if name not in table.key)])


def translation_faults(drafted: Draft, table: str) -> Iterator[Fault]:
    """Every value that could not be translated, with the number of its rows."""
    if not drafted.doubts:
        return
    wrong = drafted.rows.select(**{str(i): doubt.wrong for i, doubt in enumerate(drafted.doubts)})
    counts = wrong.aggregate(**{name: wrong[name].sum() for name in wrong.columns})
    for name, count in counts.to_pyarrow().to_pylist()[0].items():
        if count:
            yield from _examples(drafted, drafted.doubts[int(name)], table)


def _examples(drafted: Draft, doubt: Doubt, table: str) -> Iterator[Fault]:
    values = drafted.rows.filter(doubt.wrong).select(raw=doubt.raw)
    counted = values.group_by("raw").aggregate(n=values.count()).order_by([ibis.desc("n"), "raw"])
    for row in counted.limit(EXAMPLES).to_pyarrow().to_pylist():
        where = f"{drafted.file}, column {doubt.origin} for {table}.{doubt.column} ({row['n']} rows)"
        yield Fault(where, row["raw"], doubt.allowed, _advice(row["raw"], doubt))


def _advice(value: str, doubt: Doubt) -> str:
    if not doubt.known:
        step = "correct it in the export, or list it under the source's empty if it means nothing"
        advice = advice_for([value]) if doubt.allowed.startswith("a time") else decimal_advice([value])
        return f"{advice}; or {step}" if advice else step
    return f"add it to the column's values, with what it means; {nearest(value, doubt.known)}"


def assumptions(drafted: Draft, table: str) -> Iterator[Fault]:
    """What the mapping reads where the export says nothing, or nothing it knows: how often, and what."""
    if not drafted.assumed:
        return
    taken = drafted.rows.select(**{str(i): each.wrong for i, each in enumerate(drafted.assumed)})
    counts = taken.aggregate(**{name: taken[name].sum() for name in taken.columns})
    for name, count in counts.to_pyarrow().to_pylist()[0].items():
        if count:
            each = drafted.assumed[int(name)]
            values = drafted.rows.filter(each.wrong).select(raw=each.raw).distinct().order_by("raw")
            found = values.limit(EXAMPLES).to_pyarrow().column(0).to_pylist()
            where = f"{drafted.file}, column {each.origin} for {table}.{each.column} ({count} rows)"
            yield Fault(where, found, each.allowed, "name what it means in the mapping, if this is wrong")


def lookup_faults(mapping: ImportMapping, part: Part, exports: Mapping[str, ir.Table]) -> Iterator[Fault]:
    """Keys that stand in more than one row of the source looked up: rows would multiply."""
    for look in part.lookup:
        other = exports[look.source]
        twice = other.group_by(look.by).aggregate(n=other.count()).filter(lambda t: t.n > 1)
        keys = twice.filter(twice[look.by].notnull()).order_by(look.by).limit(EXAMPLES)[look.by].to_pyarrow()
        if len(keys):
            where = f"{mapping.file_of(look.source)}, column {look.by}"
            yield Fault(
                where, keys.to_pylist(), "one row per value, for a lookup", "look up by a unique column"
            )


def unmatched(mapping: ImportMapping, part: Part, exports: Mapping[str, ir.Table]) -> Iterator[Fault]:
    """How many rows found nothing in a lookup: what they took from there is empty."""
    for look in part.lookup:
        key = text_of(exports[part.source][look.by])
        known = text_of(exports[look.source][look.by])
        lost = exports[part.source].select(key=key).anti_join(exports[look.source].select(key=known), "key")
        number = lost.count().to_pyarrow().as_py()
        if number:
            where = f"{mapping.file_of(part.source)}, column {look.by}"
            allowed = f"a value that {mapping.file_of(look.source)} has"
            yield Fault(
                where, f"{number} rows without a match", allowed, "check that both files are of one export"
            )
