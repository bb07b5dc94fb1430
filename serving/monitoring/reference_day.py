"""The day that today is compared with, so that the calendar makes no drift.

What was counted over thirty days holds one more Sunday on some days than on others, and the days since the
last use are few on a Monday. So today is compared with a day of the same weekday: the last one on or before
the day the model was made. A model younger than four weeks is compared with the newest date it learned from,
a horizon ago; the health that it gives these rows is then not judged, because it learned from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from features.params import Windows

LEAST = pd.Timedelta(days=28)


@dataclass(frozen=True)
class ReferenceDay:
    """`day` is a UTC midnight. `kind`: the model was made then, or learned from the accounts of then.
    `filled`: the book had filled all its windows by then; where not, nothing of it can be judged."""

    day: pd.Timestamp
    kind: Literal["made", "learned"]
    filled: bool


def settled_days(windows: Windows) -> int:
    """How long an account, or a book, must have been there for all that is counted to be full."""
    return int(windows.year + windows.half_year)


def reference_day(
    today: pd.Timestamp,
    made: pd.Timestamp,
    learned: pd.Timestamp,
    known_from: pd.Timestamp,
    settled: int,
) -> ReferenceDay:
    """The day to compare `today` with; all UTC midnights. `known_from`: the book's first fact.

    >>> day = lambda text: pd.Timestamp(text, tz="UTC")
    >>> found = reference_day(day("2026-11-01"), day("2026-08-01"), day("2025-07-01"), day("2023-11-01"), 545)
    >>> f"{found.day:%Y-%m-%d %A}", found.kind, f"{day('2026-11-01'):%A}"
    ('2026-07-26 Sunday', 'made', 'Sunday')
    >>> reference_day(day("2026-08-10"), day("2026-08-01"), day("2025-07-01"), day("2023-11-01"), 545).kind
    'learned'
    """
    old_enough = made <= today - LEAST
    day = made if old_enough else learned
    day -= pd.Timedelta(days=(day.weekday() - today.weekday()) % 7)
    filled = day >= known_from + pd.Timedelta(days=settled)
    return ReferenceDay(day, "made" if old_enough else "learned", filled)
