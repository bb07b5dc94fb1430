"""A whole book: what is accepted, what is said of the rest, and what stops a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.check_rejects import write_rejects
from features.faults import DataFault, WrongUse
from features.source_checks import check_book
from features.source_tables import SOURCE_TABLES
from tests.features.rejected_files import rejected_rows
from tests.features.small_books import (
    GOOD,
    JAN1,
    JAN2,
    Row,
    Writer,
    book_of,
    check,
    in_both_formats,
    only_fault,
    write_csv,
)


@in_both_formats
def test_a_book_of_good_rows_has_no_fault(tmp_path: Path, write: Writer) -> None:
    checked = check(book_of(tmp_path, write, **{name: [{}] for name in GOOD}), 0.0)
    checked.raise_if_fatal()
    assert [(t.name, t.rows, t.accepted) for t in checked.report.tables] == [(n, 1, 1) for n in SOURCE_TABLES]
    assert all("ok" in line for line in checked.report.as_text().splitlines()[1:])
    assert checked.tables["tickets"].text.execute()[0] == GOOD["tickets"]["text"]


@in_both_formats
def test_accepted_tables_have_the_canonical_columns_and_types(tmp_path: Path, write: Writer) -> None:
    kinds = {"text": "string", "time": "timestamp('UTC', 6)", "number": "float64", "flag": "boolean"}
    checked = check(book_of(tmp_path, write, **{name: [{}] for name in GOOD}))
    for name, rows in checked.tables.items():
        came = [(column, str(kind)) for column, kind in rows.schema().items()]
        assert came == [(column.name, kinds[column.kind]) for column in SOURCE_TABLES[name].columns]


@in_both_formats
def test_at_most_five_keys_and_three_values_are_shown_the_most_frequent_first(
    tmp_path: Path, write: Writer
) -> None:
    roles = ["cto", "cto", "ceo", "cfo", "cio", "coo", "cto"]
    rows = [{"contact_id": f"C-{n}", "role": role} for n, role in enumerate(roles)]
    found = only_fault(check(book_of(tmp_path, write, contacts=rows)), "contacts")
    assert found.count == 7
    assert [key.split(" / ")[0] for key in found.keys] == ["C-0", "C-1", "C-2", "C-3", "C-4"]
    assert found.values == ("cto", "ceo", "cfo")


def test_a_fact_later_than_the_clock_is_told_and_stays(tmp_path: Path) -> None:
    tickets = [{"opened_at": "2062-01-01T00:00:00Z", "first_response_at": None}, {"ticket_id": "T-2"}]
    book = book_of(tmp_path, write_csv, tickets=tickets)
    now = datetime(2026, 10, 31, tzinfo=UTC)
    found = check_book(book, SOURCE_TABLES, max_faulty_share=1.0, now=now)
    (notice,) = [n for n in found.report.notices if n.field == "tickets.opened_at"]
    assert notice.value == "2062-01-01 00:00 (T-1, last of 1 row)"
    assert found.tables["tickets"].count().execute() == 2


def test_the_year_9999_says_that_it_has_not_come_to_pass(tmp_path: Path) -> None:
    never = "9999-12-31T00:00:00Z"
    states, people = [{"ends_at": never}], [{"valid_to": never}]
    tables = {"subscriptions": states, "contacts": people, "tickets": [{"resolved_at": never}]}
    checked = check(book_of(tmp_path, write_csv, **tables), 0.0)
    checked.raise_if_fatal()
    assert checked.tables["subscriptions"].ends_at.execute().isna().all()
    assert checked.tables["tickets"].resolved_at.execute().isna().all()
    assert checked.tables["contacts"].valid_to.execute().isna().all()
    assert (
        only_fault(check(book_of(tmp_path, write_csv, invoices=[{"due_at": never}])), "invoices").count == 1
    )


def test_answers_before_the_contacts_first_role_are_a_notice(tmp_path: Path) -> None:
    answers = [{"responded_at": JAN1}, {"response_id": "R-2", "responded_at": JAN2}]
    answers = [{**row, "sent_at": JAN1, "contact_id": "C-1"} for row in answers]
    for began, count in ((JAN1, 0), (JAN2, 1)):
        book = book_of(tmp_path, write_csv, contacts=[{"valid_from": began}], surveys=answers)
        notices = [n.value for n in check(book).report.notices if n.field == "surveys.responded_at"]
        assert notices == [f"{JAN1[:10]} of contact C-1 (R-1, first of 1 answer)"] * count


def test_a_subscription_in_several_accounts_is_a_notice(tmp_path: Path) -> None:
    accounts = [{"account_id": name} for name in ("A-1", "A-2")]
    states = [{"account_id": "A-1"}, {"account_id": "A-2", "changed_at": JAN2}]
    found = check(book_of(tmp_path, write_csv, accounts=accounts, subscriptions=states))
    (notice,) = [n for n in found.report.notices if n.field == "subscriptions.subscription_id"]
    assert notice.value == "S-1 in several accounts (first of 1 subscriptions)"
    assert found.report.tables[1].accepted == 2


@in_both_formats
def test_an_unknown_contact_is_a_notice_and_its_row_stays(tmp_path: Path, write: Writer) -> None:
    surveys = [{"contact_id": "C-8"}, {"response_id": "R-2", "contact_id": "C-9"}, {"response_id": "R-3"}]
    checked = check(book_of(tmp_path, write, contacts=[{}], surveys=surveys))
    assert checked.tables["surveys"].count().execute() == 3
    (notice,) = [n for n in checked.report.notices if n.field == "surveys.contact_id"]
    assert str(notice) == (
        "surveys.contact_id is 'C-8 (first of 2 rows)'; allowed: a contact_id of contacts. "
        "Next: the rows are used, but without a role; add the contacts if you have them"
    )


@in_both_formats
def test_nothing_is_said_of_contacts_where_their_table_is_missing(tmp_path: Path, write: Writer) -> None:
    checked = check(book_of(tmp_path, write, surveys=[{"contact_id": "C-8"}]))
    assert "surveys.contact_id" not in {notice.field for notice in checked.report.notices}


@in_both_formats
def test_more_than_the_set_share_of_faulty_rows_is_fatal(tmp_path: Path, write: Writer) -> None:
    rows = [{"quantity": -1.0}, {}, {}, {}]
    book = book_of(tmp_path, write, usage=rows, contacts=[{"role": "boss"}])
    check(book, 1.0).raise_if_fatal()
    with pytest.raises(DataFault) as caught:
        check(book, 0.249).raise_if_fatal()
    assert [str(fault) for fault in caught.value.faults] == [
        "contacts is '100 % faulty rows (1 of 1)'; allowed: at most 24.9 % (checks.max_faulty_share in "
        "params.yaml). Next: mend the faults named for contacts, or raise that limit",
        "usage is '25 % faulty rows (1 of 4)'; allowed: at most 24.9 % (checks.max_faulty_share in "
        "params.yaml). Next: mend the faults named for usage, or raise that limit",
    ]


@in_both_formats
def test_exactly_the_set_share_of_faulty_rows_is_not_fatal(tmp_path: Path, write: Writer) -> None:
    checked = check(book_of(tmp_path, write, usage=[{"quantity": -1.0}, {}, {}, {}]), 0.25)
    checked.raise_if_fatal()
    assert [table.name for table in checked.report.exceeds(0.24)] == ["usage"]


@pytest.mark.parametrize("share", [-0.1, 5, float("nan")])
def test_a_share_that_is_none_is_wrong_use(tmp_path: Path, share: float) -> None:
    with pytest.raises(
        WrongUse, match=r"checks.max_faulty_share is .*; allowed: 0 to 1. Next: write 5 % as 0.05"
    ):
        check(tmp_path, share)


@in_both_formats
def test_the_report_reads_as_text_and_as_json(tmp_path: Path, write: Writer) -> None:
    report = check(book_of(tmp_path, write, usage=[{}, {"quantity": -1.0}]), 0.1).report
    lines = report.as_text().splitlines()
    assert lines[0] == "book acme: 2 tables, 3 rows read, 2 accepted, 1 rejected"
    assert lines[1:3] == [
        "  accounts                 1 rows  ok",
        "  usage                    2 rows  1 rejected (50 %)",
    ]
    assert lines[3].startswith("    below_minimum, 1 row: usage.quantity is '-1.0'")
    assert lines[4] == f"      for example A-1 / {JAN2}"
    assert lines[-1].startswith("FATAL: usage is '50 % faulty rows (1 of 2)'")
    as_json = report.as_dict()
    assert (as_json["ok"], as_json["tables"][1]["accepted"]) == (False, 1)  # type: ignore[index]


def test_a_connection_of_ones_own_holds_the_accepted_rows_and_speaks_utc(tmp_path: Path) -> None:
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET TimeZone = 'Asia/Shanghai'")
    checked = check_book(book_of(tmp_path, write_csv), SOURCE_TABLES, connection=connection)
    assert checked.connection is connection
    assert connection.table("accounts").created_at.cast("string").execute()[0] == JAN1


TIMES = [None, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-02", "soon"]
SURVEYS = st.fixed_dictionaries(
    {
        "response_id": st.sampled_from(["R-1", "R-2", "R-3", "R-4", None]),
        "account_id": st.sampled_from(["A-1", "A-1", "A-9", None]),
        "kind": st.sampled_from(["nps", "nps", "csat", "fax", None]),
        "score": st.sampled_from([None, "0", "10", "11", "x", "inf"]),
        "scale_max": st.sampled_from(["10", "10", "10", "0", None]),
        "sent_at": st.sampled_from(TIMES),
        "responded_at": st.sampled_from(TIMES),
    }
)


def naively_accepted(rows: Sequence[Row]) -> Iterator[str]:
    """The same rules once more, row by row, as one would say them: the answer ids of the good rows."""
    came = [tuple(row.items()) for row in rows]
    for place, row in enumerate(rows):
        twins = [other for other in came if dict(other)["response_id"] == row["response_id"]]
        times_fine = row["sent_at"] in TIMES[1:3] and row["responded_at"] in TIMES[:3]
        if (
            row["response_id"] is not None
            and (len(set(twins)) == 1 and came.index(came[place]) == place)
            and row["account_id"] == "A-1"
            and row["kind"] in ("nps", "csat")
            and row["scale_max"] == "10"
            and row["score"] in (None, "0", "10")
            and (row["score"] is None or row["responded_at"] is not None)
            and times_fine
            and not (row["responded_at"] and row["responded_at"] < row["sent_at"])
        ):
            yield row["response_id"]


@settings(deadline=None, max_examples=12, derandomize=True)
@given(rows=st.lists(SURVEYS, min_size=1, max_size=25))
def test_every_row_is_either_accepted_or_rejected_and_rightly_so(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row]
) -> None:
    changes = [{**row, "scale_min": "0", "recorded_at": None} for row in rows]
    checked = check(book_of(tmp_path_factory.mktemp("any"), write_csv, surveys=changes))
    report = checked.by_table["surveys"].report
    assert report.rows == len(rows) == report.accepted + report.rejected
    assert sorted(checked.tables["surveys"].response_id.execute()) == sorted(naively_accepted(rows))
    folder = write_rejects(checked)
    assert len(rejected_rows(folder, "surveys") if folder else []) == report.rejected
