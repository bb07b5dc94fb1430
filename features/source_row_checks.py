"""Checks the rows of one table in one pass, and sets the faulty ones apart.

Every cell becomes a typed value, and every check that fails sets its bit in a mask. Rows with a bit
set are kept as they came, apart from the accepted ones, so that accepted + rejected = read, always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir

from features.check_examples import MASK, row_faults
from features.check_report import TableReport
from features.faults import DataFault
from features.increments import PART_COLUMNS
from features.row_versions import Versions, versions_of
from features.source_file_faults import unreadable
from features.source_files import ANCHOR, RawTable
from features.source_rules import row_rules
from features.source_values import Check, open_ended, read_cell
from features.usage_rollup import KeptUse

CAME = "__came"  # a faulty row as it came, a list of texts


@dataclass(frozen=True)
class CheckedTable:
    """One table after its checks: typed `accepted` rows; `rejected` ones as they came, with their mask.

    `reasons` tells for every mask found what is wrong with such a row. `versions` are all versions of
    the accepted rows (see `row_versions.py`), where a later part of the book has changed one.
    """

    accepted: ir.Table
    rejected: ir.Table
    reasons: Mapping[int, str]
    report: TableReport
    versions: ir.Table | None = None


def check_table(
    raw: RawTable, accounts: ir.Table | None, connection: Any, rolled: KeptUse | None = None
) -> CheckedTable:
    """Reads `raw` into `connection` (tables `<name>` and `<name>_rejected`) and checks every row.

    `accounts` are the accepted accounts, None where they are not known. Raises DataFault where the
    file cannot be read to its end. Where use is kept `rolled` up, only its faulty rows are read one by one.
    """
    name = raw.table.name
    if rolled is not None:
        raw = replace(raw, rows=rolled.to_check(raw.rows, accounts))
    checks, typed = checked_rows(raw, None if name == ANCHOR else accounts)
    try:
        _store(name, typed, connection)
    except duckdb.Error as error:
        raise DataFault(f"{raw.path.name} cannot be read", [unreadable(raw.path, error)]) from None
    counts = rows_by_mask(connection.table(name))
    rejected = _set_apart(raw, connection)
    faulty = {mask: n for mask, n in counts.items() if mask}
    faults = row_faults(raw.table, checks, faulty, rejected)
    report = TableReport(name, raw.path.name, sum(counts.values()), sum(faulty.values()), faults)
    reasons = {mask: _reason(mask, checks) for mask in faulty}
    if rolled is not None:
        rows = report.rows + rolled.records(accounts)
        report = replace(report, rows=rows)
        return CheckedTable(rolled.accepted(accounts), rejected, reasons, report)
    found = Versions(connection.table(name), None)
    if raw.parts:
        found = versions_of(found.now, raw.table)
        found = Versions(found.now.cache(), found.all)
    return CheckedTable(found.now, rejected, reasons, report, found.all)


def checked_rows(raw: RawTable, accounts: ir.Table | None) -> tuple[Sequence[Check], ir.Table]:
    """The checks, and the typed rows with their mask (bit i: check i); a faulty row also as it came."""
    rows, columns = raw.rows, raw.table.columns
    cells = {c.name: read_cell(c, rows[c.name] if c.name in rows.columns else None) for c in columns}
    for name in (*raw.table.later, *(raw.table.extent or ())[1:]):
        if not raw.table.column(name).required:
            cells[name] = open_ended(cells[name])
    checks = [check for cell in cells.values() for check in cell.checks]
    checks += row_rules(raw.table, cells, rows, accounts)
    bits = [ibis.cases((check.faulty, 1 << bit), else_=0) for bit, check in enumerate(checks)]
    mask = sum(bits, ibis.literal(0, "int64"))
    came = ibis.array([rows[name].cast("string") for name in raw.columns])
    values = {name: cell.value for name, cell in cells.items()}
    values |= {name: rows[name] for name in PART_COLUMNS if name in rows.columns}
    typed = rows.select(**values, **{MASK: mask, CAME: came})
    return checks, typed.mutate(**{CAME: ibis.cases((typed[MASK] != 0, typed[CAME]))})


def _store(name: str, rows: ir.Table, connection: Any) -> ir.Table:
    # Ibis's own create_table takes four statements for this, which is felt on a book of small tables.
    connection.raw_sql(f'CREATE OR REPLACE TABLE "{name}" AS {connection.compile(rows)}')
    return connection.table(name)


def rows_by_mask(rows: ir.Table) -> dict[int, int]:
    """How many rows have each mask."""
    counts = rows.group_by(MASK).aggregate(n=rows.count()).order_by(MASK).to_pyarrow()
    return dict(zip(counts[MASK].to_pylist(), counts["n"].to_pylist(), strict=True))


def _set_apart(raw: RawTable, connection: Any) -> ir.Table:
    """Moves the faulty rows, as they came, to `<name>_rejected`; the table keeps the accepted ones."""
    name = raw.table.name
    rows = connection.table(name)
    faulty = rows.filter(rows[MASK] != 0)
    as_came = {column: faulty[CAME][place] for place, column in enumerate(raw.columns)}
    rejected = _store(f"{name}_rejected", faulty.select(**{MASK: faulty[MASK]}, **as_came), connection)
    connection.raw_sql(f'DELETE FROM "{name}" WHERE "{MASK}" <> 0')  # noqa: S608 (a declared name)
    for column in (MASK, CAME):
        connection.raw_sql(f'ALTER TABLE "{name}" DROP COLUMN "{column}"')
    for view in raw.views:
        connection.drop_view(view, force=True)
    return rejected


def _reason(mask: int, checks: Sequence[Check]) -> str:
    found = [check for bit, check in enumerate(checks) if mask >> bit & 1]
    return "; ".join(f"{check.columns[0]}: {check.code.replace('_', ' ')}" for check in found)
