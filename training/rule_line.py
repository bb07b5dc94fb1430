"""The rule alone, mapped to log-odds of churn by a line, so that it is compared at its best.

The line starts from the prior and is drawn by the data; it never turns the rule round.
"""

from __future__ import annotations

import numpy as np

from training.account_folds import fold_of_rows
from training.calibration import Matrix
from training.linear_member import LinearMember
from training.normal_prior import NormalPrior, greatest_posterior_of
from training.reweighted_rule import TOGETHER, FittedLinear, LinearLesson, Spreads

SMALLEST_SLOPE = 0.05  # as a share of the prior's: a rule that ranks the wrong way is made nearly flat
RULE_ALONE = Spreads(0.0, 0.0, 0.0)


def fit_rule_line(lesson: LinearLesson, folds: int, seed: int) -> FittedLinear:
    """The expert's weights, under one slope and intercept; without a rule, the intercept alone."""
    fold = fold_of_rows(lesson.account, folds, np.random.default_rng(seed))
    told = np.empty(len(lesson.churned))
    for number in range(folds):
        here = fold == number
        line, _ = _line(lesson, ~here)
        told[here] = line[0] + line[1] * _score(lesson)[here]
    line, root = _line(lesson, np.ones(len(told), dtype=bool))
    member = _member(lesson, line, root)
    return FittedLinear(member, told, RULE_ALONE, member)


def _score(lesson: LinearLesson) -> Matrix:
    """(n,): the rule's score, centred."""
    return np.asarray(lesson.columns[:, 1 : lesson.rule_terms + 1].sum(axis=1))


def _line(lesson: LinearLesson, rows: Matrix) -> tuple[Matrix, Matrix]:
    """Intercept and slope (2,), and a root of their covariance (2, 2)."""
    columns = np.column_stack([np.ones(int(rows.sum())), _score(lesson)[rows]])
    expected, slope = lesson.expected(RULE_ALONE), -lesson.prior.log_odds_per_point
    covariance = np.diag([expected.covariance[0, 0], (TOGETHER * slope) ** 2])
    prior = NormalPrior(np.array([expected.mean[0], slope]), covariance)
    found = greatest_posterior_of(columns, lesson.churned[rows], lesson.share, prior)
    if found.coefficients[1] > SMALLEST_SLOPE * slope:
        held = np.diag([expected.covariance[0, 0], 0.0])
        prior = NormalPrior(np.array([expected.mean[0], SMALLEST_SLOPE * slope]), held)
        found = greatest_posterior_of(columns, lesson.churned[rows], lesson.share, prior)
    root = np.asarray(np.linalg.cholesky(found.covariance(prior)), dtype=np.float64)
    return found.coefficients, root


def _member(lesson: LinearLesson, line: Matrix, root: Matrix) -> LinearMember:
    """The line as coefficients of all columns: the slope for each of the rule's, 0 for the others."""
    spread = np.zeros((len(lesson.mean) + 1, 2))
    spread[0, 0], spread[1 : lesson.rule_terms + 1, 1] = 1.0, 1.0
    every = spread @ line
    return LinearMember(
        lesson.features, lesson.rule, lesson.values, float(every[0]), lesson.mean, every[1:], spread @ root
    )
