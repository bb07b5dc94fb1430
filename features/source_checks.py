"""Reads a book and checks it whole: every fault at once, and only rows without any fault go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from features.check_report import CheckReport, too_many_faults
from features.early_answers import early_answers
from features.faults import DataFault, Fault, VitalsFault, WrongUse
from features.future_facts import future_facts
from features.source_files import ANCHOR, PLACE_FILE, OpenedBook, RawTable, open_book
from features.source_row_checks import CheckedTable, check_table
from features.source_tables import USAGE, SourceTable
from features.usage_files import kept_use
from features.usage_in_place import placed_use, use_place
from features.usage_rollup import KeptUse


@dataclass(frozen=True)
class CheckedBook:
    """A book after its checks.

    `tables` hold the accepted rows only, with the canonical column names, as string,
    timestamp('UTC'), float64 and boolean; a column that did not come is all null. A table that is
    missing from the book, or whose file cannot be read, is missing here.
    """

    folder: Path
    connection: Any
    by_table: Mapping[str, CheckedTable]
    declared: tuple[str, ...]
    report: CheckReport

    @property
    def tables(self) -> dict[str, ir.Table]:
        """The accepted rows by table name: Ibis tables of `connection`, already materialised."""
        return {name: table.accepted for name, table in self.by_table.items()}

    @property
    def versions(self) -> dict[str, ir.Table]:
        """All versions of the accepted rows, of the tables in which an increment changed one."""
        return {name: t.versions for name, t in self.by_table.items() if t.versions is not None}

    def raise_if_fatal(self) -> None:
        """DataFault with every fatal fault at once, if there is one."""
        self.report.raise_if_fatal()


def check_book(
    folder: Path,
    tables: Mapping[str, SourceTable],
    *,
    max_faulty_share: float = 0.05,
    connection: Any = None,
    rolled: bool = False,
    now: dt.datetime | None = None,
) -> CheckedBook:
    """Reads and checks the `tables` of the book in `folder`; faults in the data are reported, not raised.

    More than `max_faulty_share` (0 to 1) of faulty rows in a table is fatal. `connection` is an Ibis
    DuckDB backend of your own (default: a new one, in memory): it holds one book at a time, and its
    time zone is set to UTC. Where use is kept `rolled` up beside its rows, these stand for it: the report
    and the features are the same. Facts later than `now`, if it is given, get a notice. Raises WrongUse
    where the share is none.

    >>> import tempfile
    >>> from features.source_tables import ACCOUNTS
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     lines = "account_id,created_at,owner\\nA-1,2026-01-31T09:30:00Z,\\nA-2,2026-01-31,\\n"
    ...     _ = (Path(folder) / "accounts.csv").write_text(lines)
    ...     book = check_book(Path(folder), {"accounts": ACCOUNTS}, max_faulty_share=0.5)
    >>> book.report.tables[0].accepted, book.report.tables[0].rejected
    (1, 1)
    >>> print(book.report.tables[0].faults[0].fault)
    accounts.created_at is '2026-01-31'; allowed: a time with its zone, such as 2026-01-31T09:30:00Z. \
Next: add the zone (Z or an offset); in an import mapping, set the source's time zone
    """
    if not 0 <= max_faulty_share <= 1:
        fault = Fault("checks.max_faulty_share", max_faulty_share, "0 to 1", "write 5 % as 0.05")
        raise WrongUse("The book cannot be checked", [fault])
    connection = connection or ibis.duckdb.connect()
    connection.raw_sql("SET TimeZone = 'UTC'")
    book = open_book(folder, tables, connection)
    use = _use(folder, book, connection, rolled) if USAGE.name in tables else None
    checked = _check_tables(book, connection, use)
    report = CheckReport(folder.resolve().name, tuple(table.report for table in checked.values()))
    too_many = [too_many_faults(table, max_faulty_share) for table in report.exceeds(max_faulty_share)]
    accepted = {name: table.accepted for name, table in checked.items()}
    notices = (*book.notices, *_unknown_contacts(checked), *early_answers(accepted))
    notices += (*_moved_subscriptions(checked), *(future_facts(accepted, tables, now) if now else ()))
    report = CheckReport(report.book, report.tables, (*book.fatal, *too_many), notices)
    return CheckedBook(folder, connection, checked, tuple(tables), report)


def _use(folder: Path, book: OpenedBook, connection: Any, rolled: bool) -> KeptUse | None:
    """The use of the book where it is rolled up: in a warehouse, or, if so wished, beside its rows."""
    try:
        place = use_place(folder)
        if place is None:
            return kept_use(book.raw.get(USAGE.name), connection) if rolled else None
        if USAGE.name in book.raw:
            step = f"remove {PLACE_FILE}, or the rows that were imported"
            book.fatal.append(Fault(USAGE.name, f"{PLACE_FILE} and a table", "one of them", step))
            return None
        placed = placed_use(place, connection)
    except VitalsFault as fault:
        book.fatal.extend(fault.faults)
        return None
    book.raw[USAGE.name] = RawTable(USAGE, folder / PLACE_FILE, placed.faulty, ())
    return placed


def _check_tables(book: OpenedBook, connection: Any, rolled: KeptUse | None) -> dict[str, CheckedTable]:
    """Accounts first, as the others refer to them. A file that breaks off half-way becomes a fatal fault."""
    checked: dict[str, CheckedTable] = {}
    for name in sorted(book.raw, key=lambda name: name != ANCHOR):
        try:
            use = rolled if name == USAGE.name else None
            checked[name] = check_table(book.raw[name], _account_list(book, checked), connection, use)
        except DataFault as fault:
            book.fatal.extend(fault.faults)
    return checked


def _account_list(book: OpenedBook, checked: Mapping[str, CheckedTable]) -> ir.Table | None:
    """The accepted accounts; None where that table is itself unusable: then nothing is said of other rows."""
    usable = ANCHOR in checked and "account_id" in book.raw[ANCHOR].rows.columns
    return checked[ANCHOR].accepted if usable else None


def _unknown_contacts(checked: Mapping[str, CheckedTable]) -> Iterator[Fault]:
    """A row of an unknown contact still tells about its account, so it stays: a notice with the count."""
    if "contacts" not in checked:
        return
    known = checked["contacts"].accepted.contact_id
    for name, table in checked.items():
        if name != "contacts" and "contact_id" in table.accepted.columns:
            contact = table.accepted.contact_id
            unknown = table.accepted.filter(contact.notnull() & contact.notin(known))
            count, first = unknown.count().execute(), unknown.contact_id.min().execute()
            if count:
                found = f"{first} (first of {count:,} rows)"
                step = "the rows are used, but without a role; add the contacts if you have them"
                yield Fault(f"{name}.contact_id", found, "a contact_id of contacts", step)


def _moved_subscriptions(checked: Mapping[str, CheckedTable]) -> Iterator[Fault]:
    """A subscription is the newest account's alone: right where it moved, and wrong where two share an id."""
    if "subscriptions" not in checked:
        return
    states = checked["subscriptions"].accepted
    owners = states.group_by("subscription_id").agg(owners=states.account_id.nunique())
    moved = owners.filter(owners.owners > 1)
    count, first = moved.count().execute(), moved.subscription_id.min().execute()
    if count:
        found = f"{first} in several accounts (first of {count:,} subscriptions)"
        step = "it counts for the account of its newest row; if they are different ones, give each its own id"
        yield Fault("subscriptions.subscription_id", found, "one account at a time", step)
