"""What the checks of a book found: for people, for machines, and for the run that must stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from features.faults import DataFault, Fault


@dataclass(frozen=True)
class RowFault:
    """One kind of fault in one table: how many rows, up to 5 of their keys, and what to do.

    `values` are up to 3 of the values found, the most frequent first. A row may have several faults.
    """

    code: str
    count: int
    keys: tuple[str, ...]
    values: tuple[str, ...]
    fault: Fault


@dataclass(frozen=True)
class TableReport:
    """One table: `rows` read = `accepted` + `rejected`, and why they were rejected."""

    name: str
    file: str
    rows: int
    rejected: int
    faults: tuple[RowFault, ...] = ()

    @property
    def accepted(self) -> int:
        """Rows without any fault: the only ones a feature may read."""
        return self.rows - self.rejected

    @property
    def faulty_share(self) -> float:
        """Rejected rows over rows read, 0 to 1 (higher is worse); 0 for an empty table."""
        return self.rejected / self.rows if self.rows else 0.0

    def as_dict(self) -> dict[str, object]:
        """The table as JSON shows it."""
        return {**asdict(self), "accepted": self.accepted, "faulty_share": self.faulty_share}


@dataclass(frozen=True)
class CheckReport:
    """The whole book: `fatal` faults stop a run, `notices` do not.

    >>> usage = TableReport("usage", "usage.csv", rows=200, rejected=3)
    >>> print(CheckReport("acme", (usage,)).as_text())
    book acme: 1 table, 200 rows read, 197 accepted, 3 rejected
      usage                  200 rows  3 rejected (1.5 %)
    """

    book: str
    tables: tuple[TableReport, ...]
    fatal: tuple[Fault, ...] = ()
    notices: tuple[Fault, ...] = ()

    def exceeds(self, max_faulty_share: float) -> tuple[TableReport, ...]:
        """The tables with a larger share of faulty rows than this (0 to 1)."""
        return tuple(table for table in self.tables if table.faulty_share > max_faulty_share)

    @property
    def rejected(self) -> dict[str, int]:
        """How many rows were rejected, of the tables that have some."""
        return {table.name: table.rejected for table in self.tables if table.rejected}

    def raise_if_fatal(self) -> None:
        """DataFault with every fatal fault at once, if there is one."""
        if self.fatal:
            raise DataFault(f"The book {self.book} cannot be used", self.fatal)

    def as_dict(self) -> dict[str, object]:
        """The report as JSON shows it."""
        return {
            "book": self.book,
            "ok": not self.fatal,
            "tables": [table.as_dict() for table in self.tables],
            "fatal": [fault.as_dict() for fault in self.fatal],
            "notices": [fault.as_dict() for fault in self.notices],
        }

    def as_text(self) -> str:
        """The report for people: a line per table, its faults below it, then notices and fatal faults."""
        lines = [self._headline()]
        for table in self.tables:
            lines.extend(_table_lines(table))
        lines.extend(f"notice: {fault}" for fault in self.notices)
        lines.extend(f"FATAL: {fault}" for fault in self.fatal)
        return "\n".join(lines)

    def _headline(self) -> str:
        rows, rejected = sum(t.rows for t in self.tables), sum(t.rejected for t in self.tables)
        tables = f"{len(self.tables)} table{'' if len(self.tables) == 1 else 's'}"
        counts = f"{rows:,} rows read, {rows - rejected:,} accepted, {rejected:,} rejected"
        return f"book {self.book}: {tables}, {counts}"


def too_many_faults(table: TableReport, max_faulty_share: float) -> Fault:
    """The fatal fault of a table in which more than the allowed share of rows is faulty.

    >>> usage = TableReport("usage", "usage.csv", rows=200, rejected=30)
    >>> print(too_many_faults(usage, 0.05))
    usage is '15 % faulty rows (30 of 200)'; allowed: at most 5 % (checks.max_faulty_share in \
params.yaml). Next: mend the faults named for usage, or raise that limit
    """
    found = f"{100 * table.faulty_share:.3g} % faulty rows ({table.rejected:,} of {table.rows:,})"
    allowed = f"at most {100 * max_faulty_share:.3g} % (checks.max_faulty_share in params.yaml)"
    return Fault(table.name, found, allowed, f"mend the faults named for {table.name}, or raise that limit")


def rejected_in_words(rejected: Mapping[str, int], book: Path | str) -> str:
    """What a command that read the `book` says of its rejected rows, by table; empty where there are none.

    >>> print(rejected_in_words({"accounts": 1, "usage": 1669}, "data/acme"))
    left out as faulty: 1 row of accounts, 1,669 rows of usage; vitals check data/acme tells why
    >>> rejected_in_words({}, "data/acme")
    ''
    """
    if not rejected:
        return ""
    counts = ", ".join(
        f"{count:,} row{'' if count == 1 else 's'} of {name}" for name, count in rejected.items()
    )
    return f"left out as faulty: {counts}; vitals check {book} tells why"


def _table_lines(table: TableReport) -> list[str]:
    state = f"{table.rejected:,} rejected ({100 * table.faulty_share:.3g} %)" if table.rejected else "ok"
    lines = [f"  {table.name:<14} {table.rows:>11,} rows  {state}"]
    for found in table.faults:
        lines.append(f"    {found.code}, {found.count:,} row{'' if found.count == 1 else 's'}: {found.fault}")
        lines.append(f"      for example {', '.join(found.keys)}")
    return lines
