"""What to say of a file that cannot be read: which line, what was expected, how to mend it.

A reader's own message may quote whole rows, and those are customers' words: only line numbers and
counts are taken from it.
"""

from __future__ import annotations

import re
from pathlib import Path

from features.faults import Fault

LINE = re.compile(r"Line: (\d+)")
CELLS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
BYTES = re.compile(r"not utf-8|'utf-8' codec", re.IGNORECASE)


def unreadable(path: Path, error: Exception) -> Fault:
    """The fault of a file that a reader gave up on, from the reader's `error`.

    >>> print(unreadable(Path("notes.csv"), ValueError("'utf-8' codec can't decode byte 0xe9")))
    notes.csv is 'not UTF-8'; allowed: UTF-8 text. Next: save the file as UTF-8 and check again
    >>> ragged = ValueError("CSV Error on Line: 3 Expected Number of Columns: 2 Found: 4")
    >>> print(unreadable(Path("notes.csv"), ragged))
    notes.csv is '4 cells in line 3'; allowed: 2 cells in every line, as in the header. Next: put cells \
that hold a comma into double quotes, and check again
    """
    if path.suffix == ".parquet":
        allowed, step = (
            "a whole Parquet file",
            "export the table again; the file is damaged or of another format",
        )
        return Fault(path.name, "unreadable", allowed, step)
    message = str(error)
    line = f" in line {found[1]}" if (found := LINE.search(message)) else ""
    if BYTES.search(message):
        return Fault(path.name, f"not UTF-8{line}", "UTF-8 text", "save the file as UTF-8 and check again")
    if cells := CELLS.search(message):
        allowed = f"{cells[1]} cells in every line, as in the header"
        step = "put cells that hold a comma into double quotes, and check again"
        return Fault(path.name, f"{cells[2]} cells{line}", allowed, step)
    allowed = "CSV with commas, closed double quotes, one kind of line end, lines under 2 MB"
    return Fault(path.name, f"unreadable{line}", allowed, "mend that line, or export the table as Parquet")
