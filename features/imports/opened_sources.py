"""The sources of a mapping, opened: files as tables, derivations made of them, and what is to be said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.faults import DataFault, Fault, VitalsFault
from features.imports.cells import as_kind, readable, text_of
from features.imports.date_formats import Spelling, advice_for
from features.imports.derivations.by_name import DERIVATIONS
from features.imports.derivations.declared import REMARKS, Wants
from features.imports.export_columns import (
    columns_read,
    double_columns,
    may_lack,
    missing_columns,
    new_columns,
    wanted_of,
)
from features.imports.export_files import file_faults, found_file, open_export, reading
from features.imports.import_report import Remark
from features.imports.mapping import ImportMapping
from features.imports.number_formats import decimal_advice
from features.warehouse import IBIS_TYPES

EXAMPLES = 5


@dataclass(frozen=True)
class Opened:
    """The mapping with the files that are there, every source as a table, and the notices so far."""

    spec: ImportMapping
    exports: dict[str, ir.Table]
    notices: list[Fault]
    remarks: list[Remark]


def opened(connection: Any, spec: ImportMapping, folder: Path) -> Opened:
    """Opens every source of `spec` in `folder`.

    Optional sources without a file have no rows; what only they would fill is left out of the mapping.
    Raises DataFault with all files that are missing or cannot be read, all columns that are missing, and
    all values that a derivation cannot read, each with all of its kind.
    """
    if faults := [fault for source in spec.sources.values() for fault in file_faults(source, folder)]:
        raise DataFault(f"the export in {folder} is not complete", faults)
    there = {name: found_file(source, folder) for name, source in spec.sources.items()}
    spec, absent = with_found_files(spec, there)
    exports = _read(connection, spec, folder, absent)
    columns = {name: table.columns for name, table in exports.items()}
    files = [name for name in spec.sources if name not in absent]
    faults = [fault for name in files for fault in missing_columns(spec, name, columns[name])]
    faults += [
        fault
        for parts in spec.tables.values()
        for part in parts
        if part.source in columns
        for fault in double_columns(part, columns)
    ]
    if faults:
        raise DataFault(f"the export in {folder} does not have the columns of the mapping", faults)
    notices = [notice for name in files for notice in new_columns(spec, name, columns[name])]
    exports = {name: _widened(spec, name, table) for name, table in exports.items()}
    derived, said = _derived(spec, exports)
    return Opened(spec, {**exports, **derived}, notices, said)


def with_found_files(spec: ImportMapping, there: dict[str, str | None]) -> tuple[ImportMapping, set[str]]:
    """`spec` with the file names that are there, without the parts that nothing would fill."""
    absent = {name for name, file in there.items() if file is None}
    sources = {
        name: source
        if source.file is None
        else source.model_copy(update={"file": there[name] or source.files[0]})
        for name, source in spec.sources.items()
    }
    derived = {n: d for n, d in spec.derived.items() if next(iter(d.inputs.values())) not in absent}
    gone = absent | (spec.derived.keys() - derived.keys())
    tables = {
        name: kept
        for name, parts in spec.tables.items()
        if (kept := tuple(part for part in parts if part.source not in gone))
    }
    update = {"sources": sources, "derived": derived, "tables": tables}
    update |= {
        "identities": tuple(each for each in spec.identities if each.source not in gone),
        "people": tuple(each for each in spec.people if each.source not in gone),
    }
    return spec.model_copy(update=update), absent


def _read(connection: Any, spec: ImportMapping, folder: Path, absent: set[str]) -> dict[str, ir.Table]:
    exports: dict[str, ir.Table] = {}
    faults: list[Fault] = []
    for name, source in spec.sources.items():
        if name in absent:
            exports[name] = _nothing(connection, sorted(columns_read(spec, name)) or ["nothing"])
            continue
        try:
            exports[name] = open_export(connection, source, folder)
        except VitalsFault as fault:
            faults += fault.faults
    if faults:
        raise DataFault(f"files of the export in {folder} cannot be read", faults)
    return exports


def _nothing(connection: Any, columns: list[str]) -> ir.Table:
    empty = pd.DataFrame({name: pd.Series(dtype="str") for name in columns})
    return ibis.memtable(empty, schema=dict.fromkeys(columns, "string"))


def _widened(spec: ImportMapping, name: str, table: ir.Table) -> ir.Table:
    """The table with the columns it may lack and does: empty on every row."""
    lacking = sorted((columns_read(spec, name) & may_lack(spec, name)) - set(table.columns))
    return table.mutate(**{column: ibis.null("string") for column in lacking})


def _derived(spec: ImportMapping, exports: dict[str, ir.Table]) -> tuple[dict[str, ir.Table], list[Remark]]:
    faults = [fault for name in spec.sources for fault in _unreadable_cells(spec, name, exports[name])]
    if faults:
        raise DataFault("the export holds values that cannot be read", faults)
    made: dict[str, ir.Table] = {}
    remarks: list[Remark] = []
    for name, derived in spec.derived.items():
        derivation = DERIVATIONS[derived.derive]
        inputs = {
            place: typed(exports[derived.inputs[place]], wants, spec.spelling(derived.inputs[place]))
            if place in derived.inputs
            else typed_nothing(wants)
            for place, wants in derivation.wants.items()
        }
        with reading(Path(spec.file_of(name))):
            whole = derivation.make(inputs).cache()
        remarks += _said(spec.file_of(name), whole)
        made[name] = whole.filter(whole.left_out.isnull()).drop(*REMARKS)
    return made, remarks


def typed(table: ir.Table, wants: Wants, spelling: Spelling) -> ir.Table:
    """The wanted columns, each of its kind; what cannot be read is null (and was a fault before)."""
    return table.select(
        **{
            name: text_of(table[name]) if kind == "text" else as_kind(table[name], kind, spelling)
            for name, kind in wants.kinds().items()
        }
    )


def typed_nothing(wants: Wants) -> ir.Table:
    """An input that the mapping does not name: the wanted columns, and no rows."""
    kinds = wants.kinds()
    empty = pd.DataFrame({name: pd.Series(dtype="object") for name in kinds})
    return ibis.memtable(empty, schema={name: IBIS_TYPES[kind] for name, kind in kinds.items()})


def _unreadable_cells(spec: ImportMapping, source: str, table: ir.Table) -> Iterator[Fault]:
    """Cells that a derivation reads as a time, a number or a flag, and that are none; worst first."""
    kinds = {
        name: kind
        for wants in wanted_of(spec, source)
        for name, kind in wants.kinds().items()
        if kind != "text"
    }
    spelling = spec.spelling(source)
    wrong = {
        name: table[name].notnull() & as_kind(table[name], kind, spelling).isnull()
        for name, kind in kinds.items()
    }
    if not wrong:
        return
    with reading(Path(spec.file_of(source))):
        counted = table.aggregate(**{name: flags.sum() for name, flags in wrong.items()})
        counts = counted.to_pyarrow().to_pylist()[0]
    for name, count in counts.items():
        if count:
            values = table.filter(wrong[name]).select(raw=text_of(table[name])).distinct().order_by("raw")
            found = values.limit(EXAMPLES).to_pyarrow().column(0).to_pylist()
            where = f"{spec.file_of(source)}, column {name} ({count} rows)"
            step = "correct it in the export, or list it under the source's empty if it means nothing"
            advice = advice_for(found) if kinds[name] == "time" else decimal_advice(found)
            step = f"{advice}; or {step}" if advice else step
            yield Fault(where, found, readable(kinds[name], spelling), step)


def _said(file: str, whole: ir.Table) -> Iterator[Remark]:
    """What was left out, and what must be known of the rest: how many rows, and the first keys."""
    kept = whole.left_out.isnull()
    for rows, column, left_out in (
        (whole.filter(~kept), "left_out", True),
        (whole.filter(kept), "told", False),
    ):
        rows = rows.filter(rows[column].notnull())
        grouped = rows.group_by(reason=rows[column]).aggregate(
            n=rows.count(), keys=rows.row_key.collect(distinct=True)
        )
        for row in grouped.order_by("reason").to_pyarrow().to_pylist():
            keys = sorted(key for key in row["keys"] or [] if key is not None)
            yield Remark(file, row["reason"], row["n"], tuple(keys[:EXAMPLES]), left_out)
