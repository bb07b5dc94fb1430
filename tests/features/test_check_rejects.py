"""No row disappears: what is rejected is beside the book, as it came, with its reasons."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.check_rejects import write_rejects
from features.faults import WrongUse
from tests.features.rejected_files import rejected_rows
from tests.features.small_books import (
    Writer,
    book_of,
    check,
    in_both_formats,
    write_csv,
)


def test_a_rejected_row_is_kept_as_it_came_with_all_its_faults(tmp_path: Path) -> None:
    bad = {"account_id": "=A9", "quantity": "-01", "occurred_at": "soon", "module": 'a, "b"\n'}
    checked = check(book_of(tmp_path, write_csv, usage=[bad, {}]))
    folder = write_rejects(checked)
    assert folder == tmp_path / "rejects" / "acme"
    (row,) = rejected_rows(folder, "usage")
    assert row.pop("rejected_because") == (
        "occurred_at: unparsable time; quantity: below minimum; account_id: unknown account"
    )
    assert row == {"user_id": "U-1", **bad}


@in_both_formats
def test_unknown_columns_are_kept_with_a_rejected_row(tmp_path: Path, write: Writer) -> None:
    folder = write_rejects(check(book_of(tmp_path, write, usage=[{"quantity": -1.0, "our_own": "x"}])))
    assert folder is not None
    assert rejected_rows(folder, "usage")[0]["our_own"] == "x"


@in_both_formats
def test_rejects_of_an_earlier_check_are_replaced_or_removed(tmp_path: Path, write: Writer) -> None:
    folder = write_rejects(
        check(book_of(tmp_path, write, usage=[{"quantity": -1.0}], notes=[{"kind": "fax"}]))
    )
    assert folder is not None
    (folder / "mine.txt").write_text("stays")
    write_rejects(check(book_of(tmp_path, write, usage=[{"user_id": None}], notes=[{}])))
    assert sorted(path.name for path in folder.iterdir()) == ["mine.txt", "usage.csv"]
    assert rejected_rows(folder, "usage")[0]["rejected_because"] == "user_id: empty"
    assert write_rejects(check(book_of(tmp_path, write, usage=[{}]))) is None
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_a_rejects_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    checked = check(book_of(tmp_path, write_csv, usage=[{"quantity": -1.0}]))
    (tmp_path / "rejects").write_text("a file where the folder should be")
    with pytest.raises(WrongUse, match=r"rejects is .*allowed: a folder that can be written. Next: mend it"):
        write_rejects(checked)
