"""Opens the files of an export as tables: CSV as the texts that stand in it, Parquet with its types."""

from __future__ import annotations

import codecs
import csv
import glob
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from features.faults import DataFault, Fault, nearest
from features.imports.mapping import Source
from features.imports.warehouse_sources import open_warehouse
from features.source_file_faults import unreadable
from features.source_files import check_header

SUFFIXES = (".csv", ".parquet")
MARKS = {  # a file that begins so is of that encoding, whatever the mapping says
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def found_file(source: Source, folder: Path) -> str | None:
    """The first name of a source under which a file lies in the folder; None where there is none.

    A table of a warehouse has one name, and is always taken to be there.
    """
    if source.warehouse is not None:
        return source.files[0]
    return next((name for name in source.files if (folder / name).is_file()), None)


def file_faults(source: Source, folder: Path) -> list[Fault]:
    """What keeps the file of a source from being opened: the wrong kind, or not there."""
    if source.warehouse is not None:
        return []
    name = found_file(source, folder) or source.files[0]
    path = folder / name
    if path.suffix not in SUFFIXES:
        return [Fault(name, path.suffix, "a .csv or .parquet file", "export it as one of these")]
    if not path.is_file() and not source.optional:
        there = [p.name for p in folder.glob("*") if p.suffix in SUFFIXES]
        advice = nearest(name, there) if there else "name the export's folder after --from"
        return [Fault("file", str(path), "a file that exists", advice)]
    return []


def open_export(connection: Any, source: Source, folder: Path) -> ir.Table:
    """The file of a source as a table of `connection`; texts listed under `empty` are null.

    CSV is read as text throughout, so that 007 stays 007, and an empty cell is null. Its dialect
    is fixed (the mapping's delimiter, double quotes, a header in the first line): guessing it from
    customers' words goes wrong. Raises DataFault where the file cannot be read.
    """
    if source.warehouse is not None:
        return _without_empties(open_warehouse(connection, source), source)
    path = folder / source.files[0]
    with reading(path):
        # DuckDB expands patterns in a path: a folder called "export [May]" must stand for itself.
        if path.suffix == ".parquet":
            check_header(path.name, pq.read_schema(path).names)
            return _without_empties(connection.read_parquet(glob.escape(str(path.resolve()))), source)
        encoding = encoding_of(path, source.encoding)
        columns = csv_columns(path, encoding, source.delimiter)
        # Named by position, so that no word of a header can disturb the reader.
        places = {f"c{place}": "VARCHAR" for place in range(len(columns))}
        dialect = {
            "header": True,
            "delim": source.delimiter,
            "quote": '"',
            "escape": '"',
            "auto_detect": False,
        }
        with _as_utf8(path, encoding) as name:
            rows = connection.read_csv(glob.escape(name), columns=places, **dialect).cache()
        return _without_empties(rows.rename(dict(zip(columns, places, strict=True))), source)


def encoding_of(path: Path, named: str | None = None) -> str:
    """The encoding of a file: what its first bytes say, else what the mapping names, else UTF-8."""
    with path.open("rb") as file:
        start = file.read(4)
    marked = next((name for mark, name in MARKS.items() if start.startswith(mark)), None)
    return marked or named or "utf-8-sig"


@contextmanager
def _as_utf8(path: Path, encoding: str) -> Iterator[str]:
    """The name of the file, or of a copy of it in UTF-8 while it is read."""
    if encoding == "utf-8-sig":
        yield str(path.resolve())
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.csv"
        with (
            path.open(encoding=encoding, newline="") as old,
            copy.open("w", encoding="utf-8", newline="") as new,
        ):
            while piece := old.read(1 << 20):
                new.write(piece)
        yield str(copy)


def csv_columns(path: Path, encoding: str = "utf-8-sig", delimiter: str = ",") -> list[str]:
    """The header of a CSV file; DataFault where names are missing or stand twice, but for their capitals.

    DuckDB does not tell `ID` from `Id`: of the two it would read the first, whichever the mapping names.
    """
    with path.open(encoding=encoding, newline="") as file:
        columns = next(csv.reader(file, delimiter=delimiter), [])
    others = [mark for mark in ",;\t|" if mark != delimiter and len(columns) == 1 and mark in columns[0]]
    if others:
        step = f"name it in the mapping, as delimiter: {others[0]!r}"
        fault = Fault(f"{path.name}, header", f"cells separated by {others[0]!r}", f"by {delimiter!r}", step)
        raise DataFault(f"{path.name} cannot be read", [fault])
    plain = [name.strip().casefold() for name in columns]
    doubtful = sorted(
        {name for name in columns if plain.count(name.strip().casefold()) > 1 or not name.strip()}
    )
    if doubtful or not columns:
        allowed = "a header in the first line, with a different name for each column"
        raise DataFault(
            f"{path.name} cannot be read", [Fault(path.name, doubtful, allowed, "name its columns")]
        )
    return columns


def _without_empties(table: ir.Table, source: Source) -> ir.Table:
    texts = [name for name, kind in table.schema().items() if kind.is_string()] if source.empty else []
    return table.mutate(**{name: table[name].isin(source.empty).ifelse(None, table[name]) for name in texts})


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns a reader's complaint about a file into a fault that names the file and no customer's words."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException, UnicodeError, csv.Error) as error:
        raise DataFault(f"{path.name} cannot be read", [unreadable(path, error)]) from None
