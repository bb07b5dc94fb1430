"""Do the columns of an export fit its mapping? Missing ones are faults, new ones are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from features.faults import Fault, nearest
from features.imports.derivations.by_name import DERIVATIONS
from features.imports.derivations.declared import Wants
from features.imports.mapping import ImportMapping, Part


def columns_read(mapping: ImportMapping, source: str) -> set[str]:
    """The columns of a source that the mapping uses."""
    used: set[str | None] = set()
    for part in (part for parts in mapping.tables.values() for part in parts):
        looked_up = {name for look in part.lookup for name in look.take}
        for look in part.lookup:
            used |= {look.by, *look.take} if look.source == source else set()
        if part.source == source:
            used |= _own_columns(part) - looked_up | {look.by for look in part.lookup}
    used |= {name for wants in wanted_of(mapping, source) for name in wants.kinds()}
    for identity in (each for each in mapping.identities if each.source == source):
        used |= {identity.key, identity.external_id, identity.domain} - {None}
    used |= {name for each in mapping.people if each.source == source for name in (each.key, each.email)}
    return {name for name in used if name is not None}


def may_lack(mapping: ImportMapping, source: str) -> set[str]:
    """The columns that the file of a source need not have: it is read as if they were empty."""
    spare = set(mapping.sources[source].may_lack)
    wanted = list(wanted_of(mapping, source))
    spare |= {name for wants in wanted for name in wants.kinds()}
    return spare - {name for wants in wanted for name in wants.needs}


def wanted_of(mapping: ImportMapping, source: str) -> Iterator[Wants]:
    """What the derivations want of a source."""
    for derived in mapping.derived.values():
        wants = DERIVATIONS[derived.derive].wants
        yield from (wants[place] for place, name in derived.inputs.items() if name == source)


def _own_columns(part: Part) -> set[str]:
    """What a part reads from its own source or a lookup, the columns that it makes itself left out."""
    read = {name for cell in part.columns.values() for name in cell.columns_read()}
    if part.unpivot is not None:
        read = read - {part.unpivot.name, part.unpivot.value} | set(part.unpivot.columns)
    compared = {condition.differs_from for condition in part.where if condition.differs_from}
    return read | compared | {condition.column for condition in part.where}


def missing_columns(mapping: ImportMapping, source: str, present: tuple[str, ...]) -> list[Fault]:
    """The columns that the mapping uses and the file does not have, with the nearest it has."""
    file = mapping.file_of(source)
    missing = sorted(columns_read(mapping, source) - set(present) - may_lack(mapping, source))
    return [
        Fault(f"{file}, column {name}", None, "the mapping uses it", nearest(name, present))
        for name in missing
    ]


def double_columns(part: Part, present: Mapping[str, tuple[str, ...]]) -> list[Fault]:
    """The columns that a part adds under a name that its file, or an earlier step, has already.

    Capitals do not count: DuckDB reads `Owner` where `owner` is asked for, whichever comes first.
    """
    unpivoted = () if part.unpivot is None else (part.unpivot.name, part.unpivot.value)
    added = [*(name for look in part.lookup for name in look.take), *unpivoted]
    there = [name.casefold() for name in (*present[part.source], *added)]
    own = len(present[part.source])
    taken = [name for i, name in enumerate(added) if name.casefold() in there[: own + i]]
    where, allowed = f"{part.source}, added column", "a name that is still free"
    return [Fault(where, name, allowed, f"rename {name} in one of the files") for name in taken]


def new_columns(mapping: ImportMapping, source: str, present: tuple[str, ...]) -> list[Fault]:
    """The columns of the file that the mapping neither uses nor ignores: told, not refused."""
    used, spec = columns_read(mapping, source), mapping.sources[source]
    new = [name for name in present if name not in used and name not in spec.ignore]
    allowed = f"a column that the mapping uses, or sources.{source}.ignore"
    known = [*used, *spec.ignore]
    return [
        Fault(f"{mapping.file_of(source)}, new column", name, allowed, nearest(name, known)) for name in new
    ]
