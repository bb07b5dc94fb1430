"""Opening a book: what features may see, what is set aside, what stops a run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from features.book import open_book
from features.faults import DataFault
from features.params import CheckParams
from features.source_tables import SOURCE_TABLES
from training.outcome_tables import ALL_TABLES, CHURNS


def test_a_book_shows_features_its_source_tables_only(small_book: Path) -> None:
    book = open_book(small_book, CheckParams(), ALL_TABLES)
    assert set(book.tables) == set(ALL_TABLES)
    assert set(book.source.tables) == set(SOURCE_TABLES)
    assert CHURNS.name not in book.source.tables
    assert "known_day" in book.source["usage"].columns


def with_a_bad_account(folder: Path) -> Path:
    """A book of accounts alone, in which one of two is no account."""
    folder.mkdir()
    lines = "account_id,created_at\nA-1,2026-01-31T00:00:00Z\nA-2,2026-01-31\n"
    (folder / "accounts.csv").write_text(lines)
    return folder


def test_a_faulty_row_is_set_aside_and_the_rest_is_used(tmp_path: Path) -> None:
    folder = with_a_bad_account(tmp_path / "book")
    book = open_book(folder, CheckParams(max_faulty_share=0.5))
    assert book.source["accounts"].account_id.execute().tolist() == ["A-1"]
    assert any(tmp_path.rglob("rejects/*"))


def test_too_many_faulty_rows_stop_the_run_after_they_were_set_aside(
    small_book: Path, tmp_path: Path
) -> None:
    folder = with_a_bad_account(tmp_path / "book")
    with pytest.raises(DataFault, match="accounts"):
        open_book(folder, CheckParams(max_faulty_share=0.4))
    assert any(tmp_path.rglob("rejects/*"))


def test_a_book_without_accounts_is_refused(small_book: Path, tmp_path: Path) -> None:
    without = shutil.copytree(
        small_book, tmp_path / "book", ignore=shutil.ignore_patterns("accounts.*", "truth")
    )
    with pytest.raises(DataFault, match="accounts"):
        open_book(without, CheckParams())
