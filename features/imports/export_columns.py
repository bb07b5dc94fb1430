"""Do the columns of an export fit its mapping? Missing ones are faults, new ones are told."""

from __future__ import annotations

from collections.abc import Mapping

from features.faults import Fault, nearest
from features.imports.mapping import ImportMapping, Part


def columns_read(mapping: ImportMapping, source: str) -> set[str]:
    """The columns of a source that the mapping uses."""
    used: set[str] = set()
    for part in (part for parts in mapping.tables.values() for part in parts):
        looked_up = {name for look in part.lookup for name in look.take}
        for look in part.lookup:
            used |= {look.by, *look.take} if look.source == source else set()
        if part.source == source:
            used |= _own_columns(part) - looked_up | {look.by for look in part.lookup}
    return used


def _own_columns(part: Part) -> set[str]:
    """What a part reads from its own source or a lookup, the columns that it makes itself left out."""
    read = {name for cell in part.columns.values() for name in cell.columns_read()}
    if part.unpivot is not None:
        read = read - {part.unpivot.name, part.unpivot.value} | set(part.unpivot.columns)
    compared = {condition.differs_from for condition in part.where if condition.differs_from}
    return read | compared | {condition.column for condition in part.where}


def missing_columns(mapping: ImportMapping, source: str, present: tuple[str, ...]) -> list[Fault]:
    """The columns that the mapping uses and the file does not have, with the nearest it has."""
    file = mapping.sources[source].file
    missing = sorted(columns_read(mapping, source) - set(present))
    return [
        Fault(f"{file}, column {name}", None, "the mapping uses it", nearest(name, present))
        for name in missing
    ]


def double_columns(part: Part, present: Mapping[str, tuple[str, ...]]) -> list[Fault]:
    """The columns that a part adds under a name that its file, or an earlier step, has already."""
    unpivoted = () if part.unpivot is None else (part.unpivot.name, part.unpivot.value)
    added = [*(name for look in part.lookup for name in look.take), *unpivoted]
    taken = [name for i, name in enumerate(added) if name in (*present[part.source], *added[:i])]
    where, allowed = f"{part.source}, added column", "a name that is still free"
    return [Fault(where, name, allowed, f"rename {name} in one of the files") for name in taken]


def new_columns(mapping: ImportMapping, source: str, present: tuple[str, ...]) -> list[Fault]:
    """The columns of the file that the mapping neither uses nor ignores: told, not refused."""
    used, spec = columns_read(mapping, source), mapping.sources[source]
    new = [name for name in present if name not in used and name not in spec.ignore]
    allowed = f"a column that the mapping uses, or sources.{source}.ignore"
    known = [*used, *spec.ignore]
    return [Fault(f"{spec.file}, new column", name, allowed, nearest(name, known)) for name in new]
