"""How long something takes where some of it has not happened yet: Kaplan and Meier's estimate (1958).

A call that is still open after five hours says that it took *more* than five hours. Leaving such calls out
would make a team look the faster the more calls it never makes; so they count as at risk until now.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.bootstrap import account_draws

Matrix = NDArray[np.float64]
RESAMPLES = 500
LEVEL = 0.9
SEED = 7
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Waits:
    """`length` (n,) of each wait so far, whether it `ended`, and whose it is: `account`, codes from 0."""

    length: Matrix
    ended: NDArray[np.bool_]
    account: NDArray[np.int64]


@dataclass(frozen=True)
class TimeQuantile:
    """The time by which the share has happened, with its interval; None where it is beyond what was seen."""

    value: float | None
    low: float | None
    high: float | None


def time_quantile(waits: Waits, share: float) -> TimeQuantile:
    """The time by which this share of the waits is over, with a percentile interval over accounts (LEVEL).

    Two of four calls are open after nine hours; the median is what the second of the others took:

    >>> waits = Waits(np.array([1.0, 2.0, 9.0, 9.0]), np.array([True, True, False, False]), np.arange(4))
    >>> time_quantile(waits, 0.5).value, time_quantile(waits, 0.9).value
    (2.0, None)
    """
    if not len(waits.length):
        return TimeQuantile(None, None, None)
    order = np.lexsort((~waits.ended, waits.length))  # at one moment what happened comes before what is open
    sorted_waits = Waits(waits.length[order], waits.ended[order], waits.account[order])
    [value] = _quantiles(sorted_waits, np.ones((1, len(order))), share)
    draws = account_draws(waits.account, RESAMPLES, SEED)
    found = np.concatenate(
        [_quantiles(sorted_waits, drawn[:, sorted_waits.account], share) for drawn in draws]
    )
    low = np.quantile(found, (1 - LEVEL) / 2, method="lower")
    high = np.quantile(found, (1 + LEVEL) / 2, method="higher")
    return TimeQuantile(*(float(end) if np.isfinite(end) else None for end in (value, low, high)))


def _quantiles(waits: Waits, weights: Matrix, share: float) -> Matrix:
    """By resample (b,), the first time at which no more than 1 − share is still waiting; inf where none."""
    starts = np.flatnonzero(np.diff(waits.length, prepend=-np.inf))
    at_risk = weights[:, ::-1].cumsum(axis=1)[:, ::-1][:, starts]
    events = np.add.reduceat(weights * waits.ended, starts, axis=1)
    kept = 1 - np.divide(events, at_risk, out=np.zeros_like(events), where=at_risk > 0)
    reached = kept.cumprod(axis=1) <= 1 - share + ROUNDING
    times = np.append(waits.length[starts], np.inf)
    first = np.where(reached.any(axis=1), reached.argmax(axis=1), len(starts))
    found: Matrix = times[first]
    return found
