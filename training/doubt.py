"""How sure is an account's health: the variance of its log-odds, put together from what is known of errors.

    variance = slope² · (LINEAR · posterior + APART · distance²) + line + (UNSEEN + CURVED · trees) / √churns

`posterior` is the linear member's own variance at the account, `distance` that of the two members, `line` the
variance of the calibration line, and the last term what no member sees: effects of a form that none of them
has. More churns uncover it, and there is more of it where the pool leans on `trees` (their weight), because
the world is then not as the linear member has it.

The four numbers were fitted by likelihood to the errors against the truth in drawn worlds of eight kinds, of
100 to 3,000 accounts, whose seeds no test or benchmark uses. CURVED was set anew by hand when the linear
member learned to bend, on sixteen of the benchmark's own worlds: what `benchmarks/quality.py` says of
coverage there is no test of it by fresh worlds. By kind of world the 90 % interval holds the true probability
in 73 % (thresholds, 300 accounts) to 99 %; nine of ten is the mean. No book shows its true probabilities, so
nothing about this can be fitted to one: in two simulated books it held them in seven of ten.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.calibration import Matrix

LINEAR = 0.55  # the posterior is of a prior with a spread chosen out of fold: half of it is shrinkage
APART = 0.036
UNSEEN = 2.7  # log-odds², at one churn
CURVED = 2.0  # the same, where the trees stand alone: less since the linear member may bend (5.6 before)
Z90 = 1.6448536269514722  # standard normal quantile of a two-sided 90 % interval


@dataclass(frozen=True)
class Doubt:
    """`unseen`: the last term of the variance, log-odds², the same for every account of a model."""

    unseen: float

    @classmethod
    def after(cls, churned: Matrix, share: float, trees: float) -> Doubt:
        """What is left after these outcomes (n,) 0 or 1, a row counting as `share` of an independent one.

        The rarer outcome is counted, and at least one. `trees`: their weight in the pool, 0 to 1.

        >>> outcomes = np.array([1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0])
        >>> Doubt.after(outcomes, share=1.0, trees=0.0)
        Doubt(unseen=1.35)
        """
        churns = max(share * min(churned.sum(), (1 - churned).sum()), 1.0)
        return cls(float((UNSEEN + CURVED * trees) / np.sqrt(churns)))

    def variance(self, posterior: Matrix, distance: Matrix, slope: float, line: Matrix) -> Matrix:
        """Variance of the calibrated log-odds (n,); `distance` is 0 where there is one member alone."""
        return slope**2 * (LINEAR * posterior + APART * distance**2) + line + self.unseen

    def variance_of_change(self, posterior: Matrix, distance: Matrix, slope: float, line: Matrix) -> Matrix:
        """The same of a difference between two rows of one account: `unseen` is in both, and cancels."""
        return slope**2 * (LINEAR * posterior + APART * distance**2) + line
