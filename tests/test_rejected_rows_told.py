"""What every command that reads a book says of the rows that its checks rejected."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.command_runs import answer, run

WORDS = "left out as faulty: 2 rows of tickets; vitals check {} tells why"


@pytest.fixture
def faulty_book(small_book: Path, tmp_path: Path) -> Path:
    """A small book in which two tickets are of an unknown account."""
    book = tmp_path / "mine"
    shutil.copytree(small_book, book)
    tickets = pd.read_parquet(book / "tickets.parquet")
    tickets.loc[tickets.index[:2], "account_id"] = "A-unknown"
    tickets.to_parquet(book / "tickets.parquet", index=False)
    return book


def commands(book: Path, tmp_path: Path) -> list[tuple[object, ...]]:
    fresh = ("--registry", tmp_path / "none", "--store", f"sqlite:///{tmp_path / 'vitals.db'}")
    return [
        ("features", book, "--out", tmp_path / "features.csv"),
        ("nps", "--book", book),
        ("score", book, *fresh),
    ]


def test_rejected_rows_are_counted_by_table_for_people_and_for_machines(
    faulty_book: Path, tmp_path: Path
) -> None:
    for words in commands(faulty_book, tmp_path):
        done = run(*words)
        assert done.exit_code == 0, done.output
        assert WORDS.format(faulty_book) in done.stderr
        assert answer(*words)["rejected"] == {"tickets": 2}


def test_nothing_is_said_where_nothing_was_rejected(small_book: Path, tmp_path: Path) -> None:
    words = ("nps", "--book", small_book)
    assert "left out" not in run(*words).stderr
    assert answer(*words)["rejected"] == {}
