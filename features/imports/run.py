"""`vitals import`: the files of an export become the canonical tables of a book."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq

from features.faults import DataFault, Fault, WrongUse
from features.imports.export_columns import double_columns, missing_columns, new_columns
from features.imports.export_files import file_faults, open_export, reading
from features.imports.import_report import ImportReport, TableImport
from features.imports.mapping import ImportMapping
from features.imports.mapping_checks import mapping_faults
from features.imports.mapping_file import read_mapping
from features.imports.translation import (
    Draft,
    draft,
    in_canonical_order,
    lookup_faults,
    translation_faults,
    unmatched,
)
from features.source_tables import SourceTable

Drafts = dict[str, list[Draft]]


def import_exports(
    mapping: Path | str, source: Path, out: Path, tables: Mapping[str, SourceTable]
) -> ImportReport:
    """Writes the canonical tables that `mapping` makes of the export in `source` to the book `out`.

    `mapping` is a file or the name of a shipped mapping; `tables` are the canonical tables it may
    fill. Each table becomes `out/<table>.parquet`, in an order fixed by its rows, so that the same
    export gives the same bytes. Tables that the mapping does not fill are left as they are: one
    book may come from several systems. Nothing is written where there is any fault.

    Raises WrongUse for faults of the mapping or of `out`, DataFault for faults of the export: files
    and columns that are missing, values that cannot be translated. Each with all of its kind.

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
    spec = read_mapping(mapping)
    if faults := [*mapping_faults(spec, tables), *_book_faults(spec, out)]:
        raise WrongUse(f"the mapping {mapping} cannot be used", faults)
    exports, notices = _opened(ibis.duckdb.connect(), spec, source)
    drafts = _drafts(spec, tables, exports)
    notices += [n for ps in spec.tables.values() for p in ps for n in unmatched(spec, p, exports)]
    sources = {name: {part.source for part in parts} for name, parts in spec.tables.items()}
    read = {name: sum(_rows(exports[source]) for source in sources[name]) for name in sources}
    written = _write(drafts, tables, out)
    files = {name: tuple(dict.fromkeys(d.file for d in drafts[name])) for name in drafts}
    done = tuple(TableImport(name, files[name], read[name], written[name]) for name in drafts)
    return ImportReport(str(mapping), str(out), done, tuple(notices))


def _book_faults(spec: ImportMapping, out: Path) -> list[Fault]:
    """A table may lie in the book once: as Parquet, which is written here, or as CSV."""
    beside = [out / f"{name}.csv" for name in spec.tables]
    allowed, advice = "one file per table in a book", "remove it, or import into another book"
    return [Fault("--out", str(path), allowed, advice) for path in beside if path.exists()]


def _opened(connection: Any, spec: ImportMapping, folder: Path) -> tuple[dict[str, ir.Table], list[Fault]]:
    """The sources as tables, with notices of new columns; DataFault for missing files and columns."""
    if faults := [fault for source in spec.sources.values() for fault in file_faults(source, folder)]:
        raise DataFault(f"the export in {folder} is not complete", faults)
    exports = {name: open_export(connection, source, folder) for name, source in spec.sources.items()}
    columns = {name: table.columns for name, table in exports.items()}
    faults = [fault for name in exports for fault in missing_columns(spec, name, columns[name])]
    faults += [
        fault for parts in spec.tables.values() for part in parts for fault in double_columns(part, columns)
    ]
    if faults:
        raise DataFault(f"the export in {folder} does not have the columns of the mapping", faults)
    return exports, [notice for name in exports for notice in new_columns(spec, name, columns[name])]


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


def _write(drafts: Mapping[str, list[Draft]], tables: Mapping[str, SourceTable], out: Path) -> dict[str, int]:
    """Rows written per table. Files get their names at the end: a book is never half an import."""
    out.mkdir(parents=True, exist_ok=True)
    drawn = {name: out / f"{name}.parquet.part" for name in drafts}
    try:
        for name, path in drawn.items():
            ordered = in_canonical_order([drafted.canonical for drafted in drafts[name]], tables[name])
            with reading(Path(drafts[name][0].file)):
                ordered.to_parquet(path, compression="zstd")
        return {
            name: pq.read_metadata(path.rename(path.with_suffix(""))).num_rows for name, path in drawn.items()
        }
    finally:
        for path in drawn.values():
            path.unlink(missing_ok=True)


def _rows(table: ir.Table) -> int:
    return int(table.count().to_pyarrow().as_py())
