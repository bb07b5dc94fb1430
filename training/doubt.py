"""How sure is an account's health: the variance of its log-odds, put together from what is known of errors.

    variance = slope² · (LINEAR · posterior + APART · distance²) + line + unseen
    unseen   = (UNSEEN + CURVED · trees) / churns^FALLS

`posterior` is the linear member's own variance at the account, `distance` that of the two members, `line` the
variance of the calibration line, and `unseen` what no member sees: effects of a form that none of them
has. More churns uncover it, and there is more of it where the pool leans on `trees` (their weight), because
the world is then not as the linear member has it.

The five numbers were fitted by likelihood, and rounded, to the errors against the truth in 24 drawn worlds of
eight kinds, of 100 to 3,000 accounts, whose seeds no test and no other benchmark uses:
`benchmarks/interval_fit.py`. By kind of world the 90 % interval holds the true probability in 80 %
(thresholds, 300 accounts) to 100 %; nine of ten is their mean at every size. No book shows its true
probabilities, so nothing about this can be fitted to one: in two simulated books, whose truth hangs on states
that no export shows, it held them in seven of ten.
"""

from __future__ import annotations

from dataclasses import dataclass

from training.calibration import Matrix

LINEAR = 0.7  # the posterior is of a prior with a spread chosen out of fold: a part of it is shrinkage
APART = 0.1
UNSEEN = 2.6  # log-odds², at one churn
CURVED = 3.0  # the same beside it, where the trees stand alone
FALLS = 0.6  # the power of the churns by which it falls; by their root it would be too much in large books
Z90 = 1.6448536269514722  # standard normal quantile of a two-sided 90 % interval


@dataclass(frozen=True)
class Doubt:
    """`unseen`: the last term of the variance, log-odds², the same for every account of a model. `linear`,
    `apart`: the factors of the others, written down with the model, which goes on saying what it said."""

    unseen: float
    linear: float = LINEAR
    apart: float = APART

    @classmethod
    def after(cls, churned: Matrix, share: float, trees: float) -> Doubt:
        """What is left after these outcomes (n,) 0 or 1, a row counting as `share` of an independent one.

        The rarer outcome is counted, and at least one. `trees`: their weight in the pool, 0 to 1.

        >>> import numpy as np
        >>> outcomes = np.array([1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0])
        >>> found = Doubt.after(outcomes, share=1.0, trees=0.0)
        >>> round(found.unseen, 2)
        1.13
        """
        churns = max(share * min(churned.sum(), (1 - churned).sum()), 1.0)
        return cls(float((UNSEEN + CURVED * trees) / churns**FALLS))

    def variance(self, posterior: Matrix, distance: Matrix, slope: float, line: Matrix) -> Matrix:
        """Variance of the calibrated log-odds (n,); `distance` is 0 where there is one member alone."""
        return self.variance_of_change(posterior, distance, slope, line) + self.unseen

    def variance_of_change(self, posterior: Matrix, distance: Matrix, slope: float, line: Matrix) -> Matrix:
        """The same of a difference between two rows of one account: `unseen` is in both, and cancels."""
        return slope**2 * (self.linear * posterior + self.apart * distance**2) + line
