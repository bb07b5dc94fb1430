from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from features.faults import WrongUse
from features.time_windows import EPOCH, as_of_date, day_number, month_starts

MIDNIGHT = pd.Timestamp("2026-10-31", tz="UTC")


@pytest.mark.parametrize(
    "given",
    ["2026-10-31", dt.date(2026, 10, 31), "2026-10-31T00:00:00Z", "2026-10-31T02:00:00+02:00", MIDNIGHT],
)
def test_an_as_of_date_is_a_utc_midnight_however_it_is_written(given: str | dt.date | pd.Timestamp) -> None:
    assert as_of_date(given) == MIDNIGHT
    assert str(as_of_date(given).tz) == "UTC"


@pytest.mark.parametrize("given", ["2026-10-31T00:00:00+02:00", "2026-10-31T00:00:01Z", "2026-10-31 12:00"])
def test_a_moment_within_a_day_is_refused(given: str) -> None:
    with pytest.raises(WrongUse) as refused:
        as_of_date(given)
    fault = refused.value.faults[0]
    assert (fault.field, fault.value, fault.allowed) == ("as-of", given, "a UTC midnight")
    assert fault.next.startswith("write the date alone, as 2026-10-3")


@pytest.mark.parametrize(
    "given", ["2026-13-01", "2026-02-29", "31.10.2026", "01/02/2026", "yesterday", "", "NaT"]
)
def test_what_is_no_date_is_refused(given: str) -> None:
    with pytest.raises(WrongUse) as refused:
        as_of_date(given)
    assert str(refused.value) == (
        "the as-of date cannot be used\n"
        f"  - as-of is {given!r}; allowed: a date such as 2026-10-31. Next: write year-month-day"
    )


@pytest.mark.parametrize("given", ["1969-12-31", "0001-01-01", "2201-01-01", "9999-12-31"])
def test_a_year_beyond_all_books_is_refused(given: str) -> None:
    with pytest.raises(WrongUse) as refused:
        as_of_date(given)
    assert refused.value.faults[0].allowed == "a date from 1970 to 2200"


@pytest.mark.parametrize(
    ("moment", "day"),
    [("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1), ("2026-10-31T23:59:59.9Z", 20757)],
)
def test_day_numbers_round_down(moment: str, day: int) -> None:
    assert day_number(pd.Timestamp(moment)) == day


def test_day_numbers_and_dates_go_both_ways() -> None:
    assert EPOCH + pd.Timedelta(days=day_number(MIDNIGHT)) == MIDNIGHT


def test_month_starts_include_both_ends_and_may_be_none() -> None:
    first, last = as_of_date("2026-01-01"), as_of_date("2026-02-28")
    assert month_starts(first, last) == [first, as_of_date("2026-02-01")]
    assert month_starts(as_of_date("2026-01-02"), as_of_date("2026-01-31")) == []
