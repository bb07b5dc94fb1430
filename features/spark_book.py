"""Opens a book for the features on Spark: read by the cluster, held to the same rules, faulty rows left out.

Every rule of `source_values.py` and `source_rules.py` is an expression, so Spark applies the very same
ones, and the report says the same. What differs: a table may also be a folder of part files (as Spark
writes them), a path may be on object storage, and the rejected rows are counted and named but not
written out. Run `vitals check` on a sample on one machine to have them as files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from features.check_examples import MASK, row_faults
from features.check_report import CheckReport, TableReport, too_many_faults
from features.faults import DataFault, Fault
from features.increments import FOLDER as INCREMENTS
from features.params import CheckParams
from features.source_files import (
    ANCHOR,
    PLACE_FILE,
    SUFFIXES,
    OpenedBook,
    RawTable,
    check_header,
    missing_columns,
    missing_table,
    unknown_columns,
    without_nested,
)
from features.source_row_checks import CAME, checked_rows, rows_by_mask
from features.source_tables import SOURCE_TABLES, SourceTable
from features.source_values import UTC
from features.spark_dialect import SparkEngine, spark_engine
from features.warehouse import Warehouse, warehouse

KEPT_APART = ("usage",)  # too large to hold: read anew from its files each time
CSV = {"header": True, "inferSchema": False, "quote": '"', "escape": '"', "multiLine": True, "nullValue": ""}


@dataclass
class SparkBook:
    """A checked book on Spark: `source` is what features may see, `report` what the checks found."""

    source: Warehouse
    report: CheckReport


@dataclass
class _Opened:
    engine: SparkEngine
    session: Any
    folder: str
    found: OpenedBook = field(default_factory=OpenedBook)


def open_book_on_spark(folder: str, params: CheckParams, session: Any) -> SparkBook:
    """The book at `folder` (a path or a URL that the cluster can read), checked as `vitals check` does.

    Raises DataFault with every fatal fault at once. Nothing but counts, headers and the examples of
    faults comes to the driver.
    """
    book = _Opened(spark_engine(session), session, folder.rstrip("/"))
    if _is_there(f"{book.folder}/{INCREMENTS}", book):
        step = "import the whole export anew into another folder, and read that on Spark"
        book.found.fatal.append(Fault(INCREMENTS, "appended", "a book without increments, on Spark", step))
    if _is_there(f"{book.folder}/{PLACE_FILE}", book):
        step = "read the book on one machine, or put the rows of use into it"
        book.found.fatal.append(Fault(PLACE_FILE, "use in place", "use in the book, on Spark", step))
    for table in SOURCE_TABLES.values():
        try:
            _open_table(table, book)
        except DataFault as fault:
            book.found.fatal.extend(fault.faults)
    tables, reports = _check_tables(book)
    too_many = [
        too_many_faults(report, params.max_faulty_share)
        for report in reports
        if report.faulty_share > params.max_faulty_share
    ]
    name = book.folder.rpartition("/")[2]
    report = CheckReport(name, tuple(reports), (*book.found.fatal, *too_many), tuple(book.found.notices))
    report.raise_if_fatal()
    return SparkBook(warehouse(tables), report)


def _open_table(table: SourceTable, book: _Opened) -> None:
    files = [file for suffix in SUFFIXES if _is_there(file := f"{book.folder}/{table.name}{suffix}", book)]
    if len(files) > 1:
        names = " and ".join(file.rpartition("/")[2] for file in files)
        step = "remove the one that is out of date"
        book.found.fatal.append(Fault(table.name, names, "one file or folder per table", step))
    elif not files:
        (book.found.fatal if table.name == ANCHOR else book.found.notices).append(missing_table(table))
    else:
        _read_table(table, files[0], book)


def _is_there(file: str, book: _Opened) -> bool:
    """Whether the file or folder is there, asked of its own file system (local, HDFS, object storage)."""
    context = book.session.sparkContext
    path = context._jvm.org.apache.hadoop.fs.Path(file)
    return bool(path.getFileSystem(context._jsc.hadoopConfiguration()).exists(path))


def _read_table(table: SourceTable, file: str, book: _Opened) -> None:
    short = file.rpartition("/")[2]
    try:
        read = book.session.read
        frame = read.parquet(file) if file.endswith(".parquet") else read.csv(file, **CSV)
    except Exception as error:
        raise _unreadable(short, error) from None
    check_header(short, frame.columns)
    unknown_columns(table, short, frame.columns, book.found)
    missing_columns(table, short, frame.columns, book.found)
    view = f"{table.name}_as_it_came"
    frame.createOrReplaceTempView(view)
    rows = without_nested(_with_zones(book.engine.table(view), frame), table, Path(short), book.found)
    book.found.raw[table.name] = RawTable(table, Path(short), rows, (view,))


def _with_zones(rows: ir.Table, frame: Any) -> ir.Table:
    """Instants as instants: to Ibis, Spark's times with and without a zone look alike."""
    instants = [name for name, kind in frame.dtypes if kind == "timestamp"]
    return rows.cast(dict.fromkeys(instants, UTC)) if instants else rows


def _check_tables(book: _Opened) -> tuple[dict[str, ir.Table], list[TableReport]]:
    """The accepted rows and the report of each table, accounts first, as the others refer to them."""
    tables, reports = dict[str, ir.Table](), list[TableReport]()
    for name in sorted(book.found.raw, key=lambda name: name != ANCHOR):
        try:
            tables[name], report = _checked(book.found.raw[name], tables)
            reports.append(report)
        except DataFault as fault:
            book.found.fatal.extend(fault.faults)
    return tables, reports


def _checked(raw: RawTable, tables: Mapping[str, ir.Table]) -> tuple[ir.Table, TableReport]:
    name = raw.table.name
    accounts = tables.get(ANCHOR) if name != ANCHOR else None
    checks, rows = checked_rows(raw, accounts)
    try:
        rows = rows if name in KEPT_APART else rows.cache()
        counts = rows_by_mask(rows)
        faulty = {mask: n for mask, n in counts.items() if mask}
        wrong = rows.filter(rows[MASK] != 0)
        came = {column: wrong[CAME][place] for place, column in enumerate(raw.columns)}
        faults = row_faults(raw.table, checks, faulty, wrong.select(**{MASK: wrong[MASK]}, **came))
    except Exception as error:
        raise _unreadable(raw.path.name, error) from None
    report = TableReport(name, raw.path.name, sum(counts.values()), sum(faulty.values()), faults)
    return rows.filter(rows[MASK] == 0).drop(MASK, CAME), report


def _unreadable(file: str, error: Exception) -> DataFault:
    """The kind of the error and no more: Spark's own words may quote whole rows."""
    allowed = "a whole Parquet file, or CSV in UTF-8, times in microseconds"
    step = "check a copy of the book on one machine: vitals check tells where the fault lies"
    return DataFault(f"{file} cannot be read", [Fault(file, type(error).__name__, allowed, step)])
