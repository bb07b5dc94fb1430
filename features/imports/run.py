"""`vitals import`: the files of an export become the canonical tables of a book."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq

from features.faults import DataFault, Fault, WrongUse
from features.imports.empty_accounts import empty_accounts
from features.imports.export_files import reading
from features.imports.import_report import ImportReport, TableImport
from features.imports.mapping import ImportMapping
from features.imports.mapping_checks import mapping_faults
from features.imports.mapping_file import read_mapping
from features.imports.opened_sources import Opened, opened
from features.imports.translation import (
    Draft,
    assumptions,
    draft,
    in_canonical_order,
    lookup_faults,
    translation_faults,
    unmatched,
)
from features.imports.warehouse_sources import check_place, conflicts, place_of, without_place, write_place
from features.source_files import PLACE_FILE
from features.source_tables import SourceTable
from features.usage_in_place import UsePlace

Drafts = dict[str, list[Draft]]


def import_exports(
    mapping: Path | str | ImportMapping,
    source: Path,
    out: Path,
    tables: Mapping[str, SourceTable],
    name: str | None = None,
    increment: bool = False,
) -> ImportReport:
    """Writes the canonical tables that `mapping` makes of the export in `source` to the book `out`.

    `mapping` is a file, the name of a shipped mapping, or one that was read (`name` is what the report
    calls it); `tables` are the canonical tables it may
    fill. Each table becomes `out/<table>.parquet`, in an order fixed by its rows, so that the same
    export gives the same bytes. Tables that the mapping does not fill are left as they are: one
    book may come from several systems. Nothing is written where there is any fault.

    Raises WrongUse for faults of the mapping or of `out`, DataFault for faults of the export: files
    and columns that are missing, values that cannot be translated, and an export with accounts of which none
    is left (an `increment` may tell of none). Each with all of its kind.

    >>> import tempfile
    >>> from features.source_tables import SOURCE_TABLES
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "firms.csv").write_text("id,name,since\\n7,,2026-10-31\\n")
    >>> _ = (folder / "crm.yaml").write_text('''
    ... about: A CRM with one file
    ... time_zone: Asia/Shanghai
    ... sources: {firms: {file: firms.csv}}
    ... tables:
    ...   accounts:
    ...     - {source: firms, columns: {account_id: "id", name: name, created_at: since}}
    ... ''')
    >>> report = import_exports(folder / "crm.yaml", folder, folder / "book", SOURCE_TABLES)
    >>> import pandas as pd
    >>> pd.read_parquet(folder / "book" / "accounts.parquet").astype(str).values.tolist()
    [['7', nan, '2026-10-30 16:00:00+00:00']]
    """
    spec = mapping if isinstance(mapping, ImportMapping) else read_mapping(mapping)
    mapping = name or str(mapping)
    if faults := [*mapping_faults(spec, tables), *book_faults(spec.tables, out), *placed_faults([spec], out)]:
        raise WrongUse(f"the mapping {mapping} cannot be used", faults)
    place = place_of(spec)
    if place is not None:
        check_place(place)
        spec = without_place(spec)
        if not spec.tables:
            return _only_placed(place, mapping, out)
    told = translated(ibis.duckdb.connect(), spec, source, tables)
    if not told.drafts:
        raise DataFault(f"nothing in {source} is what the mapping reads", [_nothing_there(spec, source)])
    if not increment and (faults := told.without_accounts()):
        raise DataFault(f"no account of {source} would be in the book", faults)
    parts = {name: [drafted.canonical for drafted in drafts] for name, drafts in told.drafts.items()}
    # A file without rows says that nothing happened; a history of which nothing can be told says nothing.
    empty = {n for n, ps in told.opened.spec.tables.items() if any(p.source in spec.sources for p in ps)}
    written = write_tables(parts, tables, out, empty)
    done = tuple(TableImport(name, told.files(name), told.read[name], written[name]) for name in parts)
    remarks = tuple(told.opened.remarks)
    said = (*spec.remarks, *([placed(place, out)] if place is not None else []))
    return ImportReport(mapping, str(out), done, tuple(told.notices), remarks, said)


def placed(place: UsePlace, out: Path) -> str:
    """Writes where the use of the book is, and says so."""
    out.mkdir(parents=True, exist_ok=True)
    write_place(place, out)
    return f"usage is read in place, from {place.table} of {place.warehouse}: {PLACE_FILE} says so"


def _only_placed(place: UsePlace, mapping: str, out: Path) -> ImportReport:
    return ImportReport(mapping, str(out), (), statements=(placed(place, out),))


@dataclass(frozen=True)
class Told:
    """What one system tells, translated and not yet written: its drafts by canonical table, the notices,
    and the number of rows read per table. `opened` are its sources as they are in the export."""

    drafts: Drafts
    notices: list[Fault]
    read: dict[str, int]
    opened: Opened

    def files(self, table: str) -> tuple[str, ...]:
        """The files that a table came from."""
        return tuple(dict.fromkeys(drafted.file for drafted in self.drafts[table]))

    def without_accounts(self) -> list[Fault]:
        """The fault of a system that tells accounts, of which none is left."""
        return empty_accounts(
            self.opened, sum(_rows(each.canonical) for each in self.drafts.get("accounts", ()))
        )


def translated(connection: Any, spec: ImportMapping, source: Path, tables: Mapping[str, SourceTable]) -> Told:
    """The export in `source` as canonical tables; DataFault with all that cannot be translated."""
    there = opened(connection, spec, source)
    spec, exports = there.spec, there.exports
    drafts = _drafts(spec, tables, exports)
    notices = there.notices
    notices += [n for ps in spec.tables.values() for p in ps for n in unmatched(spec, p, exports)]
    notices += [n for name in drafts for drafted in drafts[name] for n in assumptions(drafted, name)]
    sources = {name: {part.source for part in parts} for name, parts in spec.tables.items()}
    read = {name: sum(_rows(exports[source]) for source in sources[name]) for name in sources}
    return Told(drafts, notices, read, there)


def _nothing_there(spec: ImportMapping, source: Path) -> Fault:
    files = ", ".join(each.files[0] for each in spec.sources.values())
    return Fault("--from", str(source), f"one of {files}", "name the folder of this system's export")


def book_faults(names: Iterable[str], out: Path) -> list[Fault]:
    """A table may lie in the book once: as Parquet, which is written here, or as CSV."""
    beside = [out / f"{name}.csv" for name in names]
    allowed, advice = "one file per table in a book", "remove it, or import into another book"
    return [Fault("--out", str(path), allowed, advice) for path in beside if path.exists()]


def placed_faults(specs: Iterable[ImportMapping], out: Path) -> list[Fault]:
    """Use that would stand both in the book and in a warehouse."""
    parts = [part for spec in specs for part in spec.tables.get("usage", ())]
    return conflicts(any(p.in_place for p in parts), any(not p.in_place for p in parts), out)


def _drafts(
    spec: ImportMapping, tables: Mapping[str, SourceTable], exports: Mapping[str, ir.Table]
) -> dict[str, list[Draft]]:
    """All parts, translated and not yet written; DataFault for all that cannot be translated."""
    drafts: dict[str, list[Draft]] = {}
    faults: list[Fault] = []
    for name, parts in spec.tables.items():
        drafts[name] = [draft(spec, part, tables[name], exports) for part in parts]
        faults += [fault for part in parts for fault in lookup_faults(spec, part, exports)]
        for drafted in drafts[name]:
            with reading(Path(drafted.file)):
                faults += translation_faults(drafted, name)
    if faults:
        raise DataFault("the export holds values that the mapping cannot translate", faults)
    return drafts


def write_tables(
    parts: Mapping[str, list[ir.Table]],
    tables: Mapping[str, SourceTable],
    out: Path,
    empty: Collection[str] = (),
) -> dict[str, int]:
    """Rows written per table. Files get their names at the end: a book is never half an import.

    A table without rows is written only where `empty` names it. A book that has such a table says that
    nothing happened, and one that lacks it that nothing is known.
    """
    out.mkdir(parents=True, exist_ok=True)
    drawn = {name: out / f"{name}.parquet.part" for name in parts}
    try:
        for name, path in drawn.items():
            with reading(path.with_suffix("")):
                in_canonical_order(parts[name], tables[name]).to_parquet(path, compression="zstd")
        return {name: _named(path, name in empty) for name, path in drawn.items()}
    finally:
        for path in drawn.values():
            path.unlink(missing_ok=True)


def _named(path: Path, also_empty: bool) -> int:
    """Gives a table its name, or takes away the one of that name, and returns its rows."""
    rows = int(pq.read_metadata(path).num_rows)
    if rows or also_empty:
        path.rename(path.with_suffix(""))
    else:
        path.with_suffix("").unlink(missing_ok=True)
    return rows


def _rows(table: ir.Table) -> int:
    return int(table.count().to_pyarrow().as_py())
