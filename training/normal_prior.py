"""Logistic regression under a normal prior: the greatest posterior, and what is known around it.

Newton's method with step halving; the loss is strictly convex, so there is one answer. `share` counts each
row as that much of an independent one (`effective_rows`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit

from training.calibration import Matrix

STEPS = 50
SETTLED = 1e-9  # a step that lowers the loss by less than this part of it is the last
SMALLEST_VARIANCE = 1e-12  # a coefficient whose prior has no spread is held where it is


@dataclass(frozen=True, eq=False)
class NormalPrior:
    """A normal prior of p coefficients: `mean` (p,), `covariance` (p, p)."""

    mean: Matrix
    covariance: Matrix

    @cached_property
    def precision(self) -> Matrix:
        """The inverse of the covariance, a coefficient without spread held in place."""
        held = self.covariance + SMALLEST_VARIANCE * np.eye(len(self.mean))
        return np.asarray(np.linalg.inv(held), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Posterior:
    """Coefficients of greatest posterior (p,); the rows' gradient (p,) and information (p, p) there."""

    coefficients: Matrix
    gradient: Matrix
    information: Matrix

    def covariance(self, prior: NormalPrior) -> Matrix:
        """(p, p): the normal approximation of the posterior (Laplace)."""
        return np.asarray(np.linalg.inv(self.information + prior.precision), dtype=np.float64)

    def under(self, prior: NormalPrior) -> Matrix:
        """(p,): about where the greatest posterior would lie under another prior: one step of Newton's."""
        pull = self.information @ self.coefficients + self.gradient + prior.precision @ prior.mean
        return np.asarray(np.linalg.solve(self.information + prior.precision, pull), dtype=np.float64)


def greatest_posterior_of(
    columns: Matrix, churned: Matrix, share: float, prior: NormalPrior, start: Matrix | None = None
) -> Posterior:
    """`columns` (n, p), the first of ones; `churned` (n,) 0 or 1. Without rows: the prior's mean.

    >>> prior = NormalPrior(np.array([-2.0, 1.0]), np.eye(2))
    >>> greatest_posterior_of(np.empty((0, 2)), np.empty(0), 1.0, prior).coefficients.tolist()
    [-2.0, 1.0]
    """
    precision = prior.precision
    found = prior.mean.copy() if start is None else start.copy()
    loss = _loss(found, columns, churned, share, prior.mean, precision)
    for _ in range(STEPS):
        gradient, information = _derivatives(found, columns, churned, share)
        step = np.linalg.solve(information + precision, gradient - precision @ (found - prior.mean))
        size, before = 1.0, loss
        while True:
            loss = _loss(found + size * step, columns, churned, share, prior.mean, precision)
            if loss <= before or size < 1e-6:
                break
            size /= 2
        found = found + size * step
        if before - loss <= SETTLED * max(1.0, abs(loss)):
            break
    return Posterior(found, *_derivatives(found, columns, churned, share))


def _loss(
    at: Matrix, columns: Matrix, churned: Matrix, share: float, mean: Matrix, precision: Matrix
) -> float:
    margin, away = columns @ at, at - mean
    return float(share * (np.logaddexp(0, margin) - churned * margin).sum() + away @ precision @ away / 2)


def _derivatives(at: Matrix, columns: Matrix, churned: Matrix, share: float) -> tuple[Matrix, Matrix]:
    churn = expit(columns @ at)
    gradient: Matrix = share * (columns.T @ (churned - churn))
    information: Matrix = share * (columns.T * (churn * (1 - churn))) @ columns
    return gradient, information
