"""What is wrong with a folder, a file or a header is said at once, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.features.small_books import Writer, book_of, check, in_both_formats, write_csv, write_parquet

HEADER = "account_id,created_at,name"
ROW = "A-1,2026-01-01T00:00:00Z,Acme"


def fatal_of(folder: Path) -> list[str]:
    return [str(fault) for fault in check(folder).report.fatal]


def book_with(tmp_path: Path, accounts: bytes | str, name: str = "accounts.csv") -> Path:
    content = accounts if isinstance(accounts, bytes) else accounts.encode()
    (tmp_path / name).write_bytes(content)
    return tmp_path


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    assert fatal_of(tmp_path / "nowhere") == [
        f"book is '{tmp_path / 'nowhere'}'; allowed: a folder with one file per table. "
        "Next: name the folder that holds accounts.parquet or accounts.csv"
    ]


@in_both_formats
def test_a_missing_table_is_a_notice_and_missing_accounts_are_fatal(tmp_path: Path, write: Writer) -> None:
    book = book_of(tmp_path, write, usage=[{}])
    notices = [str(notice) for notice in check(book).report.notices]
    assert (
        "tickets is 'missing'; allowed: tickets.parquet or tickets.csv. "
        "Next: add it if you have it; until then what depends on it is missing"
    ) in notices
    next(book.glob("accounts.*")).unlink()
    checked = check(book)
    assert [str(fault) for fault in checked.report.fatal] == [
        "accounts is 'missing'; allowed: accounts.parquet or accounts.csv. "
        "Next: add it: every other table refers to its accounts"
    ]
    assert checked.report.tables[0].rejected == 0  # no row is blamed for an account that nobody could know


def test_a_table_given_twice_is_fatal(tmp_path: Path) -> None:
    book = book_of(tmp_path, write_csv, usage=[{}])
    book_of(tmp_path, write_parquet, usage=[{}])
    (book / "accounts.csv").unlink()
    assert fatal_of(book) == [
        "usage is 'usage.parquet and usage.csv'; allowed: one file per table. "
        "Next: remove the one that is out of date"
    ]


def test_an_unknown_file_is_a_notice_with_the_nearest_table(tmp_path: Path) -> None:
    book = book_of(tmp_path, write_csv)
    (book / "ticket.csv").write_text("a\n")
    (book / ".hidden").write_text("")
    (book / "truth").mkdir()
    said = [str(notice) for notice in check(book).report.notices if notice.field == "book"]
    assert said == [
        "book is 'ticket.csv'; allowed: one file per table, .parquet or .csv. "
        "Next: it is not read; did you mean 'tickets'?"
    ]


@in_both_formats
def test_an_unknown_column_is_a_notice_with_the_nearest_one(tmp_path: Path, write: Writer) -> None:
    checked = check(book_of(tmp_path, write, accounts=[{"industri": "steel"}]))
    checked.raise_if_fatal()
    assert (
        "is 'industri'; allowed: a column of accounts. Next: it is not read; did you mean 'industry'?"
        in checked.report.as_text()
    )
    assert "industri" not in checked.tables["accounts"].columns


def test_a_missing_required_column_is_fatal_with_the_nearest_that_came(tmp_path: Path) -> None:
    book = book_with(tmp_path, f"acount_id,created_at,name\n{ROW}\n")
    (book / "usage.csv").write_text("account_id,user_id,occurred_at\nA-1,U-1,2026-01-01T00:00:00Z\n")
    assert fatal_of(book) == [
        "accounts.csv column account_id is 'missing'; allowed: a required column. "
        "Next: add it, or rename one of yours: did you mean 'acount_id'?",
        "usage.csv column quantity is 'missing'; allowed: a required column. "
        "Next: add it, or rename one of yours: use one of: 'account_id', 'occurred_at', 'user_id'",
    ]
    assert check(book).report.exceeds(0.0) == ()  # a fault of the file is not one of each of its rows


@pytest.mark.parametrize("header", ["Account_ID", "account_id ", "\ufeffaccount_id", "ACCOUNT_ID"])
def test_a_column_name_almost_right_is_fatal_and_not_guessed(tmp_path: Path, header: str) -> None:
    book = book_with(tmp_path, f"{header},created_at,name\n{ROW}\n")
    assert fatal_of(book) == [
        f"accounts.csv header is {header!r}; allowed: the exact column name. "
        "Next: rename it to 'account_id': capitals, spaces and a byte-order mark count"
    ]


def test_an_optional_column_almost_right_is_fatal_too(tmp_path: Path) -> None:
    book = book_with(tmp_path, f"account_id,created_at,Recorded_At\n{ROW}\n")
    assert "rename it to 'recorded_at'" in fatal_of(book)[0]


def test_a_column_of_lists_is_one_fault_of_the_file(tmp_path: Path) -> None:
    book = book_of(tmp_path, write_parquet, subscriptions=[{"modules": ["crm", "chat"]}])
    assert fatal_of(book) == [
        "subscriptions.parquet column modules is 'array<string>'; allowed: plain values. "
        "Next: write one plain value per cell (several modules: separated by |)"
    ]


def test_all_faults_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    book = book_with(tmp_path, "Account_Id,created_at\n")
    (book / "usage.parquet").write_bytes(b"no")
    (book / "notes.csv").write_bytes(b"")
    assert [message.split()[0] for message in fatal_of(book)] == [
        "accounts.csv",
        "usage.parquet",
        "notes.csv",
    ]


@pytest.mark.parametrize("lines", [[HEADER], [HEADER, ""], [HEADER, ROW, "", ""]])
def test_blank_lines_and_a_header_alone_are_no_fault(tmp_path: Path, lines: Sequence[str]) -> None:
    checked = check(book_with(tmp_path, "\n".join(lines)))
    checked.raise_if_fatal()
    assert checked.report.tables[0].rows == lines.count(ROW)


def test_commas_quotes_line_ends_and_chinese_in_a_cell_come_through(tmp_path: Path) -> None:
    name = '质量, "好"\r\nnext\nline'
    text = f'{HEADER}\r\nA-1,2026-01-01T00:00:00Z,"{name.replace(chr(34), 2 * chr(34))}"\r\n'
    checked = check(book_with(tmp_path, text))
    assert checked.tables["accounts"].name.to_pyarrow().to_pylist() == [name]


@in_both_formats
@pytest.mark.parametrize("folder", ["it's [1] *", "客户 ?x"])
def test_a_folder_may_have_any_name(tmp_path: Path, write: Writer, folder: str) -> None:
    (tmp_path / folder).mkdir()
    assert check(book_of(tmp_path / folder, write)).report.tables[0].accepted == 1
