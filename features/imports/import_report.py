"""What an import did: rows read and written per table, and what is worth knowing."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from features.faults import Fault


@dataclass(frozen=True)
class TableImport:
    """One canonical table: the files it came from, the rows read there, and the rows written."""

    table: str
    files: tuple[str, ...]
    read: int
    written: int


@dataclass(frozen=True)
class ImportReport:
    """The tables written to `out`, and notices: columns that are new, rows that found no match."""

    mapping: str
    out: str
    tables: tuple[TableImport, ...]
    notices: tuple[Fault, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The report for machines."""
        return asdict(self)

    def as_text(self) -> str:
        """The report for people: a line per table, a line per notice.

        >>> print(ImportReport("crm", "data/book", (TableImport("accounts", ("a.csv",), 3, 2),)).as_text())
        crm: 1 table written to data/book
          accounts                2 rows written of 3 read from a.csv
        """
        many = "table" if len(self.tables) == 1 else "tables"
        lines = [f"{self.mapping}: {len(self.tables)} {many} written to {self.out}"]
        for t in self.tables:
            files = ", ".join(t.files)
            lines.append(f"  {t.table:<14}{t.written:>11,} rows written of {t.read:,} read from {files}")
        return "\n".join([*lines, *(f"  notice: {notice}" for notice in self.notices)])
