"""Does a mapping fit the canonical tables?"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from pathlib import PurePath

import duckdb

from features.faults import Fault, nearest
from features.imports.date_formats import format_fault
from features.imports.derivations.by_name import DERIVATIONS
from features.imports.mapping import Cell, ImportMapping, Part
from features.imports.warehouse_sources import warehouse_faults
from features.source_tables import Column, SourceTable


def mapping_faults(mapping: ImportMapping, tables: Mapping[str, SourceTable]) -> list[Fault]:
    """All that the mapping names and that does not exist, or that a canonical column cannot hold."""
    faults = [*_zone_faults(mapping), *_file_faults(mapping), *_derived_faults(mapping)]
    faults += warehouse_faults(mapping)
    for name, parts in mapping.tables.items():
        if name not in tables:
            faults.append(Fault(f"tables.{name}", name, "a canonical table", nearest(name, tables)))
            continue
        for number, part in enumerate(parts):
            where = f"tables.{name}.{number}"
            faults += [*_source_faults(where, part, mapping), *_column_faults(where, part, tables[name])]
    return faults


def _zone_faults(mapping: ImportMapping) -> Iterator[Fault]:
    # DuckDB does the conversion, so its list decides, and not the one of the operating system.
    known = {row[0] for row in duckdb.execute("SELECT name FROM pg_timezone_names()").fetchall()}
    named = {"time_zone": mapping.time_zone}
    named |= {f"sources.{n}.time_zone": s.time_zone for n, s in mapping.sources.items() if s.time_zone}
    for where, zone in named.items():
        if zone not in known:
            near = nearest(zone, known)
            step = near if near.startswith("did you mean") else "write it as Area/City"
            yield Fault(where, zone, "a time zone such as UTC or Asia/Shanghai", step)


def _file_faults(mapping: ImportMapping) -> Iterator[Fault]:
    # A mapping may come from somebody else: it reads the export it is given, and no other folder.
    files = {name: source.files for name, source in mapping.sources.items() if source.file is not None}
    for name, file in ((name, file) for name, names in files.items() for file in names):
        if PurePath(file).is_absolute() or ".." in PurePath(file).parts:
            step = "name it from the export's folder on"
            yield Fault(f"sources.{name}.file", file, "a file inside the export", step)
    for name, source in mapping.sources.items():
        if source.encoding is not None and not _is_encoding(source.encoding):
            yield Fault(
                f"sources.{name}.encoding", source.encoding, "an encoding such as gb18030", "name one"
            )
        if source.date_format is not None:
            yield from _format_faults(f"sources.{name}.date_format", source.date_format)


def _format_faults(where: str, written: str) -> Iterator[Fault]:
    if (wrong := format_fault(written)) is not None:
        choices = written.split(" or ")
        drafted = len(choices) > 1 and not any(map(format_fault, choices))
        step = "both fit what the file holds: keep the one that is right" if drafted else wrong
        yield Fault(where, written, "a format of dates such as DD.MM.YYYY, or ISO", step)


def _is_encoding(name: str) -> bool:
    try:
        return bool(codecs.lookup(name)._is_text_encoding)
    except (LookupError, ValueError):
        return False


def _derived_faults(mapping: ImportMapping) -> Iterator[Fault]:
    for name, derived in mapping.derived.items():
        where = f"derived.{name}"
        if name in mapping.sources:
            yield Fault(where, name, "a name that no source has", "name it otherwise")
        if derived.derive not in DERIVATIONS:
            near = nearest(derived.derive, DERIVATIONS)
            yield Fault(f"{where}.derive", derived.derive, "a derivation that exists", near)
            continue
        wants = DERIVATIONS[derived.derive].wants
        for place, source in derived.inputs.items():
            if place not in wants:
                yield Fault(f"{where}.from", place, "an input of the derivation", nearest(place, wants))
            if source not in mapping.sources:
                near = nearest(source, mapping.sources)
                yield Fault(f"{where}.from.{place}", source, "a name under sources", near)
    named = {f"identities.{number}.source": each.source for number, each in enumerate(mapping.identities)}
    named |= {f"people.{number}.source": each.source for number, each in enumerate(mapping.people)}
    known = {*mapping.sources, *mapping.derived}
    for place, source in named.items():
        if source not in known:
            yield Fault(place, source, "a name under sources or derived", nearest(source, known))


def _source_faults(where: str, part: Part, mapping: ImportMapping) -> Iterator[Fault]:
    named = {f"{where}.source": part.source}
    named |= {f"{where}.lookup.{i}.source": look.source for i, look in enumerate(part.lookup)}
    known = {*mapping.sources, *mapping.derived}
    for place, source in named.items():
        if source not in known:
            yield Fault(place, source, "a name under sources or derived", nearest(source, known))


def _column_faults(where: str, part: Part, table: SourceTable) -> Iterator[Fault]:
    for name, cell in part.cells().items():
        place = f"{where}.columns.{name}"
        if name in table.column_names:
            yield from _cell_faults(place, cell, table.column(name))
        else:
            yield Fault(place, name, f"a column of {table.name}", nearest(name, table.column_names))
    for name in (column.name for column in table.columns if column.required):
        if name not in part.cells():
            yield Fault(f"{where}.columns", None, f"{name}: {table.name} requires it", f"map {name}")


def _cell_faults(place: str, cell: Cell, column: Column) -> Iterator[Fault]:
    """What a cell would do that its canonical column cannot take."""
    for key, kind in (
        ("plus_minutes", "time"),
        ("date_format", "time"),
        ("scale", "number"),
        ("decimal", "number"),
    ):
        value = getattr(cell, key)
        if value is not None and column.kind != kind:
            step = f"{column.name} is a {column.kind}: leave it out"
            yield Fault(f"{place}.{key}", value, f"only on a {kind}", step)
    if cell.date_format is not None:
        yield from _format_faults(f"{place}.date_format", cell.date_format)
    written = [cell.constant, cell.otherwise, cell.if_empty, *(cell.values or {}).values()]
    for value in written if column.allowed else ():
        if value is not None and value not in column.allowed:
            allowed = "one of " + ", ".join(column.allowed)
            yield Fault(place, value, allowed, nearest(value, column.allowed))
