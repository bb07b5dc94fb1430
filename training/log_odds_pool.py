"""How much of the pool is trees, and whether a calibration line is due: both from log-odds out of fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.account_folds import fold_of_rows
from training.calibration import LogOddsLine, Matrix, fit_log_odds_line
from training.linear_terms import Places

WEIGHTS = np.linspace(0.0, 1.0, 21)
EXPECTED_FROM = 60.0  # effective churns at which the trees are expected to deserve half of their share …
EXPECTED_SHARE = 0.6  # … of the pool, which is that of a book without end
SPREAD = 0.35  # how far the weight may lie from what is expected
AS_IT_IS = LogOddsLine(0.0, 1.0, ((0.0, 0.0), (0.0, 0.0)))
BEYOND_NOISE = 1.0  # standard errors by which the line must gain, out of fold


@dataclass(frozen=True, eq=False)
class ToldOutOfFold:
    """Rows as foretold by members that never saw their account; all (n,).

    `share` counts a row as that much of an independent one.
    """

    linear: Matrix
    trees: Matrix
    churned: Matrix
    account: Places
    share: float


def trees_weight(told: ToldOutOfFold) -> float:
    """The weight of the trees, 0 to 1: its posterior mean, under a normal prior.

    The fewer the churns, the less is expected of trees: the linear member then knows the expert's rule.
    """
    churns = told.share * min(told.churned.sum(), (1 - told.churned).sum())
    expected = EXPECTED_SHARE * churns / (churns + EXPECTED_FROM)
    cost = np.array(
        [
            told.share * loss_of(_mixed(told, w), told.churned).sum() + ((w - expected) / SPREAD) ** 2 / 2
            for w in WEIGHTS
        ]
    )
    likely = np.exp(cost.min() - cost)
    return float(WEIGHTS @ likely / likely.sum())


def calibration_line(told: ToldOutOfFold, weight: float, folds: int, seed: int) -> LogOddsLine:
    """The line through the pooled log-odds where it gains beyond noise; else they are left as they are.

    The gain is measured on folds that the line was not fitted on, its noise between accounts.
    """
    pooled = _mixed(told, weight)
    fold = fold_of_rows(told.account, folds, np.random.default_rng(seed))
    lined = np.empty_like(pooled)
    for number in range(folds):
        here = fold == number
        line = fit_log_odds_line(pooled[~here], told.churned[~here], told.account[~here])
        lined[here] = line.apply(pooled[here])
    gain = np.bincount(told.account, loss_of(pooled, told.churned) - loss_of(lined, told.churned))
    if gain.sum() <= BEYOND_NOISE * gain.std() * np.sqrt(len(gain)):
        return AS_IT_IS
    return fit_log_odds_line(pooled, told.churned, told.account)


def loss_of(log_odds: Matrix, churned: Matrix) -> Matrix:
    """Negative log-likelihood of each row, in nats: (n,), (n,) -> (n,).

    >>> loss_of(np.array([0.0]), np.array([1.0])).round(3).tolist()
    [0.693]
    """
    return np.asarray(np.logaddexp(0, log_odds) - churned * log_odds)


def _mixed(told: ToldOutOfFold, weight: float) -> Matrix:
    return (1 - weight) * told.linear + weight * told.trees
