"""Awkward input: specified by tables, on days that calendars and clocks make awkward, and in bulk.

Tables that are missing or empty: test_missing_tables.py.
"""

from __future__ import annotations

from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
import pytest

from features.book import open_book
from features.params import CheckParams
from features.snapshot import build_snapshot
from features.source_tables import USAGE
from features.time_windows import as_of_date
from features.warehouse import Warehouse, with_days
from tests.features.literal_book import (
    AS_OF,
    PARAMS,
    Case,
    at,
    differences,
    literal_warehouse,
)
from tests.features.other_futures import changed_columns
from tests.features.small_books import book_of as files_of
from tests.features.small_books import write_csv
from tests.features.specification import specified_rows
from tests.features.specified_bad_input import CASES

# as-of date, day of an answer, whether it lies within the 365 days before
LEAP_YEARS = [
    ("2025-02-28", "2024-02-29", True),
    ("2025-03-01", "2024-02-29", False),
    ("2025-03-01", "2024-03-01", True),
    ("2024-02-29", "2023-02-28", False),
    ("2024-02-29", "2023-03-01", True),
    ("2024-03-01", "2024-02-29", True),
]
# as it was written on the day clocks went forward, and whether it is known at 2026-03-29T00:00Z
SPRING = [
    ("2026-03-29T00:59:59+01:00", True),
    ("2026-03-29T01:00:00+01:00", False),
    ("2026-03-29T03:00:00+02:00", False),  # a second after 01:59:59+01:00
    ("2026-03-28T19:59:59-04:00", True),
    ("2026-03-28T20:00:00-04:00", False),
    ("2026-03-29T07:59:59+08:00", True),
    ("2026-03-29T08:00:00+08:00", False),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_each_literal_table_gives_its_answer(case: Case) -> None:
    assert differences(case, specified_rows()) == {}


def test_a_window_of_a_year_is_365_days_in_leap_years_too() -> None:
    said = [
        Case(day, {
            "accounts": [{"created_at": "2020-02-29"}],
            "subscriptions": [{"starts_at": "2020-02-29", "changed_at": "2020-02-29"}],
            "surveys": [{"score": 9, "sent_at": day, "responded_at": day}],
        })
        for day in sorted({day for _, day, _ in LEAP_YEARS})
    ]  # fmt: skip
    dates = [as_of_date(date) for date in sorted({date for date, _, _ in LEAP_YEARS})]
    rows = build_snapshot(literal_warehouse(*said), dates, PARAMS).set_index(["as_of", "account_id"])
    heard = rows["nps_answers_365d"] == 1
    assert [(date, day, heard.at[as_of_date(date), day]) for date, day, _ in LEAP_YEARS] == LEAP_YEARS


def test_local_times_are_instants_whatever_clocks_do(tmp_path: Path) -> None:
    autumn = {"opened_at": "2026-10-25T02:30:00+02:00", "resolved_at": "2026-10-25T02:30:00+01:00"}
    used = [{"user_id": f"U-{n}", "occurred_at": written} for n, (written, _) in enumerate(SPRING)]
    folder = files_of(
        tmp_path, write_csv, subscriptions=[{}], usage=used, tickets=[{**autumn, "first_response_at": None}]
    )
    spring, after = as_of_date("2026-03-29"), as_of_date("2026-10-26")
    rows = build_snapshot(open_book(folder, CheckParams()).source, [spring, after], PARAMS).set_index("as_of")
    assert rows.at[spring, "active_users_30d"] == sum(known for _, known in SPRING)
    assert rows.at[after, "hours_to_resolve_180d"] == 1  # the hour that comes twice


@pytest.mark.long
def test_a_million_rows_of_one_person_in_a_day_are_the_same_bits_as_one_row_of_a_million() -> None:
    busy = Case("busy", {"usage": [{"occurred_at": at(1), "quantity": 1_000_000, "feature": "api_sync"}]})
    rolled_up = literal_warehouse(busy)
    instants = AS_OF.value // 1000 - np.arange(1, 1_000_001)  # the last second of the day, by the microsecond
    same = np.zeros(1_000_000, dtype="int64")
    columns = {
        "account_id": pa.array(["busy"]).take(same),
        "user_id": pa.array(["U-1"]).take(same),
        "occurred_at": pa.array(instants, pa.timestamp("us", "UTC")),
        "module": pa.nulls(1_000_000, pa.string()),
        "feature": pa.array(["api_sync"]).take(same),
        "quantity": pa.array(np.ones(1_000_000)),
        "recorded_at": pa.nulls(1_000_000, pa.timestamp("us", "UTC")),
    }
    events = ibis.memtable(pa.table(columns))
    many = Warehouse({**rolled_up.tables, "usage": with_days(events, USAGE)})
    rows = build_snapshot(many, [AS_OF], PARAMS)
    assert rows.at[0, "events_per_active_user_30d"] == 1_000_000
    assert changed_columns(build_snapshot(rolled_up, [AS_OF], PARAMS), rows) == []
