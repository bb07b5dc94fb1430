"""Every fault a row can have, said with value, allowed set and next step."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from features.exact import exact_sum
from features.source_checks import CheckedBook
from features.source_tables import MOST_USED, SOURCE_TABLES
from features.source_values import LARGEST
from tests.features.small_books import (
    JAN1,
    JAN2,
    Row,
    Writer,
    book_of,
    check,
    day,
    faults_of,
    in_both_formats,
    only_fault,
    write_csv,
    write_parquet,
)

INSTANT = "a time with its zone, such as 2026-01-31T09:30:00Z"
MAP_IT = "map it to an allowed value in the import mapping"
ADD_ZONE = "add the zone (Z or an offset); in an import mapping, set the source's time zone"
MEND_TIMES = "mend the one that is wrong at the source (a changed time zone is a common cause)"
MEND_SIGN = "mend the sign or the unit at the source"
MEND_SCALE = "mend the score, or the scale of its row"
KINDS = "bug, question, suggestion, incident"
ROLES = "decision_maker, manager, user, it_manager, finance"

# table, what is changed in its good row, code, field, value shown, allowed, next step
ROW_FAULTS: list[tuple[str, Row, str, str, str, str, str]] = [
    ("contacts", {"role": "manger"}, "not_allowed",
     "role", "manger", ROLES, f"{MAP_IT}; did you mean 'manager'?"),
    ("tickets", {"kind": "bugg"}, "not_allowed",
     "kind", "bugg", KINDS, f"{MAP_IT}; did you mean 'bug'?"),
    ("surveys", {"kind": "zzz"}, "not_allowed",
     "kind", "zzz", "nps, ces, csat", f"{MAP_IT}; use one of: 'ces', 'csat', 'nps'"),
    ("notes", {"role": "User"}, "not_allowed",
     "role", "User", ROLES, f"{MAP_IT}; did you mean 'user'?"),
    ("usage", {"account_id": "A-9"}, "unknown_account",
     "account_id", "A-9", "an accepted account_id of accounts",
     "add the account to accounts (or mend its row there), or leave these rows out"),
    ("usage", {"occurred_at": "yesterday"}, "unparsable_time",
     "occurred_at", "yesterday", INSTANT, "write it like that at the source (RFC 3339)"),
    ("usage", {"occurred_at": "2026-01-31T10:00:00"}, "no_time_zone",
     "occurred_at", "2026-01-31T10:00:00", INSTANT, ADD_ZONE),
    ("usage", {"occurred_at": "0001-02-26T00:00:00Z"}, "year_out_of_range",
     "occurred_at", "0001-02-26T00:00:00Z", "a year from 1970 to 2200",
     "mend the year at the source; where a period has no end, leave it empty"),
    ("usage", {"user_id": None}, "empty",
     "user_id", "empty", "a value", "fill it in at the source, or leave the row out"),
    ("usage", {"quantity": "1,000"}, "not_a_number",
     "quantity", "1,000", "a finite number, or empty",
     "write digits with a point as decimal mark, and no thousands separator or unit"),
    ("usage", {"quantity": 1e15}, "too_large",
     "quantity", "1000000000000000.0", "at most 1e+12 either way",
     "mend the number or its unit at the source"),
    ("invoices", {"amount": 1e300}, "too_large",
     "amount", "1e+300", "at most 1e+15 either way", "mend the number or its unit at the source"),
    ("subscriptions", {"seats": -3.0}, "below_minimum",
     "seats", "-3.0", "at least 0", MEND_SIGN),
    ("invoices", {"amount": -0.5}, "below_minimum",
     "amount", "-0.5", "at least 0", MEND_SIGN),
    ("tickets", {"reopened": "maybe"}, "not_a_flag",
     "reopened", "maybe", "true or false", "write true or false; an import mapping can map other words"),
    ("surveys", {"score": 11.0}, "outside_scale",
     "score", "11.0 (scale_min 0.0, scale_max 10.0)", "scale_min to scale_max", MEND_SCALE),
    ("surveys", {"scale_min": 10.0}, "scale_upside_down",
     "scale_min", "10.0 (scale_max 10.0)", "scale_min below scale_max", MEND_SCALE),
    ("surveys", {"responded_at": None}, "score_without_answer",
     "score", "9.0 (responded_at empty)", "a score with its responded_at",
     "add the time of the answer: without it nobody can say from when the score was known"),
    ("surveys", {"sent_at": day(3)}, "before_it_happened",
     "responded_at", f"{JAN2} (sent_at 2026-01-03 00:00:00+00)", "responded_at at or after sent_at",
     MEND_TIMES),
    ("contacts", {"valid_from": day(2), "valid_to": day(1)}, "ends_before_start",
     "valid_to", f"{JAN1} (valid_from {JAN2})", "valid_to at or after valid_from", MEND_TIMES),
    ("subscriptions", {"starts_at": day(2), "ends_at": day(1)}, "ends_before_start",
     "ends_at", f"{JAN1} (starts_at {JAN2})", "ends_at at or after starts_at", MEND_TIMES),
    ("notes", {"recorded_at": day(1)}, "known_before_it_happened",
     "recorded_at", f"{JAN1} (happened_at {JAN2})", "recorded_at at or after happened_at", MEND_TIMES),
]  # fmt: skip


def fits_typed_columns(change: Row) -> bool:
    return not any(isinstance(value, str) for value in change.values())


def faulty_rows(*, typed: bool) -> dict[str, list[Row]]:
    """One row per fault, each with a key of its own; `typed` leaves out what a typed column cannot hold."""
    rows: dict[str, list[Row]] = {}
    for number, (table, change, *_) in enumerate(ROW_FAULTS):
        if not typed or fits_typed_columns(change):
            key = (SOURCE_TABLES[table].key or ("user_id",))[0]
            rows.setdefault(table, []).append({key: f"K-{number}", **change})
    return rows


@pytest.fixture(scope="module")
def faulty_book(tmp_path_factory: pytest.TempPathFactory) -> CheckedBook:
    return check(book_of(tmp_path_factory.mktemp("faulty"), write_csv, **faulty_rows(typed=False)))


@pytest.mark.parametrize("case", ROW_FAULTS, ids=[f"{case[0]}-{case[2]}-{case[3]}" for case in ROW_FAULTS])
def test_a_faulty_row_is_named_with_value_allowed_set_and_next_step(
    faulty_book: CheckedBook, case: tuple[str, Row, str, str, str, str, str]
) -> None:
    table, _, code, field, value, allowed, step = case
    (found,) = [
        f for f in faults_of(faulty_book, table) if (f.code, f.fault.field) == (code, f"{table}.{field}")
    ]
    assert (found.count, len(found.keys)) == (1, 1)
    assert str(found.fault) == f"{table}.{field} is '{value}'; allowed: {allowed}. Next: {step}"


def test_a_faulty_row_has_its_own_faults_and_no_other(faulty_book: CheckedBook) -> None:
    found = Counter((t.name, fault.code) for t in faulty_book.report.tables for fault in t.faults)
    assert found == Counter((table, code) for table, _, code, *_ in ROW_FAULTS)
    assert [t.name for t in faulty_book.report.tables if t.accepted] == ["accounts"]


def test_the_same_faults_are_found_in_typed_parquet_columns(tmp_path: Path) -> None:
    rows = faulty_rows(typed=True)
    expected = Counter((table, code) for table, change, code, *_ in ROW_FAULTS if fits_typed_columns(change))
    checked = check(book_of(tmp_path, write_parquet, **rows))
    assert Counter((t.name, fault.code) for t in checked.report.tables for fault in t.faults) == expected


@in_both_formats
def test_an_answer_without_a_score_and_the_ends_of_the_scale_are_fine(tmp_path: Path, write: Writer) -> None:
    changes: list[Row] = [{"score": None}, {"score": None, "comment": "ok"}, {"score": 0.0}, {"score": 10.0}]
    surveys = [{"response_id": f"R-{n}", **change} for n, change in enumerate(changes)]
    assert faults_of(check(book_of(tmp_path, write, surveys=surveys)), "surveys") == ()


@pytest.mark.parametrize("score", [11.0, -1.0, float("inf"), float("nan")])
def test_a_typed_score_outside_its_scale_is_rejected(tmp_path: Path, score: float) -> None:
    found = only_fault(check(book_of(tmp_path, write_parquet, surveys=[{"score": score}])), "surveys")
    assert found.code == ("outside_scale" if abs(score) < 99 else "not_a_number")


@in_both_formats
def test_the_largest_number_allowed_can_be_added_up(tmp_path: Path, write: Writer) -> None:
    used = [{"quantity": MOST_USED}, {"user_id": "U-2", "quantity": MOST_USED}]
    paid = [{"amount": LARGEST}, {"invoice_id": "I-2", "amount": LARGEST}]
    checked = check(book_of(tmp_path, write, usage=used, invoices=paid)).tables
    assert exact_sum(checked["usage"].quantity, 1000).execute() == 2 * MOST_USED
    assert exact_sum(checked["invoices"].amount, 1000).execute() == 2 * LARGEST


@pytest.mark.parametrize(
    ("issued", "due", "count"),
    [
        ("2026-06-01T01:00:00Z", "2026-05-31T16:00:00Z", 0),  # 09:00 in Shanghai, due that day
        ("2026-06-01T13:00:00Z", "2026-06-01T04:00:00Z", 0),  # the same in New York
        ("2026-06-01T16:00:00Z", "2026-05-31T16:00:00Z", 1),  # the next day has begun
        ("2026-06-01T01:00:00Z", "2026-05-31T16:00:01Z", 1),  # a time, and no day
    ],
)
def test_a_date_alone_stands_for_all_of_its_day(tmp_path: Path, issued: str, due: str, count: int) -> None:
    for row in ({"due_at": due}, {"due_at": "2026-07-01T00:00:00Z", "paid_at": due}):
        book = book_of(tmp_path, write_csv, invoices=[{"issued_at": issued, **row}])
        (found,) = [table for table in check(book).report.tables if table.name == "invoices"]
        assert found.rejected == count


@in_both_formats
def test_what_happens_at_the_same_moment_is_in_order(tmp_path: Path, write: Writer) -> None:
    same = {"sent_at": day(2), "responded_at": day(2), "recorded_at": day(2)}
    assert faults_of(check(book_of(tmp_path, write, surveys=[same])), "surveys") == ()


@in_both_formats
def test_rows_of_a_rejected_account_are_rejected_too(tmp_path: Path, write: Writer) -> None:
    accounts = [{}, {"account_id": "A-2", "created_at": None}]
    checked = check(book_of(tmp_path, write, accounts=accounts, usage=[{}, {"account_id": "A-2"}]))
    assert only_fault(checked, "usage").keys == (f"A-2 / {JAN2}",)
