"""Tables out to files that people asked for."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from features.account_facts import with_facts
from features.book import open_book
from features.check_report import CheckReport
from features.extent import known_extent
from features.faults import Fault, WrongUse
from features.params import CheckParams, FeatureParams
from features.params_file import read_section
from features.snapshot import build_snapshot
from features.spark_session import Cluster, spark_session
from features.time_windows import as_of_date
from features.warehouse import Warehouse

# A spreadsheet runs a cell that begins like this as a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


Checked = Callable[[CheckReport], None]


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
        rows.map(harmless).to_csv(path, index=False, quoting=csv.QUOTE_NONNUMERIC)


def check_ending(path: Path) -> None:
    """Raises WrongUse where the file's ending is neither .parquet nor .csv."""
    if path.suffix not in (".parquet", ".csv"):
        fault = Fault("--out", str(path), "a file ending in .parquet or .csv", "name it so")
        raise WrongUse("the file cannot be written", [fault])


def features_to_file(
    book: str | Path,
    as_of: str | None,
    out: Path,
    params_file: Path,
    overrides: tuple[str, ...],
    progress: Callable[[str], None],
    cluster: Cluster | None = None,
    checked: Checked = lambda _: None,
) -> pd.DataFrame:
    """Writes the snapshot of the book at a date (None: the end of the book) and returns it.

    After the features stand the facts of the accounts, so that whoever scores the file knows whose they are.
    On this machine, or on a Spark `cluster`; then `book` may be any place that the cluster can read. What the
    checks found is told to `checked`.
    """
    check_ending(out)
    moment = None if as_of is None else as_of_date(as_of)
    params = read_section(params_file, "features", FeatureParams, overrides)
    limits = read_section(params_file, "checks", CheckParams, overrides)
    with _opened(book, limits, cluster, progress, checked) as source:
        features = build_snapshot(source, [moment or known_extent(source)[1]], params, progress)
        rows = with_facts(features, source)
    write_table(rows, out)
    return rows


@contextmanager
def _opened(
    book: str | Path,
    limits: CheckParams,
    cluster: Cluster | None,
    progress: Callable[[str], None],
    checked: Checked,
) -> Iterator[Warehouse]:
    """The checked book on its engine; what was started for it is stopped afterwards."""
    if cluster is None:
        progress("reading and checking the book")
        read = open_book(Path(book), limits)
        checked(read.checked.report)
        yield read.source
        return
    progress("starting Spark")
    session = spark_session(cluster)
    try:
        from features.spark_book import open_book_on_spark  # needs pyspark, which the session has found

        progress("reading and checking the book")
        opened = open_book_on_spark(str(book), limits, session)
        checked(opened.report)
        yield opened.source
    finally:
        session.stop()


def harmless(cell: object) -> object:
    """The cell of a CSV; a text that looks like a formula with an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
