"""The pool: a weighted mean, in log-odds, of a linear member and a bag of trees, on a calibration line.

    log-odds = line(w_linear · linear + w_trees · trees)

Every part is a sum over features, so the whole is: `base + contributions.sum(1)` is `log_odds`. The interval
is a normal one in log-odds; what its variance is made of is told in `doubt`. NumPy alone: serving reads this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from features.faults import Fault, WrongUse
from training.additive_model import AdditiveTrees
from training.calibration import LogOddsLine, Matrix
from training.doubt import Doubt
from training.last_answer import LastAnswer
from training.linear_member import LinearMember
from training.missing_evidence import LinearRange, TreesRange
from training.unseen_missing import UnseenMissing

Segment = Sequence[Any] | None


@dataclass(frozen=True, eq=False)
class PooledLogOdds:
    """The fitted pool. `trees_weight` is 0 where there are no `trees`, 1 where they stand alone.

    `segment` (n,) picks the rule's profile; None: unknown. `X` is (n, k) in the order of `features`.
    """

    linear: LinearMember
    trees: AdditiveTrees | None
    trees_weight: float
    line: LogOddsLine
    doubt: Doubt
    unseen: UnseenMissing

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of X, in order."""
        return self.linear.features

    @property
    def base(self) -> float:
        """Log-odds of churn of the training portfolio, which the contributions start from."""
        whole = (1 - self.trees_weight) * self.linear.intercept
        if self.trees is not None:
            whole += self.trees_weight * self.trees.expected
        return float(self.line.apply(whole))

    def log_odds(self, X: Matrix, segment: Segment = None) -> Matrix:
        """Calibrated log-odds of churn: (n, k) -> (n,)."""
        return self.line.apply(self._mean(*self.members(X, segment)))

    def members(self, X: Matrix, segment: Segment = None) -> tuple[Matrix, Matrix]:
        """Log-odds of the linear member and of the trees, (n,) each; the same twice without trees."""
        X = self._filled(X)
        found: tuple[Matrix, Matrix] = self._last.of(X, segment, lambda: self._members(X, segment))
        return found

    @cached_property
    def _last(self) -> LastAnswer:
        return LastAnswer()

    def _members(self, X: Matrix, segment: Segment) -> tuple[Matrix, Matrix]:
        linear = self.linear.log_odds(X, segment)
        return linear, linear if self.trees is None else self.trees.log_odds(X)

    def contributions(self, X: Matrix, segment: Segment = None) -> Matrix:
        """What each feature adds to `base`, in log-odds of churn: (n, k) -> (n, k)."""
        X = self._filled(X)
        whole = (1 - self.trees_weight) * self.linear.contributions(X, segment)
        if self.trees is not None:
            whole += self.trees_weight * self.trees.contributions(X)
        return self.line.slope * whole

    def variance(self, X: Matrix, segment: Segment = None) -> Matrix:
        """Variance of the log-odds (see `doubt`): (n, k) -> (n,)."""
        linear, trees = self.members(X, segment)
        posterior = self.linear.variance(self._filled(X), segment)
        line = self.line.standard_error(self._mean(linear, trees)) ** 2
        told = self.doubt.variance(posterior, linear - trees, self.line.slope, line)
        return told + self.unseen.added_variance(X)

    def under_missing_evidence(self, X: Matrix, segment: Segment = None) -> tuple[Matrix, Matrix]:
        """The least and the most (n,) that the log-odds could be, were the missing features known.

        Bounds: see `missing_evidence`. What is known narrows them, and nothing missing leaves `log_odds`
        within rounding.
        """
        filled = self._filled(X)
        linear = self._linear_range.sides(X, filled, segment)
        trees = linear if self._trees_range is None else self._trees_range.sides(X, filled)
        low, high = (self.line.apply(self._mean(*side)) for side in zip(linear, trees, strict=True))
        return low, high

    @cached_property
    def _linear_range(self) -> LinearRange:
        return LinearRange(self.linear)

    @cached_property
    def _trees_range(self) -> TreesRange | None:
        return None if self.trees is None else TreesRange(self.trees)

    def variance_of_change(self, X: Matrix, Y: Matrix, segment: Segment = None) -> Matrix:
        """Variance of the log-odds of Y minus that of X, rows of the same accounts: (n, k), (n, k) -> (n,).

        What is doubtful of the account, whatever its features (`doubt.unseen`), is in both, and cancels.
        """
        before, after = self.members(X, segment), self.members(Y, segment)
        linear, trees = after[0] - before[0], after[1] - before[1]
        posterior = self.linear.variance_of_change(self._filled(X), self._filled(Y), segment)
        mean = (1 - self.trees_weight) * linear + self.trees_weight * trees
        line = self.line.covariance[1][1] * mean**2
        return self.doubt.variance_of_change(posterior, linear - trees, self.line.slope, line)

    def _filled(self, X: Matrix) -> Matrix:
        """WrongUse where X is not a matrix with one column per feature."""
        if X.ndim != 2 or X.shape[1] != len(self.features):
            wanted = f"(rows, {len(self.features)})"
            step = "bring one column per feature of the model, in the model's order"
            raise WrongUse("these rows cannot be scored", [Fault("X.shape", X.shape, wanted, step)])
        return self.unseen.filled(X)

    def _mean(self, linear: Matrix, trees: Matrix) -> Matrix:
        return (1 - self.trees_weight) * linear + self.trees_weight * trees
