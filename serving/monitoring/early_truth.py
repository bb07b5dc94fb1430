"""Churns so far against churns expected so far: truth that comes before the horizon has passed.

Accounts whose 90 of 365 days have passed have shown a part of the outcome. What was to be expected of that
part is each account's probability times the share of it that falls on these days (`churn_timing`). The
bounds are exact for a Poisson count (Garwood 1936), and a little wide for churns, of which an account has
one at most.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from scipy.stats import chi2, poisson

from serving.monitoring.churn_timing import ChurnTiming
from training.calibration import Matrix

LEVEL = 0.95
Verdict = Literal["as expected", "more than expected", "fewer than expected"]


@dataclass(frozen=True)
class EarlyTruth:
    """The accounts of `as_of` after `days` days. `observed` churns have come, `expected` were to; `low` and
    `high` bound, at 95 %, how many were truly to be expected, given those observed."""

    as_of: str
    days: int
    accounts: int
    observed: int
    expected: float
    low: float
    high: float
    p_value: float

    @property
    def verdict(self) -> Verdict:
        """Whether the expected number lies within the bounds."""
        if self.low <= self.expected <= self.high:
            return "as expected"
        return "more than expected" if self.expected < self.low else "fewer than expected"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        return {**asdict(self), "verdict": self.verdict}

    def as_text(self) -> str:
        """One line for people."""
        return (
            f"{self.as_of[:10]}, {self.days} days on: {self.observed} of {self.accounts} accounts left, "
            f"{self.expected:.1f} were expected ({self.low:.1f} to {self.high:.1f} fit): {self.verdict}"
        )


def poisson_bounds(observed: int, level: float = LEVEL) -> tuple[float, float]:
    """The exact interval of a Poisson mean after so many events.

    >>> [round(bound, 2) for bound in poisson_bounds(5)], poisson_bounds(0)[0]
    ([1.62, 11.67], 0.0)
    """
    tail = (1 - level) / 2
    low = float(chi2.ppf(tail, 2 * observed) / 2) if observed else 0.0
    return low, float(chi2.ppf(1 - tail, 2 * observed + 2) / 2)


def early_truth(
    as_of: str,
    days: int,
    probability: Matrix,
    days_to_renewal: Matrix,
    days_to_churn: Matrix,
    timing: ChurnTiming,
) -> EarlyTruth:
    """The accounts (n,) of one as-of date, `days` days later. `days_to_churn` is NaN where none is known."""
    expected = float((probability * timing.share_by(days, days_to_renewal)).sum())
    observed = int((np.nan_to_num(days_to_churn, nan=np.inf) < days).sum())
    low, high = poisson_bounds(observed)
    tails = (
        float(poisson.cdf(observed, expected)),
        float(poisson.sf(observed - 1, expected)),
    )
    p_value = min(1.0, 2 * min(tails))
    return EarlyTruth(as_of, days, len(probability), observed, expected, low, high, p_value)
