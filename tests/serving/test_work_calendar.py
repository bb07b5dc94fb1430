from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.faults import WrongUse
from features.params_file import parse_section
from serving.closed_loop.case_params import BusinessHours, CaseParams
from serving.closed_loop.work_calendar import WEEK, due_at, instant

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
MINUTE = timedelta(minutes=1)


def business(zone: str = "Europe/Berlin", **more: object) -> CaseParams:
    return CaseParams(calendar="business", business=BusinessHours(time_zone=zone, **more))  # type: ignore[arg-type]


def naively(began: datetime, hours: int, params: CaseParams) -> datetime:
    """Minute by minute: is the local clock inside the working hours of a working day?"""
    zone, wanted, moment = ZoneInfo(params.business.time_zone), hours * 60, began
    while wanted:
        local = moment.astimezone(zone)
        minute = local.hour * 60 + local.minute
        works = WEEK[local.weekday()] in params.business.days and local.date() not in params.business.holidays
        if works and params.business.opens <= minute < params.business.closes:
            wanted -= 1
        moment += MINUTE
    return moment


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2024, 2, 20), datetime(2028, 12, 31)),  # noqa: DTZ001
    st.integers(1, 30),
    st.sets(st.integers(0, 20), max_size=6),
)
def test_a_due_time_is_the_one_counted_minute_by_minute(
    zone: str, began: datetime, hours: int, holidays: set[int]
) -> None:
    start = began.replace(second=0, microsecond=0, tzinfo=UTC)
    days = tuple(start.date() + timedelta(days=day) for day in holidays)
    params = business(zone, opens="07:00", closes="24:00", holidays=days)
    assert due_at(start, hours, params) == naively(start, hours, params)


@pytest.mark.parametrize(
    ("began", "hours", "due"),
    [
        ("2026-10-23T14:00+00:00", 4, "2026-10-26T10:00+00:00"),  # over a weekend on which the clocks go back
        ("2026-03-27T16:00+00:00", 4, "2026-03-30T10:00+00:00"),  # … and forward
        ("2026-10-24T12:00+00:00", 1, "2026-10-26T09:00+00:00"),  # begun on a Saturday
        ("2028-02-28T16:00+00:00", 2, "2028-02-29T09:00+00:00"),  # into a leap day
        ("2026-10-23T16:00+00:00", 0 + 9, "2026-10-26T17:00+00:00"),  # begun as it closes: all of Monday
        ("2026-12-24T16:00+00:00", 2, "2026-12-28T09:00+00:00"),  # Christmas Day is a Friday
    ],
)
def test_working_hours_are_those_of_the_local_clock(began: str, hours: int, due: str) -> None:
    params = business(holidays=(date(2026, 12, 25),))
    assert due_at(datetime.fromisoformat(began), hours, params) == datetime.fromisoformat(due)


def test_the_wall_clock_counts_every_hour_whatever_local_clocks_do() -> None:
    began = datetime(2026, 10, 24, 23, tzinfo=ZoneInfo("Europe/Berlin"))
    assert due_at(began, 24, CaseParams()) - began.astimezone(UTC) == timedelta(hours=24)


def test_a_local_time_that_comes_twice_or_never_still_is_one_moment() -> None:
    zone = ZoneInfo("Europe/Berlin")
    twice = instant(date(2026, 10, 25), 150, zone)
    never = instant(date(2026, 3, 29), 150, zone)
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert never == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_calendar_that_never_opens_is_refused() -> None:
    every_day = tuple(date(2026, 1, 1) + timedelta(days=day) for day in range(1000))
    with pytest.raises(WrongUse, match="never opens"):
        due_at(datetime(2026, 1, 2, tzinfo=UTC), 1, business(holidays=every_day))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"call_within": 4}, "must be a whole number of hours such as '4h'"),
        ({"call_within": "0h"}, "greater than or equal to 1"),
        ({"director_after": "50h"}, "director_after, which must lie below vp_after"),
        ({"nightly_at": 1080}, "must be a time of day in quotes"),
        ({"nightly_time_zone": "Mars/Base"}, "must be a time zone of the IANA database"),
        ({"business": {"opens": "18:00", "closes": "09:00"}}, "opens must lie before closes"),
        ({"business": {"days": []}}, "at least 1 item"),
        ({"business": {"holiday": []}}, "did you mean 'holidays'"),
        ({"calendar": "lunar"}, "'wall' or 'business'"),
    ],
)
def test_parameters_that_make_no_sense_are_refused_by_name(values: dict[str, object], said: str) -> None:
    with pytest.raises(WrongUse) as refused:
        parse_section("cases", CaseParams, values)
    assert said in str(refused.value)
