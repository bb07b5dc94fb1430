"""When something is due: so many hours after it began, on the wall clock or in working hours only.

Working hours are local: `opens` and `closes` are read on the local clock of each day, and the time
between them is counted as it passes, so that a day on which the clocks change is an hour shorter or longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from features.faults import Fault, WrongUse
from serving.closed_loop.case_params import BusinessHours, CaseParams

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_CLOSURE = 400  # days; a calendar that never opens must not be searched for ever


def due_at(began: datetime, hours: int, params: CaseParams) -> datetime:
    """The moment in UTC at which `hours` have passed since `began`.

    A Friday, 16:00 in Berlin, and four working hours until Monday, 11:00:

    >>> berlin = BusinessHours(time_zone="Europe/Berlin")
    >>> due_at(datetime(2026, 10, 23, 14, tzinfo=UTC), 4, CaseParams(calendar="business", business=berlin))
    datetime.datetime(2026, 10, 26, 10, 0, tzinfo=datetime.timezone.utc)
    """
    began = began.astimezone(UTC)
    left = timedelta(hours=hours)
    if params.calendar == "wall":
        return began + left
    for opens, closes in shifts_from(began, params.business):
        start = max(opens, began)
        if start + left <= closes:
            return start + left
        left -= max(closes - start, timedelta(0))
    raise WrongUse("the calendar never opens", [_never_opens(params.business)])


def shifts_from(moment: datetime, hours: BusinessHours) -> Iterator[tuple[datetime, datetime]]:
    """The shifts, in UTC, from the local day of `moment` on; ends after a year or more without one."""
    zone, holidays = ZoneInfo(hours.time_zone), frozenset(hours.holidays)
    day = worked = moment.astimezone(zone).date()
    while (day - worked).days <= LONGEST_CLOSURE:
        if WEEK[day.weekday()] in hours.days and day not in holidays:
            worked = day
            yield instant(day, hours.opens, zone), instant(day, hours.closes, zone)
        day += timedelta(days=1)


def instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The moment in UTC at which a local clock shows `minutes` after midnight of `day`.

    A time that a change of the clocks leaves out is read with the offset before it (as in RFC 5545), of
    a time that comes twice the first is meant.

    >>> instant(date(2026, 3, 29), 150, ZoneInfo("Europe/Berlin")).isoformat()
    '2026-03-29T01:30:00+00:00'
    """
    local = datetime.combine(day, time(0)) + timedelta(minutes=minutes)
    return local.replace(tzinfo=zone).astimezone(UTC)


def _never_opens(hours: BusinessHours) -> Fault:
    allowed = f"a working day at least every {LONGEST_CLOSURE} days"
    return Fault("cases.business.holidays", f"{len(hours.holidays)} holidays", allowed, "leave some out")
