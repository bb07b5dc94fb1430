"""The pool: a weighted mean, in log-odds, of a linear member and a bag of trees, on a calibration line.

    log-odds = line(w_linear · linear + w_trees · trees)

Every part is a sum over features, so the whole is: `base + contributions.sum(1)` is `log_odds`. The interval
is a normal one in log-odds; what its variance is made of is told in `Doubt`. NumPy alone: serving reads this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from features.faults import Fault, WrongUse
from training.additive_model import AdditiveTrees
from training.calibration import LogOddsLine, Matrix
from training.linear_member import LinearMember
from training.unseen_missing import UnseenMissing

Segment = Sequence[Any] | None
Z90 = 1.6448536269514722  # standard normal quantile of a two-sided 90 % interval


@dataclass(frozen=True)
class Doubt:
    """How the variance of an account's log-odds is put together. Every number is 0 or more.

    `linear` times the linear member's posterior variance, `trees` times the bag's variance, `apart` times the
    squared distance of the two members, and `unseen`: what no member sees, the same for every account.
    """

    linear: float
    trees: float
    apart: float
    unseen: float


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
        return self._pooled(*self.members(X, segment))

    def members(self, X: Matrix, segment: Segment = None) -> tuple[Matrix, Matrix]:
        """Log-odds of the linear member and of the trees, (n,) each; the same twice without trees."""
        X = self._filled(X)
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
        """Variance of the log-odds: (n, k) -> (n,)."""
        filled, doubt, weight = self._filled(X), self.doubt, self.trees_weight
        linear, trees = self.members(X, segment)
        inside = (1 - weight) ** 2 * doubt.linear * self.linear.variance(filled, segment)
        if self.trees is not None:
            bag = self.trees.bag_log_odds(filled).var(axis=1, ddof=1)
            inside += weight**2 * doubt.trees * bag + doubt.apart * (linear - trees) ** 2
        line = self.line.standard_error((1 - weight) * linear + weight * trees) ** 2
        return self.line.slope**2 * inside + line + doubt.unseen + self.unseen.added_variance(X)

    def _filled(self, X: Matrix) -> Matrix:
        """WrongUse where X is not a matrix with one column per feature."""
        if X.ndim != 2 or X.shape[1] != len(self.features):
            wanted = f"(rows, {len(self.features)})"
            step = "bring one column per feature of the model, in the model's order"
            raise WrongUse("these rows cannot be scored", [Fault("X.shape", X.shape, wanted, step)])
        return self.unseen.filled(X)

    def _pooled(self, linear: Matrix, trees: Matrix) -> Matrix:
        return self.line.apply((1 - self.trees_weight) * linear + self.trees_weight * trees)
