"""The rule, re-weighted by the data: a logistic regression whose prior mean is the expert's weights.

The prior says of the log-odds of churn, with s = log-odds per point of the rule's score:

    measures and cap   mean −s each. Spread: all together (is a point worth more or less?), a pillar together,
                       and a measure alone, in log-odds per standard deviation of its column
    values and flags   mean 0, spread in log-odds per standard deviation: what the rule does not look at
    intercept          the prior churn rate at the score where the prior places it

How far a measure, a pillar and a value may depart is chosen out of fold, folds cut by account. With no rows,
or hardly any, the answer is the prior's mean: the rule. Without a rule the same is a ridge regression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy.special import logit

from features.catalog import Feature
from features.params import RuleParams
from training.account_folds import fold_of_rows
from training.believed_weights import believed_weights
from training.calibration import Matrix
from training.effective_rows import effective_share
from training.linear_member import LinearMember
from training.linear_terms import Places, RuleColumns, ValueColumns
from training.normal_prior import NormalPrior, Posterior, greatest_posterior_of
from training.params import PriorParams

# Log-odds per standard deviation that a measure alone, or a value, may typically depart by.
MEASURE_SPREADS = (0.0, 0.01, 0.03, 0.1, 0.2, 0.4)
VALUE_SPREADS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
PILLAR_PER_MEASURE = 2.5  # how far a pillar may depart, as a share of s, per unit of a measure's spread
TOGETHER = (
    0.75  # how far all weights together may depart, as a share of s: chosen once, it is well known soon
)
INTERCEPT_SPREAD = 1.5  # log-odds: the churn rate is soon known, and differs from company to company
NO_RULE_SPREAD = 10.0  # the same where no rule says what to expect


@dataclass(frozen=True)
class Spreads:
    """How far the data were allowed to depart from the prior, in log-odds per standard deviation."""

    measure: float
    value: float


USUAL = Spreads(0.1, 0.1)  # what is supposed where nothing can be chosen, and where the search begins


@dataclass(frozen=True, eq=False)
class FittedLinear:
    """The member, the log-odds of its training rows out of fold (n,), and the spreads that were chosen."""

    member: LinearMember
    out_of_fold: Matrix
    spreads: Spreads


@dataclass(frozen=True, eq=False)
class LinearLesson:
    """The training rows as columns: the first of ones, the others centred (n, p + 1)."""

    features: tuple[str, ...]
    rule: RuleColumns | None
    values: ValueColumns
    mean: Matrix
    columns: Matrix
    churned: Matrix
    account: Places
    share: float
    prior: PriorParams
    horizon: int

    @classmethod
    def of(
        cls,
        X: Matrix,
        segment: Sequence[Any] | None,
        churned: Matrix,
        account: Places,
        features: tuple[str, ...],
        rule: RuleParams | None,
        prior: PriorParams,
        horizon: int,
    ) -> LinearLesson:
        """`X` (n, k) in the order of `features`, NaN = missing; `account` (n,) codes from 0."""
        terms = None if rule is None else RuleColumns(features, rule)
        values = ValueColumns.of(X)
        found = values.columns(X)
        if terms is not None:
            found = np.concatenate([terms.columns(X, segment)[0], found], axis=1)
        mean = found.mean(axis=0) if len(X) else _without_rows(terms, len(features))
        columns = np.concatenate([np.ones((len(X), 1)), found - mean], axis=1)
        share = effective_share(churned, account)
        return cls(features, terms, values, mean, columns, churned, account, share, prior, horizon)

    @property
    def rule_terms(self) -> int:
        """How many columns are the rule's."""
        return 0 if self.rule is None else len(self.rule.measures) + 1

    def expected(self, spreads: Spreads) -> NormalPrior:
        """The prior of (intercept, coefficients) under these spreads."""
        rule, width = self.rule_terms, len(self.mean) + 1
        mean, covariance = np.zeros(width), np.zeros((width, width))
        covariance[0, 0] = (INTERCEPT_SPREAD if rule else NO_RULE_SPREAD) ** 2
        if rule:
            slope = self.prior.log_odds_per_point
            mean[0] = self.prior.log_odds_of(float(self.mean[:rule].sum()), self.horizon)
            mean[1 : rule + 1] = -slope
            covariance[1 : rule + 1, 1 : rule + 1] = self._rule_covariance(slope, spreads.measure)
        else:
            mean[0] = logit(self.prior.churn_rate(self.horizon))
        values = np.arange(rule + 1, width)
        covariance[values, values] = spreads.value**2
        return NormalPrior(mean, covariance)

    def _rule_covariance(self, slope: float, spread: float) -> Matrix:
        assert self.rule is not None
        groups = np.array([*self.rule.pillar_of, "cap"])
        scale = (
            self.columns[:, 1 : len(groups) + 1].std(axis=0) if len(self.columns) else np.zeros(len(groups))
        )
        alone = np.divide(spread, scale, out=np.zeros(len(groups)), where=scale > 1e-6)
        pillar = (groups[:, None] == groups) * (PILLAR_PER_MEASURE * spread * slope) ** 2
        together = np.full((len(groups), len(groups)), (TOGETHER * slope) ** 2)
        return np.asarray(together + pillar + np.diag(alone**2))

    def weights(self, member: LinearMember, catalog: Sequence[Feature]) -> list[dict[str, Any]]:
        """What the data believe the pillars should weigh (`believed_weights`)."""
        return believed_weights(member, self.columns[:, 1:], catalog, self.prior.log_odds_per_point)

    def member(self, posterior: Posterior, prior: NormalPrior) -> LinearMember:
        """What is served of a posterior."""
        factor = np.asarray(np.linalg.cholesky(posterior.covariance(prior)), dtype=np.float64)
        intercept, coefficients = float(posterior.coefficients[0]), posterior.coefficients[1:]
        return LinearMember(self.features, self.rule, self.values, intercept, self.mean, coefficients, factor)


