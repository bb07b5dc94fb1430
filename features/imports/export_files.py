"""Opens the files of an export as tables: CSV as the texts that stand in it, Parquet with its types."""

from __future__ import annotations

import csv
import glob
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis.expr.types as ir

from features.faults import DataFault, Fault, nearest
from features.imports.mapping import Source
from features.source_file_faults import unreadable

SUFFIXES = (".csv", ".parquet")


def file_faults(source: Source, folder: Path) -> list[Fault]:
    """What keeps the file of a source from being opened: the wrong kind, or not there."""
    path = folder / source.file
    if path.suffix not in SUFFIXES:
        return [Fault(source.file, path.suffix, "a .csv or .parquet file", "export it as one of these")]
    if not path.is_file():
        there = [p.name for p in folder.glob("*") if p.suffix in SUFFIXES]
        advice = nearest(source.file, there) if there else "name the export's folder after --from"
        return [Fault("file", str(path), "a file that exists", advice)]
    return []


def open_export(connection: Any, source: Source, folder: Path) -> ir.Table:
    """The file of a source as a table of `connection`; texts listed under `empty` are null.

    CSV is read as text throughout, so that 007 stays 007, and an empty cell is null. Its dialect
    is fixed (commas, double quotes, a header in the first line): guessing it from customers' words
    goes wrong. Raises DataFault where the file cannot be read.
    """
    path = folder / source.file
    with reading(path):
        # DuckDB expands patterns in a path: a folder called "export [May]" must stand for itself.
        name = glob.escape(str(path.resolve()))
        if path.suffix == ".parquet":
            return _without_empties(connection.read_parquet(name), source)
        columns = _csv_columns(path)
        # Named by position, so that no word of a header can disturb the reader.
        places = {f"c{place}": "VARCHAR" for place in range(len(columns))}
        dialect = {"header": True, "delim": ",", "quote": '"', "escape": '"', "auto_detect": False}
        rows = connection.read_csv(name, columns=places, **dialect).cache()
        return _without_empties(rows.rename(dict(zip(columns, places, strict=True))), source)


def _csv_columns(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        columns = next(csv.reader(file), [])
    doubtful = sorted({name for name in columns if not name or columns.count(name) > 1})
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
    except (duckdb.Error, UnicodeDecodeError, csv.Error) as error:
        raise DataFault(f"{path.name} cannot be read", [unreadable(path, error)]) from None
