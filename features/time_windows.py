"""The vocabulary of time. Worked example, carried through this package: as-of date 2026-10-31.

- An *as-of date* is a UTC midnight: 2026-10-31T00:00:00Z. Nothing known at or after it is used.
- A *window* of 30 days is half-open, `[as_of - 30 days, as_of)`: from 2026-10-01T00:00:00Z
  inclusive to 2026-10-31T00:00:00Z exclusive.
- Because as-of dates are midnights, a fact was known before the as-of date exactly when the *day*
  it became known is before the as-of day. So features count in whole days since 1970-01-01 UTC,
  which every engine computes alike, and no daylight-saving rule can move a fact.
- The *age* of a fact at an as-of date is `as_of_day - day`: 1 for anything on 2026-10-30,
  30 for anything on 2026-10-01. A window of 30 days is the ages 1 to 30, both included.
"""

from __future__ import annotations

import datetime as dt
import re

import pandas as pd

from features.faults import Fault, WrongUse

FIRST_YEAR, LAST_YEAR = 1970, 2200  # days are counted from the one, in microseconds until after the other
EPOCH = pd.Timestamp(0, tz="UTC").as_unit("us")


def as_of_date(text: str | dt.date | pd.Timestamp) -> pd.Timestamp:
    """The as-of date as a UTC midnight.

    >>> as_of_date("2026-10-31")
    Timestamp('2026-10-31 00:00:00+0000', tz='UTC')
    >>> as_of_date("2026-10-31T07:00:00Z")
    Traceback (most recent call last):
    ...
    features.faults.WrongUse: the as-of date cannot be used
      - as-of is '2026-10-31T07:00:00Z'; allowed: a UTC midnight. Next: write the date alone, as 2026-10-31
    """
    # A text must be ISO 8601: pandas would guess whether 01/02/2026 is in January or in February.
    iso = not isinstance(text, str) or re.match(r"\d{4}-\d{2}-\d{2}(?!\d)", text)
    try:
        moment = pd.Timestamp(text) if iso else pd.NaT
    except ValueError:
        raise _refused(text, "a date such as 2026-10-31", "write year-month-day") from None
    if moment is not pd.NaT and not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise _refused(text, f"a date from {FIRST_YEAR} to {LAST_YEAR}", "mend the year")
    if pd.isna(moment):
        raise _refused(text, "a date such as 2026-10-31", "write year-month-day")
    moment = moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
    if moment != moment.normalize():
        raise _refused(text, "a UTC midnight", f"write the date alone, as {moment:%Y-%m-%d}")
    return moment


def _refused(text: object, allowed: str, next_step: str) -> WrongUse:
    return WrongUse("the as-of date cannot be used", [Fault("as-of", str(text), allowed, next_step)])


def day_number(moment: pd.Timestamp) -> int:
    """Whole days from 1970-01-01 UTC to `moment`, rounded down.

    >>> day_number(as_of_date("1970-01-03"))
    2
    """
    return (moment - EPOCH) // pd.Timedelta(days=1)


def month_starts(first: pd.Timestamp, last: pd.Timestamp) -> list[pd.Timestamp]:
    """The month starts in `[first, last]`, both ends included.

    >>> [f"{d:%Y-%m-%d}" for d in month_starts(as_of_date("2026-01-15"), as_of_date("2026-03-01"))]
    ['2026-02-01', '2026-03-01']
    """
    return list(pd.date_range(first, last, freq="MS", tz="UTC"))
