"""Cells become values of their kind, or a fault: nothing is guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.features.small_books import (
    Writer,
    book_of,
    check,
    day,
    faults_of,
    in_both_formats,
    only_fault,
    write_parquet,
)


@in_both_formats
def test_what_is_almost_a_time_or_a_number_is_not_guessed_at(tmp_path: Path, write: Writer) -> None:
    times = {
        "unparsable_time": [
            "2026-02-30T10:00:00Z",
            "31/01/2026 10:00:00+00",
            "infinity",
            "2026-01-31T10:00Z",
        ],
        "no_time_zone": ["2026-01-31", "2026-01-31 10:00:00.5"],
    }
    times["unparsable_time"] += [
        "2026-01-31T10:00Z",
        "2026-01-31 10:00:00 Europe/Berlin",
        "2026-01-31T25:00:00Z",
        "1769853600",
    ]
    numbers = {"not_a_number": ["1_000", "nan", "inf", "1.000,5", "3 seats", "0x10"]}
    rows = [{"occurred_at": text} for texts in times.values() for text in texts]
    rows += [{"quantity": text} for texts in numbers.values() for text in texts]
    found = faults_of(check(book_of(tmp_path, write, usage=rows)), "usage")
    assert {fault.code: fault.count for fault in found} == {
        k: len(v) for k, v in {**times, **numbers}.items()
    }


@in_both_formats
def test_every_way_to_write_an_instant_gives_the_same_instant(tmp_path: Path, write: Writer) -> None:
    ways = ["31T10:00:00Z", "31T18:00:00+08:00", "31 18:00:00.000+0800", "31 10:00:00 UTC", "30 22:00:00-12"]
    usage = check(book_of(tmp_path, write, usage=[{"occurred_at": f"2026-01-{way}"} for way in ways]))
    times = usage.tables["usage"].occurred_at.to_pyarrow().to_pylist()
    assert times == [datetime(2026, 1, 31, 10, tzinfo=UTC)] * len(ways)


@in_both_formats
@pytest.mark.parametrize(
    ("moment", "count"),
    [
        ("1969-12-31T23:59:59.9Z", 1),
        ("1970-01-01T00:00:00Z", 0),
        ("2200-12-31T23:59:59.9Z", 0),
        ("2201-01-01T00:00:00Z", 1),
        ("9999-12-31T00:00:00Z", 1),
    ],
)
def test_a_year_that_no_fact_is_of_is_a_fault(tmp_path: Path, write: Writer, moment: str, count: int) -> None:
    found = faults_of(check(book_of(tmp_path, write, usage=[{"occurred_at": moment}])), "usage")
    assert [fault.code for fault in found] == ["year_out_of_range"] * count


def test_a_year_that_no_fact_is_of_is_a_fault_of_typed_times_too(tmp_path: Path) -> None:
    rows = [{"occurred_at": datetime(year, 1, 31, tzinfo=UTC)} for year in (31, 1969, 1970, 2200, 2201)]
    book = book_of(tmp_path, write_parquet)
    times = pa.array([row["occurred_at"] for row in rows], pa.timestamp("us", tz="UTC"))
    usage = {"account_id": ["A-1"] * 5, "user_id": ["U-1"] * 5, "occurred_at": times, "quantity": [1] * 5}
    pq.write_table(pa.table(usage), book / "usage.parquet")
    found = only_fault(check(book), "usage")
    assert (found.code, found.count) == ("year_out_of_range", 3)


@pytest.mark.parametrize("naive", [datetime(2026, 1, 2, 3), date(2026, 1, 2)])  # noqa: DTZ001
def test_a_parquet_column_of_naive_times_or_dates_has_no_time_zone(tmp_path: Path, naive: Any) -> None:
    found = only_fault(check(book_of(tmp_path, write_parquet, usage=[{"occurred_at": naive}])), "usage")
    assert (found.code, found.fault.next) == (
        "no_time_zone",
        "add the zone (Z or an offset); in an import mapping, set the source's time zone",
    )


def test_an_instant_in_another_zone_stays_that_instant(tmp_path: Path) -> None:
    book = book_of(tmp_path, write_parquet)
    local = pa.array([day(2)], pa.timestamp("ns", tz="Asia/Shanghai"))
    usage = {"account_id": ["A-1"], "user_id": ["U-1"], "occurred_at": local, "quantity": [1]}
    pq.write_table(pa.table(usage), book / "usage.parquet")
    assert check(book).tables["usage"].occurred_at.to_pyarrow().to_pylist() == [day(2)]


def test_whole_numbers_as_account_ids_become_texts(tmp_path: Path) -> None:
    book = book_of(tmp_path, write_parquet, accounts=[{"account_id": 7}], usage=[{"account_id": 7}])
    assert check(book).tables["usage"].account_id.to_pyarrow().to_pylist() == ["7"]
