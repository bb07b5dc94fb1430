"""The `cases:` section of `params.yaml`: when an alarm is due, when red is left, when scoring runs."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from features.params_file import Section
from features.units import Days, Hours, Points

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WORKING_WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")


def minutes_of_day(value: object) -> int:
    """`"09:30"` as 570; `"24:00"` is the day's end.

    >>> minutes_of_day("09:30")
    570
    >>> minutes_of_day(1080)
    Traceback (most recent call last):
    ...
    ValueError: must be a time of day in quotes such as '09:00', up to '24:00'
    """
    match = re.fullmatch(r"([01]\d|2[0-4]):([0-5]\d)", value) if isinstance(value, str) else None
    found = None if match is None else int(match[1]) * 60 + int(match[2])
    if found is None or found > 1440:
        raise ValueError("must be a time of day in quotes such as '09:00', up to '24:00'")
    return found


def known_zone(name: str) -> str:
    """`name` where the time zone database has it; ValueError where it does not.

    >>> known_zone("Europe/Berlin")
    'Europe/Berlin'
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone of the IANA database, such as 'Europe/Berlin'") from None
    return name


TimeOfDay = Annotated[
    int, BeforeValidator(minutes_of_day), PlainSerializer(lambda m: f"{m // 60:02d}:{m % 60:02d}")
]
ZoneName = Annotated[str, AfterValidator(known_zone)]


class BusinessHours(Section):
    """The hours in which the clock runs where `calendar: business`."""

    time_zone: ZoneName = "UTC"
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WORKING_WEEK
    opens: TimeOfDay = 9 * 60
    closes: TimeOfDay = 18 * 60
    holidays: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("opens must lie before closes")
        return self


class CaseParams(Section):
    """The closed loop: hours until a call and the escalations are due, and what leaves a band.

    With `calendar: wall` 24 h are a day whatever the day is; with `business` they are 24 working hours.
    `escalate_until: resolved` escalates a case that was called and is not resolved; `called` does not.
    `alerts_per_week` is of each CSM, in any seven days (None: no limit); see `alert_budget.py`. Of so many
    yellow accounts a night, those with the most revenue at risk, is the path to green put into the plan.
    An answer that comes through the API later than `answers_alarm_within` is history and alarms nobody.
    """

    call_within: Annotated[Hours, Field(ge=1)] = 4
    director_after: Annotated[Hours, Field(ge=1)] = 24
    vp_after: Annotated[Hours, Field(ge=1)] = 48
    escalate_until: Literal["resolved", "called"] = "resolved"
    alerts_per_week: Annotated[int, Field(ge=1)] | None = 10
    answers_alarm_within: Annotated[Days, Field(ge=1)] = 7
    calendar: Literal["wall", "business"] = "wall"
    business: BusinessHours = BusinessHours()
    leave_margin: Annotated[Points, Field(le=40)] = 8
    minimum_stay: Days = 28
    recover_within: Days = 90
    paths_in_plans: Annotated[int, Field(ge=0, le=5000)] = 25
    nightly_at: TimeOfDay = 3 * 60
    nightly_time_zone: ZoneName = "UTC"

    @model_validator(mode="after")
    def _ladder_rises(self) -> Self:
        if not self.call_within <= self.director_after < self.vp_after:
            raise ValueError("call_within must not exceed director_after, which must lie below vp_after")
        return self
