"""What an import did: rows read and written per table, and what is worth knowing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby

from features.faults import Fault
from features.imports.account_matches import SystemMatches


@dataclass(frozen=True)
class TableImport:
    """One canonical table: the files it came from, the rows read there, and the rows written."""

    table: str
    files: tuple[str, ...]
    read: int
    written: int


@dataclass(frozen=True)
class Remark:
    """Rows of a file that are not in the book (`left_out`), or are in it read in a way that must be known.

    `keys` are the first of them.

    >>> print(Remark("tickets.csv", "a deleted ticket", 2, ("7", "9"), left_out=True))
    left out: 2 rows of tickets.csv, a deleted ticket: 7, 9
    """

    file: str
    reason: str
    rows: int
    keys: tuple[str, ...] = ()
    left_out: bool = False

    def __str__(self) -> str:
        what = "left out" if self.left_out else "to know"
        many = f"{self.rows:,} row{'s' if self.rows != 1 else ''} of {self.file}"
        more = ", …" if self.rows > len(self.keys) > 0 else ""
        keys = f": {', '.join(self.keys)}{more}" if self.keys else ""
        return f"{what}: {many}, {self.reason}{keys}"


@dataclass(frozen=True)
class ImportReport:
    """The tables written to `out`, and notices: columns that are new, rows that found no match.

    `matches` says, where several systems made the book, which of their accounts were found again.
    """

    mapping: str
    out: str
    tables: tuple[TableImport, ...]
    notices: tuple[Fault, ...] = ()
    remarks: tuple[Remark, ...] = ()
    statements: tuple[str, ...] = ()
    matches: tuple[SystemMatches, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The report for machines."""
        return asdict(self)

    def as_text(self) -> str:
        """The report for people: a line per table, a line per notice; new columns a line per file.

        >>> print(ImportReport("crm", "data/book", (TableImport("accounts", ("a.csv",), 3, 2),)).as_text())
        crm: 1 table written to data/book
          accounts                2 rows written of 3 read from a.csv
        """
        many = "table" if len(self.tables) == 1 else "tables"
        lines = [f"{self.mapping}: {len(self.tables)} {many} written to {self.out}"]
        for t in self.tables:
            files = ", ".join(t.files)
            note = "" if t.written else " (no rows)"
            lines.append(
                f"  {t.table:<14}{t.written:>11,} rows written of {t.read:,} read from {files}{note}"
            )
        lines += [f"  {match}" for match in self.matches]
        lines += [f"  {remark}" for remark in self.remarks]
        lines += [f"  to know: {text}" for text in self.statements]
        return "\n".join([*lines, *(f"  notice: {text}" for text in _short(self.notices))])


def _short(notices: tuple[Fault, ...]) -> Iterator[str]:
    """A notice as it is; several of one place, such as the columns of a file that nobody maps, as one."""
    for field, same in groupby(notices, key=lambda notice: notice.field):
        group = list(same)
        if len(group) < 2:
            yield str(group[0])
        else:
            yield f"{len(group)} times {field}: {', '.join(str(each.value) for each in group)}"
