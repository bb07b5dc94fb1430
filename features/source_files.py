"""Opens the files of a book. What is wrong with a file or its header is named, never guessed away.

A book is a folder with `<table>.parquet` or `<table>.csv` for each canonical table. CSV is UTF-8 as
RFC 4180 has it: comma, double quotes, one header line, and every column is read as text, so that no
reader's guess at a type can change a value. An empty cell is a null.
"""

from __future__ import annotations

import csv
import glob
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from features.faults import DataFault, Fault, nearest
from features.increments import PART_COLUMNS, BookPart, parts_of, telling, together
from features.source_file_faults import unreadable
from features.source_tables import USAGE, SourceTable

SUFFIXES = (".parquet", ".csv")
PLACE_FILE = "usage.place.yaml"  # says in which warehouse the use of a book is
ANCHOR = "accounts"  # the one table that no book can do without


@dataclass(frozen=True)
class RawTable:
    """A table as it came: `rows` is lazy, its columns have the files' own names; `views` read the files.

    Where a table comes in several `parts` of the book, its rows have the PART_COLUMNS beside.
    """

    table: SourceTable
    path: Path
    rows: ir.Table
    views: tuple[str, ...]
    parts: tuple[BookPart, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the files."""
        return tuple(name for name in self.rows.columns if name not in PART_COLUMNS)


@dataclass
class OpenedBook:
    """The files that could be opened, and what is to be said of the folder, files and headers."""

    raw: dict[str, RawTable] = field(default_factory=dict)
    fatal: list[Fault] = field(default_factory=list)
    notices: list[Fault] = field(default_factory=list)


def open_book(folder: Path, tables: Mapping[str, SourceTable], connection: Any) -> OpenedBook:
    """Every readable file of the book, and all faults and notices of its files at once.

    `connection` is an Ibis DuckDB backend; nothing but headers is read yet. Fatal: no such folder, no
    `accounts`, a table given twice, a file that cannot be read, a header that is off. Notices: a table
    that is missing, a file or a column that is not known.
    """
    book = OpenedBook()
    if not folder.is_dir():
        step = "name the folder that holds accounts.parquet or accounts.csv"
        book.fatal.append(Fault("book", str(folder), "a folder with one file per table", step))
        return book
    try:
        parts = parts_of(folder)
    except DataFault as fault:
        book.fatal.extend(fault.faults)
        return book
    for table in tables.values():
        try:
            _open_table(folder, table, parts, connection, book)
        except DataFault as fault:
            book.fatal.extend(fault.faults)
    book.notices.extend(_unknown_files(folder, tables))
    return book


def _open_table(
    folder: Path, table: SourceTable, parts: tuple[BookPart, ...], connection: Any, book: OpenedBook
) -> None:
    paths = [path for suffix in SUFFIXES if (path := folder / f"{table.name}{suffix}").is_file()]
    told = telling(parts, table.name)
    if any(part.number for part in told) and paths in ([], [parts[0].file(table.name)]):
        _open_parts(table, told, connection, book)
    elif len(paths) == 1:
        view = f"{table.name}_as_it_came"
        book.raw[table.name] = RawTable(
            table, paths[0], _opened_rows(table, paths[0], view, connection, book), (view,)
        )
    elif paths:
        names = " and ".join(path.name for path in paths)
        book.fatal.append(
            Fault(table.name, names, "one file per table", "remove the one that is out of date")
        )
    elif table.name != USAGE.name or not (folder / PLACE_FILE).is_file():
        fault = missing_table(table)
        (book.fatal if table.name == ANCHOR else book.notices).append(fault)


def _open_parts(table: SourceTable, parts: tuple[BookPart, ...], connection: Any, book: OpenedBook) -> None:
    """A table that several parts of the book tell: their rows, each with the part it is from."""
    views = tuple(f"{table.name}_as_it_came_{part.number}" for part in parts)
    rows = [
        part.marked(_opened_rows(table, part.file(table.name), view, connection, book))
        for part, view in zip(parts, views, strict=True)
    ]
    book.raw[table.name] = RawTable(table, parts[0].file(table.name), together(rows), views, parts)


def _opened_rows(table: SourceTable, path: Path, view: str, connection: Any, book: OpenedBook) -> ir.Table:
    columns = _columns_of(path)
    unknown_columns(table, path.name, columns, book)
    missing_columns(table, path.name, columns, book)
    return without_nested(_rows_of(path, columns, view, connection), table, path, book)


def missing_table(table: SourceTable) -> Fault:
    """What is said of a table that the book lacks."""
    names = " or ".join(f"{table.name}{suffix}" for suffix in SUFFIXES)
    if table.name == ANCHOR:
        return Fault(table.name, "missing", names, "add it: every other table refers to its accounts")
    return Fault(
        table.name, "missing", names, "add it if you have it; until then what depends on it is missing"
    )


def _unknown_files(folder: Path, tables: Mapping[str, SourceTable]) -> list[Fault]:
    known = {PLACE_FILE, *(f"{name}{suffix}" for name in tables for suffix in SUFFIXES)}
    allowed = "one file per table, .parquet or .csv"
    return [
        Fault("book", path.name, allowed, f"it is not read; {nearest(path.stem, tables)}")
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in known and not path.name.startswith(".")
    ]


def _columns_of(path: Path) -> list[str]:
    """The column names exactly as the file has them; DataFault where no header can be read."""
    try:
        columns = list(pq.read_schema(path).names) if path.suffix == ".parquet" else _csv_header(path)
    except (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataFault(f"{path.name} cannot be read", [unreadable(path, error)]) from None
    check_header(path.name, columns)
    return columns


def check_header(file: str, columns: Sequence[str]) -> None:
    """Raises DataFault where the file has no columns, one without a name, or two that look the same."""
    counts = Counter(name.strip().casefold() for name in columns)
    doubtful = [name for name in columns if not name.strip() or counts[name.strip().casefold()] > 1]
    if doubtful or not columns:
        step = "give every column a name of its own, in the first line, and check again"
        fault = Fault(file, ", ".join(map(repr, doubtful)) or "empty", "distinct column names", step)
        raise DataFault(f"{file} cannot be read", [fault])


def _csv_header(path: Path) -> list[str]:
    # Plain utf-8 on purpose, not utf-8-sig: a byte-order mark then shows up in the first name.
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file), [])


def _almost(name: str, table: SourceTable) -> str | None:
    """The column that `name` is but for capitals, spaces or a byte-order mark; None if there is none."""
    plain = name.strip("\ufeff \t").casefold()
    return plain if plain != name and plain in table.column_names else None


def unknown_columns(table: SourceTable, file: str, came: Sequence[str], book: OpenedBook) -> None:
    """A name almost right is fatal, as its data would silently be left out; a strange one is a notice."""
    for name in came:
        if meant := _almost(name, table):
            step = f"rename it to {meant!r}: capitals, spaces and a byte-order mark count"
            book.fatal.append(Fault(f"{file} header", name, "the exact column name", step))
        elif name not in table.column_names:
            step = f"it is not read; {nearest(name, table.column_names)}"
            book.notices.append(Fault(f"{file} header", name, f"a column of {table.name}", step))


def missing_columns(table: SourceTable, file: str, came: Sequence[str], book: OpenedBook) -> None:
    """A required column that did not come is fatal, unless its name is only almost right."""
    said = {*came, *(_almost(name, table) for name in came)}
    strangers = [name for name in came if name not in table.column_names]
    for column in table.columns:
        if column.required and column.name not in said:
            step = f"add it, or rename one of yours: {nearest(column.name, strangers or came)}"
            book.fatal.append(Fault(f"{file} column {column.name}", "missing", "a required column", step))


def _rows_of(path: Path, columns: Sequence[str], view: str, connection: Any) -> ir.Table:
    source = glob.escape(str(path.resolve()))  # DuckDB would read [ ] * ? in a folder's name as a pattern
    try:
        if path.suffix == ".parquet":
            return connection.read_parquet(source, table_name=view)
        # Named by position, so that a quote or a blank in a header cannot disturb the reader.
        numbered = {f"c{place}": "VARCHAR" for place in range(len(columns))}
        rows = connection.read_csv(
            source,
            table_name=view,
            columns=numbered,
            header=True,
            delim=",",
            quote='"',
            escape='"',
            nullstr="",
        )
        return rows.rename(dict(zip(columns, numbered, strict=True)))
    except duckdb.Error as error:
        raise DataFault(f"{path.name} cannot be read", [unreadable(path, error)]) from None


def without_nested(rows: ir.Table, table: SourceTable, path: Path, book: OpenedBook) -> ir.Table:
    """`rows` less the columns of lists, structs or bytes: those are a fault of the whole column."""
    schema = rows.schema()
    nested = [name for name in table.column_names if name in schema and _is_nested(schema[name])]
    for name in nested:
        allowed, step = "plain values", "write one plain value per cell (several modules: separated by |)"
        book.fatal.append(Fault(f"{path.name} column {name}", str(schema[name]), allowed, step))
    return rows.drop(*nested)


def _is_nested(kind: Any) -> bool:
    return bool(kind.is_nested() or kind.is_binary())
