"""Tables out to files that people asked for."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from features.book import open_book
from features.extent import known_extent
from features.faults import Fault, WrongUse
from features.params import CheckParams, FeatureParams
from features.params_file import read_section
from features.snapshot import build_snapshot
from features.time_windows import as_of_date

# A spreadsheet runs a cell that begins like this as a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_table(rows: pd.DataFrame, path: Path) -> None:
    """Writes a .parquet or a .csv; in a CSV, texts that look like a formula get a leading apostrophe.

    Raises WrongUse for any other ending.
    """
    check_ending(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        rows.to_parquet(path, index=False)
    else:
        # Every text in quotes: otherwise a carriage return inside one would end the row.
        rows.map(_harmless).to_csv(path, index=False, quoting=csv.QUOTE_NONNUMERIC)


def check_ending(path: Path) -> None:
    """Raises WrongUse where the file's ending is neither .parquet nor .csv."""
    if path.suffix not in (".parquet", ".csv"):
        fault = Fault("--out", str(path), "a file ending in .parquet or .csv", "name it so")
        raise WrongUse("the file cannot be written", [fault])


def features_to_file(
    book_folder: Path,
    as_of: str | None,
    out: Path,
    params_file: Path,
    overrides: tuple[str, ...],
    progress: Callable[[str], None],
) -> pd.DataFrame:
    """Writes the snapshot of the book at a date (None: the end of the book) and returns it."""
    check_ending(out)
    moment = None if as_of is None else as_of_date(as_of)
    params = read_section(params_file, "features", FeatureParams, overrides)
    progress("reading and checking the book")
    book = open_book(book_folder, read_section(params_file, "checks", CheckParams, overrides))
    rows = build_snapshot(book.source, [moment or known_extent(book.source)[1]], params, progress)
    write_table(rows, out)
    return rows


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