def prior_member(lesson: LinearLesson) -> LinearMember:
    """The rule as it is, mapped by the prior: what is said with nothing to learn from."""
    prior = lesson.expected(USUAL)
    width = len(prior.mean)
    return lesson.member(Posterior(prior.mean, np.zeros(width), np.zeros((width, width))), prior)


def fit_linear(lesson: LinearLesson, folds: int, seed: int) -> FittedLinear:
    """The member whose spreads do best out of fold.

    The grid is searched from one fit per fold, by one step of Newton's to each prior; what is chosen is then
    fitted in full.
    """
    fold = fold_of_rows(lesson.account, folds, np.random.default_rng(seed))
    found = _best_spreads(lesson, fold)
    prior = lesson.expected(found)
    whole = greatest_posterior_of(lesson.columns, lesson.churned, lesson.share, prior)
    out_of_fold = np.empty(len(lesson.churned))
    for number in range(folds):
        inside = fold != number
        some = _fit(lesson, inside, prior, whole.coefficients)
        out_of_fold[~inside] = lesson.columns[~inside] @ some.coefficients
    return FittedLinear(lesson.member(whole, prior), out_of_fold, found)


def _best_spreads(lesson: LinearLesson, fold: Places) -> Spreads:
    measures = MEASURE_SPREADS if lesson.rule_terms else (0.0,)
    grid = [Spreads(m, v) for m, v in product(measures, VALUE_SPREADS)]
    priors = [lesson.expected(spreads) for spreads in grid]
    middle_prior = lesson.expected(USUAL)
    loss = np.zeros(len(grid))
    for number in range(int(fold.max()) + 1):
        inside = fold != number
        middle = _fit(lesson, inside, middle_prior, None)
        told = lesson.columns[~inside] @ np.stack([middle.under(prior) for prior in priors], axis=1)
        loss += (np.logaddexp(0, told) - lesson.churned[~inside, None] * told).sum(axis=0)
    return grid[int(loss.argmin())]


def _fit(lesson: LinearLesson, rows: Matrix, prior: NormalPrior, start: Matrix | None) -> Posterior:
    return greatest_posterior_of(lesson.columns[rows], lesson.churned[rows], lesson.share, prior, start)


def _without_rows(rule: RuleColumns | None, features: int) -> Matrix:
    """What the columns are centred at without rows: an account of the default segment, with nothing known."""
    if rule is None:
        return np.zeros(0)
    return np.asarray(rule.columns(np.full((1, features), np.nan), None)[0][0])
