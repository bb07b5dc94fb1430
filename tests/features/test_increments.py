"""A book in parts is the same book: in any split, in any order, and told twice."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.book import open_book
from features.faults import DataFault, WrongUse
from features.params import CheckParams, FeatureParams
from features.snapshot import build_snapshot
from features.source_tables import MOST_USED
from tests.features.increments_of_books import append_frames, nightly, write_frames
from tests.features.literal_book import AS_OF
from tests.features.other_futures import changed_columns
from tests.features.random_books import Frames, random_frames

DAY = pd.Timedelta(days=1)
LIMITS = CheckParams(max_faulty_share=1.0)
DATES = [AS_OF - 45 * DAY, AS_OF]


def rows_of(book: Path, *dates: pd.Timestamp, rolled: bool = True) -> pd.DataFrame:
    return build_snapshot(open_book(book, LIMITS, rolled=rolled).source, list(dates), FeatureParams())


def bytes_of(book: Path) -> dict[str, str]:
    return {
        str(path.relative_to(book)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in book.rglob("*.parquet")
        if ".rolled" not in path.parts
    }


def test_a_table_that_comes_later_with_its_history_is_not_late(book: Path) -> None:
    ticket = {"ticket_id": "T", "account_id": "A", "kind": "bug", "severity": "low"}
    told = frames_of(tickets=[{**ticket, "opened_at": AS_OF - 20 * DAY}])
    append_frames(frames_of(usage=[used(3)]), book, AS_OF - 2 * DAY)
    append_frames(told, book, AS_OF - DAY)
    assert rows_of(book, AS_OF - 10 * DAY)["tickets_90d"].tolist() == [1.0]


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_any_split_in_any_order_gives_the_bits_of_the_whole_book(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    frames = random_frames(rng, AS_OF, accounts=12)
    if seed == 2:  # what is said in texts and answers costs the most, and is told by the first
        frames = {name: frames[name] for name in ("accounts", "invoices", "tickets", "contacts", "usage")}
    write_frames(frames, tmp_path / "whole")
    ages = sorted(rng.choice(range(1, 300), 3, replace=False), reverse=True)
    cuts = [*(AS_OF - int(age) * DAY for age in ages), AS_OF + 1000 * DAY]
    parts = nightly(frames, cuts)
    if seed == 1:  # a base that was imported whole; otherwise the first increment begins the book
        write_frames(parts[0], tmp_path / "split")
    for number in rng.permutation(range(1 if seed == 1 else 0, len(parts))):
        append_frames(parts[number], tmp_path / "split", cuts[number])
    whole = rows_of(tmp_path / "whole", *DATES)
    for rolled in (True, False)[:seed]:
        assert changed_columns(whole, rows_of(tmp_path / "split", *DATES, rolled=rolled)) == []


ACCOUNT: dict[str, Any] = {"account_id": "A", "created_at": AS_OF - 300 * DAY, "segment": "smb"}
INVOICE: dict[str, Any] = {
    **{"invoice_id": "I", "account_id": "A", "amount": 10.0, "currency": "EUR"},
    **{"issued_at": AS_OF - 60 * DAY, "due_at": AS_OF - 30 * DAY, "paid_at": pd.NaT},
}


def used(days: float, **more: Any) -> dict[str, Any]:
    row = {"account_id": "A", "user_id": "U", "occurred_at": AS_OF - days * DAY, "quantity": 1.0}
    return {**row, "module": "core", "feature": "login", **more}


def frames_of(**tables: list[dict[str, Any]]) -> Frames:
    found = {}
    for name, rows in tables.items():
        frame = pd.DataFrame(rows)
        times = [column for column in frame if str(column).endswith("_at")]
        found[name] = frame.assign(
            **{c: pd.to_datetime(frame[c], utc=True).astype("datetime64[us, UTC]") for c in times}
        )
    return found


@pytest.fixture
def book(tmp_path: Path) -> Path:
    base = frames_of(accounts=[ACCOUNT], invoices=[INVOICE], usage=[used(40), used(21)])
    write_frames(base, tmp_path / "book")
    return tmp_path / "book"


def test_nothing_before_is_rewritten_and_the_same_export_again_adds_nothing(book: Path) -> None:
    before = bytes_of(book)
    increment = frames_of(usage=[used(3), used(2)], accounts=[ACCOUNT])
    append_frames(increment, book, AS_OF - DAY)
    after = bytes_of(book)
    assert before.items() < after.items()
    again = append_frames(increment, book, AS_OF)
    assert bytes_of(book) == after
    assert "in the book already" in again.statements[-1]


def test_an_export_that_goes_back_to_an_earlier_one_is_news_where_another_came_between(book: Path) -> None:
    mid = frames_of(accounts=[{**ACCOUNT, "segment": "mid"}], usage=[used(3)])
    large = frames_of(accounts=[{**ACCOUNT, "segment": "enterprise"}])
    for days, frames in ((4, mid), (3, large), (2, mid)):
        append_frames(frames, book, AS_OF - days * DAY)
    segments = [
        row["segment"] for row in open_book(book, LIMITS).source["accounts"].execute().to_dict("records")
    ]
    assert segments == ["mid"]
    assert "in the book already" in append_frames(mid, book, AS_OF - DAY).statements[-1]


def test_an_increment_of_other_tables_between_does_not_make_an_export_new(book: Path) -> None:
    mid = frames_of(accounts=[{**ACCOUNT, "segment": "mid"}])
    append_frames(mid, book, AS_OF - 4 * DAY)
    append_frames(frames_of(usage=[used(3)]), book, AS_OF - 3 * DAY)
    assert "in the book already" in append_frames(mid, book, AS_OF - 2 * DAY).statements[-1]


def test_an_old_job_that_runs_again_with_its_own_date_adds_nothing(book: Path) -> None:
    mid = frames_of(accounts=[{**ACCOUNT, "segment": "mid"}])
    append_frames(mid, book, AS_OF - 4 * DAY)
    append_frames(frames_of(accounts=[{**ACCOUNT, "segment": "large"}]), book, AS_OF - 3 * DAY)
    assert "in the book already" in append_frames(mid, book, AS_OF - 4 * DAY).statements[-1]


def test_the_most_use_that_is_allowed_can_be_rolled_up(book: Path) -> None:
    append_frames(frames_of(usage=[used(3, quantity=MOST_USED)] * 1_000), book, AS_OF - DAY)
    assert open_book(book, LIMITS).source["usage"].quantity.sum().execute() == 1_000 * MOST_USED + 2


def test_exports_of_use_may_overlap(book: Path) -> None:
    append_frames(frames_of(usage=[used(21), used(3), used(3)]), book, AS_OF - 2 * DAY)
    report = append_frames(frames_of(usage=[used(3), used(3), used(2)]), book, AS_OF - DAY)
    assert [table.written for table in report.tables] == [1]
    assert open_book(book, LIMITS, rolled=False).source["usage"].count().execute() == 5
    assert rows_of(book, AS_OF)["events_per_active_user_30d"].tolist() == [4.0]


def test_use_that_a_later_increment_tells_was_not_known_before_it(book: Path) -> None:
    date = AS_OF - 5 * DAY
    before = rows_of(book, date)
    append_frames(frames_of(usage=[used(3)]), book, AS_OF - 2 * DAY)
    append_frames(frames_of(usage=[used(22, user_id="late")]), book, AS_OF - DAY)
    for rolled in (True, False):
        assert changed_columns(before, rows_of(book, date, rolled=rolled)) == []
        assert rows_of(book, AS_OF, rolled=rolled)["active_users_30d"].tolist() == [2.0]


def test_late_use_that_says_when_it_was_recorded_counts_from_then(book: Path) -> None:
    late = used(22, user_id="late", recorded_at=AS_OF - 20 * DAY)
    append_frames(frames_of(usage=[late]), book, AS_OF - DAY)
    assert rows_of(book, AS_OF - 19 * DAY)["active_users_30d"].tolist() == [2.0]
    assert rows_of(book, AS_OF - 20 * DAY)["active_users_30d"].tolist() == [1.0]


def test_an_invoice_that_is_paid_is_the_same_row_and_known_as_paid_when_it_says(book: Path) -> None:
    paid = {**INVOICE, "paid_at": AS_OF - 12 * DAY}
    append_frames(frames_of(invoices=[paid]), book, AS_OF - 11 * DAY)
    opened = open_book(book, LIMITS)
    assert opened.checked.versions == {}
    assert opened.source["invoices"].to_pandas()["paid_at"].tolist() == [AS_OF - 12 * DAY]


def test_a_payment_told_late_counts_from_the_increment_that_tells_it(book: Path) -> None:
    append_frames(frames_of(usage=[used(3)]), book, AS_OF - 2 * DAY)
    append_frames(frames_of(invoices=[{**INVOICE, "paid_at": AS_OF - 25 * DAY}]), book, AS_OF - DAY)
    append_frames(
        frames_of(invoices=[{**INVOICE, "paid_at": AS_OF - 25 * DAY}], usage=[used(1)]), book, AS_OF
    )
    then, now = (rows_of(book, date)["overdue_invoices"].tolist() for date in (AS_OF - 3 * DAY, AS_OF))
    assert (then, now) == ([1.0], [0.0])


def test_a_changed_fact_holds_from_when_it_was_told_and_not_before(book: Path) -> None:
    date = AS_OF - 20 * DAY
    before = rows_of(book, date)
    changed = {**INVOICE, "due_at": AS_OF + 30 * DAY}
    append_frames(frames_of(invoices=[changed]), book, AS_OF - 10 * DAY)
    assert changed_columns(before, rows_of(book, date)) == []
    both = rows_of(book, AS_OF - 15 * DAY, AS_OF)
    assert both["overdue_invoices"].tolist() == [1.0, 0.0]


def test_increments_in_any_order_end_in_the_newest_version(book: Path) -> None:
    versions = {AS_OF - n * DAY: {**ACCOUNT, "segment": f"s{n}"} for n in (9, 3, 6)}
    for moment, account in versions.items():
        append_frames(frames_of(accounts=[account]), book, moment)
    opened = open_book(book, LIMITS)
    assert opened.source["accounts"].to_pandas()["segment"].tolist() == ["s3"]
    day = int((AS_OF - 5 * DAY - pd.Timestamp(0, tz="UTC")).days)
    assert opened.source.as_known(day)["accounts"].to_pandas()["segment"].tolist() == ["s6"]


def test_the_roll_up_reports_and_rejects_what_the_rows_would(book: Path) -> None:
    wrong = [used(3, quantity=-1.0), used(3, account_id="B"), used(3, user_id=None), used(2)]
    append_frames(frames_of(usage=wrong), book, AS_OF - DAY)
    one, two = (open_book(book, LIMITS, rolled=rolled).checked for rolled in (True, False))
    assert one.report.as_dict() == two.report.as_dict()
    assert [table.rejected for table in one.report.tables if table.name == "usage"] == [3]


def test_a_roll_up_of_something_else_is_not_read(book: Path) -> None:
    append_frames(frames_of(usage=[used(3)]), book, AS_OF - DAY)
    (path,) = (book / "increments").glob("*/usage.parquet")
    frames_of(usage=[used(3), used(3, user_id="V")])["usage"].to_parquet(path, index=False)
    assert rows_of(book, AS_OF)["active_users_30d"].tolist() == [2.0]


def test_what_is_no_increment_is_refused(book: Path) -> None:
    append_frames(frames_of(usage=[used(3)]), book, AS_OF - DAY)
    (folder,) = [path for path in (book / "increments").iterdir() if path.is_dir()]
    (folder / "increment.json").write_text("{}")
    with pytest.raises(DataFault, match="its known_at"):
        open_book(book, LIMITS)
    (book / "increments" / "mine").mkdir()
    with pytest.raises(DataFault, match="move it elsewhere"):
        open_book(book, LIMITS)


def test_a_base_that_was_changed_takes_no_increments(book: Path) -> None:
    append_frames(frames_of(usage=[used(3)]), book, AS_OF - DAY)
    frames_of(accounts=[ACCOUNT, {**ACCOUNT, "account_id": "B"}])["accounts"].to_parquet(
        book / "accounts.parquet"
    )
    with pytest.raises(WrongUse, match="changed since increments were appended"):
        append_frames(frames_of(usage=[used(2)]), book, AS_OF)


def test_a_failing_import_leaves_the_book_as_it_was(book: Path) -> None:
    before = bytes_of(book)
    bad: Any = {"usage": None}
    with pytest.raises(TypeError):
        append_frames(bad, book, AS_OF)
    assert bytes_of(book) == before
    assert not (book / "increments").exists()
