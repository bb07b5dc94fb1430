"""A straight line in log-odds: it turns a model's scores into probabilities that mean what they say.

The line keeps the order of the accounts (its slope is above 0), keeps log-odds additive, so that drivers
still add up, and needs two numbers, which a small book can afford. An isotonic fit needs a thousand rows
or more, and makes steps that no driver explains. Nothing here needs more than NumPy and SciPy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from features.faults import DataFault, Fault

Matrix = NDArray[np.float64]

PRIOR_MEAN = np.array([0.0, 1.0])  # intercept and slope of scores that are calibrated already
PRIOR_SD = 2.0  # weak: 50 churns outweigh it a hundredfold; strong enough to stop a separated fit
PRIOR_PRECISION = np.eye(2) / PRIOR_SD**2
SMALLEST_SLOPE = 0.05  # a score that ranks the wrong way is made nearly flat, and never turned round


@dataclass(frozen=True)
class LogOddsLine:
    """calibrated log-odds = intercept + slope x log-odds; both sides are log-odds of the same event.

    `covariance` is the 2x2 covariance of (intercept, slope).

    >>> line = LogOddsLine(-0.5, 0.8, ((0.04, 0.01), (0.01, 0.02)))
    >>> line.apply([-2.0, float("nan")])
    array([-2.1,  nan])
    >>> line.standard_error([-2.0]).round(3)
    array([0.283])
    """

    intercept: float
    slope: float
    covariance: tuple[tuple[float, float], tuple[float, float]]

    def apply(self, log_odds: ArrayLike) -> Matrix:
        """Calibrated log-odds, in the shape of `log_odds`; NaN stays NaN."""
        return self.intercept + self.slope * np.asarray(log_odds, dtype=np.float64)

    def standard_error(self, log_odds: ArrayLike) -> Matrix:
        """Standard error of `apply(log_odds)` that comes from the line alone, in log-odds, 0 or more."""
        x = np.asarray(log_odds, dtype=np.float64)
        (v00, v01), (_, v11) = self.covariance
        variance: Matrix = v00 + 2 * x * v01 + x**2 * v11
        error: Matrix = np.sqrt(variance.clip(min=0))
        return error


def fit_log_odds_line(log_odds: ArrayLike, churned: ArrayLike, account: ArrayLike) -> LogOddsLine:
    """The line of greatest likelihood, drawn weakly to (0, 1): Platt (1999), with a Gaussian prior.

    `log_odds` (n,) finite and out of fold (a model's own training rows look too good), `churned` (n,) 0 or
    1, `account` (n,) keys. The prior (standard deviation 2 for either number) keeps rows that a threshold
    separates from an endless slope; with no rows at all it is the answer. The slope stays at or above 0.05.

    The covariance is a sandwich clustered by account (Liang & Zeger 1986; Cameron & Miller 2015): dates of
    one account are no independent evidence. The prior counts as one more piece of evidence in it.

    DataFault with all that is wrong: lengths that differ, log-odds not finite, outcomes not 0 or 1.

    >>> line = fit_log_odds_line([-3, -2, -1, 0, -3, -1], [0, 0, 0, 1, 0, 1], list("aabbcd"))
    >>> round(line.intercept, 2), round(line.slope, 2)
    (1.17, 1.62)
    >>> fit_log_odds_line([], [], [])
    LogOddsLine(intercept=0.0, slope=1.0, covariance=((4.0, 0.0), (0.0, 4.0)))
    """
    x, y, codes = _checked(log_odds, churned, account)
    once = np.ones_like(x)
    line = greatest_posterior(x, y, once)
    if line[1] < SMALLEST_SLOPE:
        line = greatest_posterior(x, y, once, slope=SMALLEST_SLOPE)
    (v00, v01), (_, v11) = _clustered_covariance(line, x, y, codes)
    covariance = ((float(v00), float(v01)), (float(v01), float(v11)))
    return LogOddsLine(float(line[0]), float(line[1]), covariance)


def greatest_posterior(x: Matrix, y: Matrix, weights: Matrix, slope: float | None = None) -> Matrix:
    """(2,): intercept and slope of `y` on `x` under the prior, rows weighted (all (n,)).

    With `slope` given, only the intercept is fitted.
    """
    from scipy.optimize import minimize  # serving applies a line and never fits one: it need not load this

    free = np.array([True, slope is None])
    start = np.array([0.0, 1.0 if slope is None else slope])

    def line(step: Matrix) -> Matrix:
        moved = start.copy()
        moved[free] += step
        return moved

    def loss(step: Matrix) -> float:
        eta = line(step)[0] + line(step)[1] * x
        prior = ((line(step) - PRIOR_MEAN) ** 2).sum() / (2 * PRIOR_SD**2)
        return float(weights @ (np.logaddexp(0, eta) - y * eta) + prior)

    def slope_of_loss(step: Matrix) -> Matrix:
        gradient, _ = posterior_derivatives(line(step)[None, :], x, y, weights[None, :])
        uphill: Matrix = gradient[0][free]
        return -uphill

    def bend_of_loss(step: Matrix) -> Matrix:
        _, information = posterior_derivatives(line(step)[None, :], x, y, weights[None, :])
        bend: Matrix = information[0][np.ix_(free, free)]
        return bend

    nothing = np.zeros(int(free.sum()))
    found = minimize(
        loss, nothing, method="trust-exact", jac=slope_of_loss, hess=bend_of_loss, options={"gtol": 1e-9}
    )
    return line(found.x)


def posterior_derivatives(lines: Matrix, x: Matrix, y: Matrix, weights: Matrix) -> tuple[Matrix, Matrix]:
    """Gradient (b, 2) and information (b, 2, 2) of the log posterior, for b lines and weightings (b, n)."""
    churn = expit(lines[:, :1] + lines[:, 1:] * x)
    residual = weights * (y - churn)
    gradient = np.stack([residual.sum(axis=1), residual @ x], axis=1)
    churn *= weights * (1 - churn)
    i00, i01, i11 = churn.sum(axis=1), churn @ x, churn @ x**2
    information = np.stack([i00, i01, i01, i11], axis=1).reshape(-1, 2, 2)
    return gradient - (lines - PRIOR_MEAN) @ PRIOR_PRECISION, information + PRIOR_PRECISION


def _clustered_covariance(line: Matrix, x: Matrix, y: Matrix, codes: NDArray[np.intp]) -> Matrix:
    accounts = int(codes.max(initial=-1)) + 1
    residual = y - expit(line[0] + line[1] * x)
    scores = np.stack(
        [np.bincount(codes, residual * factor, minlength=accounts) for factor in (np.ones_like(x), x)]
    )
    few_accounts = accounts / max(accounts - 1, 1)
    evidence = scores @ scores.T * few_accounts + PRIOR_PRECISION
    _, information = posterior_derivatives(line[None, :], x, y, np.ones((1, len(x))))
    bread = np.linalg.inv(information[0])
    covariance: Matrix = bread @ evidence @ bread
    return covariance


def _checked(
    log_odds: ArrayLike, churned: ArrayLike, account: ArrayLike
) -> tuple[Matrix, Matrix, NDArray[np.intp]]:
    x, y = np.asarray(log_odds, dtype=np.float64), np.asarray(churned, dtype=np.float64)
    keys = np.asarray(account).astype(str)
    faults = []
    if not x.shape == y.shape == keys.shape or x.ndim != 1:
        found = f"{x.shape}, {y.shape}, {keys.shape}"
        faults.append(Fault("log_odds, churned, account", found, "three columns of one length", "align them"))
    if not np.isfinite(x).all():
        bad = int((~np.isfinite(x)).sum())
        faults.append(Fault("log_odds", f"{bad} not finite", "finite numbers", "leave out unscored rows"))
    if not np.isin(y, (0, 1)).all():
        odd = float(y[~np.isin(y, (0, 1))][0])
        faults.append(Fault("churned", odd, "0 or 1", "leave out rows whose label is not mature"))
    if faults:
        raise DataFault("The calibration cannot be fitted", faults)
    return x, y, np.unique(keys, return_inverse=True)[1]
