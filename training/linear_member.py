"""The linear member as it is served: log-odds of churn as a sum over the columns of `linear_terms`.

    log-odds = intercept + Σ coefficient · (column − mean of the column in training)

A column belongs to one feature (the cap's to that of the exception which caps the row), so that the terms
are SHAP values of a linear model (Štrumbelj & Kononenko 2014) and sum up by feature. NumPy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from training.last_answer import LastAnswer
from training.linear_terms import Matrix, Places, RuleColumns, ValueColumns


@dataclass(frozen=True, eq=False)
class LinearMember:
    """`rule` is None where there is no rule. Log-odds are of churn: higher is worse.

    `intercept` is the log-odds of the training portfolio's mean; `mean` and `coefficients` are (p,).
    `factor` (p + 1, r) is a root: `factor @ factor.T` is the covariance of (intercept, coefficients).
    """

    features: tuple[str, ...]
    rule: RuleColumns | None
    values: ValueColumns
    intercept: float
    mean: Matrix
    coefficients: Matrix
    factor: Matrix

    def columns(self, X: Matrix, segment: Sequence[Any] | None = None) -> Matrix:
        """(n, k) -> (n, p), centred: what the coefficients are of. Not to be written to."""
        found: Matrix = self._last.of(X, segment, lambda: self._columns(X, segment))
        return found

    @cached_property
    def _last(self) -> LastAnswer:
        return LastAnswer()

    def _columns(self, X: Matrix, segment: Sequence[Any] | None) -> Matrix:
        found = self.values.columns(X)
        if self.rule is not None:
            found = np.concatenate([self.rule.columns(X, segment)[0], found], axis=1)
        return found - self.mean

    def log_odds(self, X: Matrix, segment: Sequence[Any] | None = None) -> Matrix:
        """Log-odds of churn: (n, k) -> (n,)."""
        return self._added(self.columns(X, segment))

    def contributions(self, X: Matrix, segment: Sequence[Any] | None = None) -> Matrix:
        """What each feature adds to the intercept, in log-odds of churn: (n, k) -> (n, k)."""
        terms = self.columns(X, segment) * self.coefficients
        owners = np.broadcast_to(self.owners, terms.shape).copy()
        if self.rule is not None:
            owners[:, self._cap] = self.rule.cap_feature(X)
        return _by_owner(terms, owners, X.shape)

    def feature_terms(self, X: Matrix, segment: Sequence[Any] | None = None) -> Matrix:
        """The same without the cap, whose term depends on all measures at once: (n, k) -> (n, k)."""
        terms = self.columns(X, segment) * self.coefficients
        owned = self.owners >= 0
        return _by_owner(terms[:, owned], np.broadcast_to(self.owners[owned], terms[:, owned].shape), X.shape)

    def variance(self, X: Matrix, segment: Sequence[Any] | None = None) -> Matrix:
        """Variance of the log-odds that comes from too few rows to learn from: (n, k) -> (n,)."""
        # Row by row: a product's last bits change with its shape, and so would a row's with its company.
        sums = [row @ self.factor[1:] for row in self.columns(X, segment)]
        return _last_sum((self.factor[0] + np.array(sums).reshape(len(X), -1)) ** 2)

    def variance_of_change(self, X: Matrix, Y: Matrix, segment: Sequence[Any] | None = None) -> Matrix:
        """The same of the log-odds of Y minus that of X: (n, k), (n, k) -> (n,)."""
        columns = self.columns(Y, segment) - self.columns(X, segment)
        return np.asarray(((columns @ self.factor[1:]) ** 2).sum(axis=1))

    @cached_property
    def owners(self) -> Places:
        """(p,): the place of the feature that a column belongs to; −1 for the cap's."""
        rule = [] if self.rule is None else [self.rule.feature_of, np.array([-1])]
        return np.concatenate([*rule, self.values.owners]).astype(np.intp)

    @property
    def _cap(self) -> int:
        """The place of the cap's column: after the rule's measures."""
        assert self.rule is not None
        return len(self.rule.feature_of)

    def _added(self, columns: Matrix) -> Matrix:
        """From left to right, so that a row has the same bits in any batch."""
        first = np.full((len(columns), 1), self.intercept)
        return _last_sum(np.concatenate([first, columns * self.coefficients], axis=1))


def _by_owner(terms: Matrix, owners: Places, shape: tuple[int, ...]) -> Matrix:
    """Terms (n, p) added up by the feature that owns them, (n, k): in order, so the bits are any batch's."""
    cells = np.arange(shape[0])[:, None] * shape[1] + owners
    found = np.bincount(cells.ravel(), terms.ravel(), minlength=shape[0] * shape[1])
    return np.asarray(found, dtype=np.float64).reshape(shape)


def _last_sum(terms: Matrix) -> Matrix:
    """(n, m) -> (n,): the sum of each row from left to right; NumPy's own order changes with the shape."""
    if not terms.shape[1]:
        return np.zeros(len(terms))
    return np.asarray(np.cumsum(terms, axis=1)[:, -1])
