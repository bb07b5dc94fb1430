"""Two rows with one key: copies but for one are rejected, and all of them where they differ."""

from __future__ import annotations

from pathlib import Path

from tests.features.small_books import (
    JAN1,
    Writer,
    book_of,
    check,
    day,
    faults_of,
    in_both_formats,
    only_fault,
    write_csv,
)


@in_both_formats
def test_exact_copies_of_a_row_are_rejected_but_for_one(tmp_path: Path, write: Writer) -> None:
    checked = check(book_of(tmp_path, write, tickets=[{}, {}, {}, {"ticket_id": "T-2"}]))
    found = only_fault(checked, "tickets")
    assert (found.code, found.count, found.keys) == ("duplicate_copy", 2, ("T-1",))
    assert str(found.fault) == (
        "tickets.ticket_id is 'T-1'; allowed: one row per ticket_id. "
        "Next: leave the copies out of the export; the first one is kept"
    )
    assert sorted(checked.tables["tickets"].ticket_id.execute()) == ["T-1", "T-2"]


@in_both_formats
def test_rows_of_one_key_that_differ_are_all_rejected(tmp_path: Path, write: Writer) -> None:
    checked = check(book_of(tmp_path, write, tickets=[{}, {}, {"severity": "high"}, {"ticket_id": "T-2"}]))
    found = only_fault(checked, "tickets")
    assert (found.code, found.count) == ("duplicate_conflict", 3)
    assert str(found.fault).endswith("decide at the source which row holds; none of them is used until then")
    assert checked.tables["tickets"].ticket_id.execute().tolist() == ["T-2"]


@in_both_formats
def test_a_key_of_several_columns_is_one_key(tmp_path: Path, write: Writer) -> None:
    rows = [{}, {"changed_at": day(3)}, {"contract_id": "K-2"}, {"status": "churned"}]
    found = only_fault(check(book_of(tmp_path, write, renewals=rows)), "renewals")
    assert (found.code, found.count, found.keys) == ("duplicate_conflict", 2, (f"A-1 / K-1 / {JAN1}",))


def test_the_same_instant_written_in_two_zones_is_one_key(tmp_path: Path) -> None:
    rows = [{"changed_at": "2026-01-01T00:00:00Z"}, {"changed_at": "2026-01-01T08:00:00+08:00"}]
    found = only_fault(check(book_of(tmp_path, write_csv, renewals=rows)), "renewals")
    assert (found.code, found.count) == ("duplicate_conflict", 2)


@in_both_formats
def test_events_have_no_key_and_may_repeat(tmp_path: Path, write: Writer) -> None:
    assert faults_of(check(book_of(tmp_path, write, usage=[{}, {}])), "usage") == ()
