"""Sources that are tables of a warehouse: copied by an import, or, of use, read where they are.

A part of `usage` that is `in_place` is not imported: the book gets `usage.place.yaml`, which says where the
rows are, and every run reads them there, rolled up. All other tables are copied: they are small, and a book
must be able to say what was known on a past day.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
from ibis.util import gen_name

from features.faults import DataFault, Fault
from features.imports.mapping import Cell, ImportMapping, Part, Source
from features.places import place_table, variable_fault
from features.source_files import PLACE_FILE, check_header
from features.source_tables import USAGE
from features.usage_in_place import UsePlace, place_faults

COPIED = 50_000  # rows that are fetched at a time


def open_warehouse(connection: Any, source: Source) -> ir.Table:
    """A copy of the table on `connection`, with its types; columns of lists or bytes are left out."""
    with place_table(str(source.warehouse), str(source.table)) as there:
        check_header(str(source.table), there.columns)  # PostgreSQL tells capitals apart, the copy does not
        nested = [name for name, kind in there.schema().items() if kind.is_nested() or kind.is_binary()]
        batches = there.drop(*nested).to_pyarrow_batches(chunk_size=COPIED)
        rows: ir.Table = connection.create_table(gen_name("copied"), batches.read_all(), temp=True)
    return rows


def place_of(spec: ImportMapping) -> UsePlace | None:
    """Where the mapping says that use is to be read in place; None where it says none."""
    for part in spec.tables.get(USAGE.name, ()):
        if part.in_place:
            source = spec.sources[part.source]
            columns = {
                name: cell.column if cell.column is not None else {"constant": cell.constant}
                for name, cell in part.columns.items()
            }
            where = [each.model_dump(exclude_none=True, mode="json") for each in part.where]
            zone = source.time_zone or spec.time_zone
            return UsePlace(str(source.warehouse), str(source.table), columns, zone, where)
    return None


def without_place(spec: ImportMapping) -> ImportMapping:
    """The mapping without its use in place, and without the source that only that reads."""
    tables = {
        name: kept
        for name, parts in spec.tables.items()
        if (kept := tuple(part for part in parts if not part.in_place))
    }
    placed = {part.source for parts in spec.tables.values() for part in parts if part.in_place}
    read = {part.source for parts in tables.values() for part in parts}
    read |= {look.source for parts in tables.values() for part in parts for look in part.lookup}
    sources = {name: each for name, each in spec.sources.items() if name not in placed - read}
    return spec.model_copy(update={"tables": tables, "sources": sources})


def check_place(place: UsePlace) -> None:
    """Raises DataFault where the table does not have what the mapping reads of it."""
    with place_table(place.warehouse, place.table) as table:
        faults = place_faults(place, table)
    if faults:
        raise DataFault("use in place does not fit the mapping", faults)


def write_place(place: UsePlace, book: Path) -> None:
    """The book's file that says where its use is, whole or not at all."""
    part = book / f".{PLACE_FILE}"
    part.write_text(place.as_yaml(), encoding="utf-8")
    part.rename(book / PLACE_FILE)


def conflicts(placed: bool, filled: bool, out: Path) -> list[Fault]:
    """Use stands in the book or in a warehouse, and not in both."""
    step = "remove it, or import into another book"
    faults = []
    if placed and (out / f"{USAGE.name}.parquet").exists():
        faults.append(Fault("--out", f"{USAGE.name}.parquet", "a book without use of its own", step))
    if filled and (out / PLACE_FILE).exists():
        faults.append(Fault("--out", PLACE_FILE, "a book whose use is not elsewhere", step))
    return faults


def warehouse_faults(spec: ImportMapping) -> Iterator[Fault]:
    """What of a mapping's warehouses and its use in place cannot be."""
    for name, source in spec.sources.items():
        if source.warehouse is not None:
            wrong = variable_fault(f"sources.{name}.warehouse", source.warehouse)
            yield from [wrong] if wrong else []
    for table, parts in spec.tables.items():
        for number, part in enumerate(parts):
            if part.in_place:
                yield from _in_place_faults(f"tables.{table}.{number}", table, parts, part, spec)


def _in_place_faults(
    where: str, table: str, parts: tuple[Part, ...], part: Part, spec: ImportMapping
) -> Iterator[Fault]:
    source = spec.sources.get(part.source)
    if table != USAGE.name or len(parts) > 1:
        step = "leave in_place out: the table is copied"
        yield Fault(f"{where}.in_place", table, "usage, in one part", step)
    if source is None or source.warehouse is None:
        step = "name a source that has warehouse and table"
        yield Fault(f"{where}.source", part.source, "a table of a warehouse", step)
    if part.lookup or part.unpivot is not None:
        step = "make a view in the warehouse, and name that"
        yield Fault(where, "lookup or unpivot", "columns and where, in place", step)
    for condition in part.where:
        if condition.differs_from is not None:
            step = "make a view in the warehouse, and name that"
            yield Fault(f"{where}.where", condition.column, "equals, one_of or present, in place", step)
    for name, cell in part.columns.items():
        plain = Cell(column=cell.column) if cell.column is not None else Cell(constant=cell.constant or "")
        if cell.text is not None or cell != plain:
            step = "make a view in the warehouse that says it so, and name that"
            yield Fault(f"{where}.columns.{name}", "translated", "a column or a constant, in place", step)
