"""When within the horizon does an account leave that leaves? Most do at their renewal, some before.

A year's probability says nothing of its first ninety days: an account whose renewal lies ten months ahead
has hardly any of its risk behind it by then. How far from the renewal the accounts of the training cohort
left is taken as it is, without a curve, and laid around the renewal of each account.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.calibration import Matrix

FEWEST = 5  # departures from which their distances to the renewal are believed


@dataclass(frozen=True, eq=False)
class ChurnTiming:
    """`offsets`: days from the renewal to the churn, negative before it. `days`: days from the as-of date to
    the churn, of all that left. Both from the training cohort, in any order."""

    offsets: Matrix
    days: Matrix
    horizon: int

    @classmethod
    def of(cls, days_to_churn: Matrix, days_to_renewal: Matrix, horizon: int) -> ChurnTiming:
        """From a cohort's rows (n,): NaN where an account stayed, or its renewal was not known.

        Too few departures are not believed: then accounts leave at their renewal, and at no day rather
        than another where that is not known.
        """
        left = ~np.isnan(days_to_churn)
        days = days_to_churn[left]
        offsets = (days_to_churn - days_to_renewal)[left & ~np.isnan(days_to_renewal)]
        return cls(
            offsets if len(offsets) >= FEWEST else np.zeros(1),
            days if len(days) >= FEWEST else np.arange(horizon, dtype=np.float64),
            horizon,
        )

    def share_by(self, day: int, days_to_renewal: Matrix) -> Matrix:
        """Of the churn probability over the horizon, the share on the first `day` days: (n,) -> (n,), 0–1.

        >>> timing = ChurnTiming(np.zeros(1), np.array([0.0, 100.0, 200.0, 300.0]), 365)
        >>> timing.share_by(90, np.array([30.0, 120.0, np.nan])).tolist()
        [1.0, 0.0, 0.25]
        """
        at = days_to_renewal[:, None] + self.offsets
        inside = (at >= 0) & (at < self.horizon)
        early = inside & (at < day)
        usual = float((self.days < day).mean())
        found = np.full(len(at), usual)
        some = inside.any(axis=1)
        found[some] = early[some].sum(axis=1) / inside[some].sum(axis=1)
        return found
