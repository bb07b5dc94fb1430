"""Writes the rows that a check rejected beside the book, each with everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from features.check_examples import MASK
from features.faults import Fault, WrongUse
from features.source_checks import CheckedBook
from features.source_row_checks import CheckedTable

REASON = "rejected_because"  # not `reason`: some tables have a column of that name


def rejects_folder(book: Path) -> Path:
    """Where the rejected rows of a book go: `rejects/<name of the book>/` beside it.

    >>> rejects_folder(Path("/data/acme")).as_posix()
    '/data/rejects/acme'
    """
    book = book.resolve()
    return book.parent / "rejects" / book.name


def write_rejects(checked: CheckedBook) -> Path | None:
    """One CSV per table with rejected rows; the folder they are in, or None where there are none.

    Columns are as they came (texts; every cell is quoted, an empty one is not), then `rejected_because`.
    Files of an earlier check of the same book are replaced, or removed where nothing is rejected now.
    This is data to be mended and imported again, so it is kept to the byte: a cell may begin with
    `=`, `+`, `-` or `@`. Do not open it in a spreadsheet that would run such a cell as a formula.
    Raises WrongUse where the folder cannot be written.
    """
    folder = rejects_folder(checked.folder)
    rejected = {name: table for name, table in checked.by_table.items() if table.reasons}
    try:
        for name in checked.declared:
            (folder / f"{name}.csv").unlink(missing_ok=True)
        if rejected:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fault = Fault("rejects", str(folder), "a folder that can be written", f"mend it ({error.strerror})")
        raise WrongUse("The rejected rows cannot be written", [fault]) from None
    for name, table in rejected.items():
        _write(table, folder / f"{name}.csv", checked.connection)
    return folder if rejected else None


def _write(table: CheckedTable, path: Path, connection: Any) -> None:
    rows = table.rejected
    reason = rows[MASK].cases(*table.reasons.items())
    rows = rows.mutate(**{REASON: reason}).drop(MASK)
    rows = rows.order_by(rows.columns)  # the same rows make the same file, whatever the threads did
    target = str(path).replace("'", "''")
    connection.raw_sql(f"COPY ({connection.compile(rows)}) TO '{target}' (FORMAT csv, HEADER, FORCE_QUOTE *)")
