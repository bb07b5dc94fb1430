"""Leaks planted in the files of a book: not read, or refused by a check that says which; never used.

All that is not to be read lies in one book, and all that is to be refused in another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest

from features.book import Book, open_book
from features.params import CheckParams
from features.snapshot import build_snapshot
from features.time_windows import as_of_date
from tests.features.literal_book import PARAMS
from tests.features.other_futures import changed_columns
from tests.features.small_books import GOOD, Row, book_of, day, write_csv

AS_OF = as_of_date("2026-01-15")
# what is planted in the columns of the tables, and beside them; and what says that it is not read
COLUMNS = {
    "the churns' own columns are smuggled into accounts": (
        "accounts",
        {"churned": True, "churned_at": day(20)},
    ),
    "the accounts say how it ended": ("accounts", {"status": "cancelled", "health": 3}),
    "the use says whose it was in the end": ("usage", {"is_lost": 1}),
    "the notes carry the label": ("notes", {"label": 1}),
    "the tickets carry the score of next year": ("tickets", {"health_next_year": 12}),
}
FILES = {
    "a table of churns lies in the book": "churns.csv",
    "a list of lost accounts lies in the book": "lost_accounts.csv",
    "next year's accounts lie beside this year's": "accounts.2027.csv",
}
TRUTH = "truth/churn_probability.csv"  # a folder: nobody looks into it, and nobody need be told
OUTCOME = "account_id,churned_at,kind\nA-1,2026-01-20T00:00:00Z,full\n"
N2, R2, T2, I2 = {"note_id": "N-2"}, {"response_id": "R-2"}, {"ticket_id": "T-2"}, {"invoice_id": "I-2"}
# table, the rows of a leak, and the check that refuses them
REFUSED: dict[str, tuple[str, list[Row], str]] = {
    "a score stands on a question without an answer": (
        "surveys", [{**R2, "score": 0.0, "responded_at": None}], "score_without_answer"),
    "an answer was given before the question was sent": (
        "surveys", [{"response_id": "R-3", "sent_at": day(9), "responded_at": day(3)}], "before_it_happened"),
    "a note was written before what it tells of": (
        "notes", [{**N2, "happened_at": day(20), "recorded_at": day(3)}], "known_before_it_happened"),
    "a time without its zone may be of the day after": (
        "notes", [{"note_id": "N-3", "happened_at": "2026-01-14T23:30:00"}], "no_time_zone"),
    "use of tomorrow was recorded yesterday": (
        "usage", [{"occurred_at": day(20), "recorded_at": day(3)}], "known_before_it_happened"),
    "a ticket was resolved before it was opened": (
        "tickets", [{"ticket_id": "T-3", "opened_at": day(20), "resolved_at": day(3)}], "before_it_happened"),
    "a ticket was exported twice, open and resolved": (
        "tickets", [{**T2, "resolved_at": day(12)}, {**T2, "resolved_at": None}], "duplicate_conflict"),
    "an invoice was paid before it was issued": (
        "invoices", [{"invoice_id": "I-3", "issued_at": day(9), "paid_at": day(3)}], "before_it_happened"),
    "an invoice was exported twice, before and after its payment": (
        "invoices", [{**I2, "paid_at": day(12)}, {**I2, "paid_at": None}], "duplicate_conflict"),
    "a role ended before it began": (
        "contacts", [{"contact_id": "C-2", "valid_from": day(9), "valid_to": day(3)}], "ends_before_start"),
    "a renewal was known before it changed": (
        "renewals", [{"contract_id": "K-2", "changed_at": day(20), "recorded_at": day(3)}],
        "known_before_it_happened"),
    "a renewal has two statuses at one instant": (
        "renewals", [{"changed_at": day(5), "status": s} for s in ("open", "churned")], "duplicate_conflict"),
    "a subscription has two states at one instant": (
        "subscriptions", [{"changed_at": day(5), "seats": n} for n in (9.0, 2.0)], "duplicate_conflict"),
}  # fmt: skip


def planted(folder: Path, rows: Mapping[str, Sequence[Row]], columns: Mapping[str, Row]) -> Book:
    """A book with one good row in each table, then `rows`; and with more `columns`."""
    tables = {}
    for name in GOOD:
        whole = {"recorded_at": None} | columns.get(name, {}) if name != "notes" else columns.get(name, {})
        tables[name] = [{**whole, **row} for row in ({}, *rows.get(name, []))]
    book_of(folder, write_csv, **tables)
    return open_book(folder / "acme", CheckParams(max_faulty_share=1.0))


def rows_of(book: Book) -> pd.DataFrame:
    return build_snapshot(book.source, [AS_OF], PARAMS)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    book = planted(tmp_path_factory.mktemp("honest"), {}, {})
    assert [report.rejected for report in book.checked.report.tables] == [0] * len(GOOD)
    assert book.checked.report.notices == ()
    return rows_of(book)


@pytest.fixture(scope="module")
def unread(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("unread")
    (folder / "acme" / "truth").mkdir(parents=True)
    for name in (*FILES.values(), TRUTH):
        (folder / "acme" / name).write_text(OUTCOME, encoding="utf-8")
    columns: dict[str, Row] = {}
    for table, more in COLUMNS.values():
        columns[table] = columns.get(table, {}) | more
    return planted(folder, {}, columns)


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Book:
    rows: dict[str, list[Row]] = {}
    for table, more, _ in REFUSED.values():
        rows[table] = [*rows.get(table, []), *more]
    return planted(tmp_path_factory.mktemp("refused"), rows, {})


@pytest.mark.parametrize("says", COLUMNS)
def test_a_column_that_is_no_column_of_the_product_is_named_and_not_read(unread: Book, says: str) -> None:
    table, columns = COLUMNS[says]
    said = {n.value for n in unread.checked.report.notices if n.field == f"{table}.csv header"}
    assert set(columns) <= said
    assert set(columns) & set(unread.source[table].columns) == set()


@pytest.mark.parametrize("says", FILES)
def test_a_file_that_is_no_table_of_the_features_is_named_and_not_read(unread: Book, says: str) -> None:
    assert FILES[says] in {n.value for n in unread.checked.report.notices if n.field == "book"}
    assert FILES[says].removesuffix(".csv") not in unread.source.tables


def test_a_book_full_of_outcomes_gives_the_rows_of_the_honest_one(honest: pd.DataFrame, unread: Book) -> None:
    assert (unread.folder / TRUTH).is_file()
    assert changed_columns(honest, rows_of(unread)) == []


@pytest.mark.parametrize("says", REFUSED)
def test_a_row_that_cannot_have_been_known_is_refused_by_a_named_check(refused: Book, says: str) -> None:
    table, _, code = REFUSED[says]
    planted_rows = Counter((t, c) for t, rows, c in REFUSED.values() for _ in rows)
    found = {fault.code: fault.count for fault in refused.checked.by_table[table].report.faults}
    assert found[code] == planted_rows[table, code]


def test_refused_rows_leave_the_rows_of_the_honest_book(honest: pd.DataFrame, refused: Book) -> None:
    rejected = sum(report.rejected for report in refused.checked.report.tables)
    assert rejected == sum(len(rows) for _, rows, _ in REFUSED.values())
    assert changed_columns(honest, rows_of(refused)) == []
