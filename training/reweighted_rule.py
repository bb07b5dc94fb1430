"""The rule, re-weighted by the data: a logistic regression whose prior mean is the expert's weights.

The prior says of the log-odds of churn, with s = log-odds per point of the rule's score:

    measures and cap   mean −s each. Spread: all together (is a point worth more or less?), a pillar together,
                       and a measure alone, in log-odds per standard deviation of its column
    values and flags   mean 0, spread in log-odds per standard deviation: what the rule does not look at
    curves             mean 0, spread in log-odds per ramp: that an effect bends
    directions         values, and curves, of which the catalogue says that more is better are expected to
                       pull alike, all a little and those of a pillar more (equal weights: Dawes 1979)
    intercept          the prior churn rate at the score where the prior places it

How far a measure, a pillar, a value and a curve may depart is learned out of fold, folds cut by account:
every choice of spreads is weighed by how well it foretells (pseudo-BMA: Yao et al. 2018), and the answer is
the mean of them all, moved as little as it takes to keep the catalogue's directions (`catalog_directions`).
With no rows, or hardly any, it is the prior's mean: the rule. Without a rule the same is a ridge regression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from scipy.special import logit

from features.catalog import Feature
from features.params import RuleParams
from training.account_folds import fold_of_rows
from training.believed_weights import believed_weights
from training.calibration import Matrix
from training.catalog_directions import direction_rows, nearest_kept
from training.effective_rows import effective_share
from training.linear_member import LinearMember
from training.linear_terms import Places, RuleColumns, ValueColumns
from training.normal_prior import SMALLEST_VARIANCE, NormalPrior, Posterior, greatest_posterior_of
from training.params import PriorParams

# Log-odds per standard deviation that a measure alone, or a value, may typically depart by.
MEASURE_SPREADS = (0.0, 0.03, 0.1, 0.3)
VALUE_SPREADS = (0.0, 0.05, 0.1, 0.2, 0.4)
CURVE_SPREADS = (0.0, 0.1, 0.2, 0.4)
ALIKE = 0.5  # how far values that the catalogue calls better pull alike, as a share of their spread
EXPECTED_SPREAD = 0.2  # the mean of an exponential prior of each spread: the expert is believed at first
LEAST_WEIGHT = 1e-3  # spreads of a smaller weight are left out of the mean
PILLAR_PER_MEASURE = 2.5  # how far a pillar may depart, as a share of s, per unit of a measure's spread
TOGETHER = (
    0.75  # how far all weights together may depart, as a share of s: chosen once, it is well known soon
)
INTERCEPT_SPREAD = 1.5  # log-odds: the churn rate is soon known, and differs from company to company


@dataclass(frozen=True)
class Spreads:
    """How far the data were allowed to depart from the prior, in log-odds per standard deviation."""

    measure: float
    value: float
    curve: float


USUAL = Spreads(0.1, 0.1, 0.1)  # what is supposed where nothing can be chosen, and where the search begins


@dataclass(frozen=True, eq=False)
class FittedLinear:
    """The member, the log-odds of its training rows out of fold (n,), the mean of the weighed spreads.

    `unsure`: the member under spreads that are the usual ones at least, and free of the catalogue's
    directions, so that it can tell when the data speak against them. Where the data bear out the expert
    the smallest spreads do best, but that does not make the weights known to the last digit.
    """

    member: LinearMember
    out_of_fold: Matrix
    spreads: Spreads
    unsure: LinearMember


@dataclass(frozen=True, eq=False)
class LinearLesson:
    """The training rows as columns: the first of ones, the others centred (n, p + 1)."""

    catalog: tuple[Feature, ...]
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
        catalog: Sequence[Feature],
        rule: RuleParams | None,
        prior: PriorParams,
        horizon: int,
    ) -> LinearLesson:
        """`X` (n, k) in the catalogue's order, NaN = missing; `account` (n,) codes from 0."""
        features = tuple(feature.name for feature in catalog)
        terms = None if rule is None else RuleColumns(features, rule)
        values = ValueColumns.of(X)
        found = values.columns(X)
        if terms is not None:
            found = np.concatenate([terms.columns(X, segment)[0], found], axis=1)
        mean = found.mean(axis=0) if len(X) else _without_rows(terms, len(features))
        columns = np.concatenate([np.ones((len(X), 1)), found - mean], axis=1)
        share = effective_share(churned, account)
        known = tuple(catalog)
        return cls(known, terms, values, mean, columns, churned, account, share, prior, horizon)

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of X, in order."""
        return tuple(feature.name for feature in self.catalog)

    @property
    def rule_terms(self) -> int:
        """How many columns are the rule's."""
        return 0 if self.rule is None else len(self.rule.measures) + 1

    def expected(self, spreads: Spreads) -> NormalPrior:
        """The prior of (intercept, coefficients) under these spreads."""
        rule, width = self.rule_terms, len(self.mean) + 1
        mean, covariance = np.zeros(width), np.zeros((width, width))
        covariance[0, 0] = INTERCEPT_SPREAD**2
        if rule:
            slope = self.prior.log_odds_per_point
            mean[0] = self.prior.log_odds_of(float(self.mean[:rule].sum()), self.horizon)
            mean[1 : rule + 1] = -slope
            covariance[1 : rule + 1, 1 : rule + 1] = self._rule_covariance(slope, spreads.measure)
        else:
            mean[0] = logit(self.prior.churn_rate(self.horizon))
        covariance[rule + 1 :, rule + 1 :] = self._value_covariance(spreads)
        return NormalPrior(mean, covariance)

    def _value_covariance(self, spreads: Spreads) -> Matrix:
        """Of values, curves and flags; the first two pull alike where the catalogue gives a direction."""
        owners, values, flags = self.values.owners, len(self.values.value_of), len(self.values.flag_of)
        columns = np.arange(len(owners))
        curve, flag = columns >= values, columns >= len(owners) - flags
        spread = np.where(curve & ~flag, spreads.curve, spreads.value)
        direction = np.array([feature.monotone_in_churn for feature in self.catalog])[owners]
        pull = np.where(flag, 0.0, ALIKE * spread * direction)
        pillar = np.array([feature.pillar for feature in self.catalog])[owners]
        sort = curve[:, None] == curve
        alike = np.outer(pull, pull) * sort * (1.0 + (pillar[:, None] == pillar))
        return np.asarray(alike + np.diag(spread**2))

    def _rule_covariance(self, slope: float, spread: float) -> Matrix:
        assert self.rule is not None
        groups = np.array([*self.rule.pillar_of, "cap"])
        alone = np.divide(spread, self._rule_scale, out=np.zeros(len(groups)), where=self._rule_scale > 1e-6)
        pillar = (groups[:, None] == groups) * (PILLAR_PER_MEASURE * spread * slope) ** 2
        together = np.full((len(groups), len(groups)), (TOGETHER * slope) ** 2)
        return np.asarray(together + pillar + np.diag(alone**2))

    @cached_property
    def _rule_scale(self) -> Matrix:
        """Standard deviations of the rule's columns; 0 without rows."""
        columns = self.columns[:, 1 : self.rule_terms + 1]
        return np.asarray(columns.std(axis=0)) if len(columns) else np.zeros(self.rule_terms)

    @cached_property
    def directions(self) -> Matrix:
        """(c, p + 1): the catalogue's directions, as `direction_rows` of this lesson's columns."""
        return direction_rows(self.catalog, self.rule, self.values)

    def weights(self, member: LinearMember, catalog: Sequence[Feature]) -> list[dict[str, Any]]:
        """What the data believe the pillars should weigh (`believed_weights`)."""
        return believed_weights(member, self.columns[:, 1:], catalog, self.prior.log_odds_per_point)

    def member(self, found: Matrix, covariance: Matrix) -> LinearMember:
        """What is served of (intercept, coefficients) (p + 1,) and their covariance."""
        factor = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
        return LinearMember(
            self.features, self.rule, self.values, float(found[0]), self.mean, found[1:], factor
        )


def prior_member(lesson: LinearLesson) -> LinearMember:
    """The rule as it is, mapped by the prior: what is said with nothing to learn from."""
    prior = lesson.expected(USUAL)
    return lesson.member(prior.mean, prior.covariance + SMALLEST_VARIANCE * np.eye(len(prior.mean)))


def fit_linear(lesson: LinearLesson, folds: int, seed: int) -> FittedLinear:
    """The mean of the members of every choice of spreads, weighed by their log loss out of fold.

    The grid is searched from one fit per fold, by one step of Newton's to each prior, and so is the mean
    found from one fit to all rows. Its covariance holds what each choice leaves open, and how far they lie
    apart. The mean is then moved to where it keeps the catalogue's directions, in the folds as in the whole.
    """
    fold = fold_of_rows(lesson.account, folds, np.random.default_rng(seed))
    grid, usual = _grid(lesson), lesson.expected(USUAL)
    priors = [lesson.expected(spreads) for spreads in grid]
    whole = _fit(lesson, np.ones(len(fold), dtype=bool), usual, None)
    told, folds_found = np.empty((len(fold), len(grid))), list[tuple[Places, Posterior, Matrix]]()
    for number in range(folds):
        inside = fold != number
        some = _fit(lesson, inside, usual, whole.coefficients)
        each, outside = np.stack([some.under(p) for p in priors]), np.flatnonzero(~inside)
        told[outside] = lesson.columns[outside] @ each.T
        folds_found.append((outside, some, each))
    weights = _weights(lesson, told)
    spreads = Spreads(*(weights @ np.array([[s.measure, s.value, s.curve] for s in grid])).tolist())
    rows, mean_prior = lesson.directions, lesson.expected(spreads)
    out_of_fold = np.empty(len(fold))
    for outside, some, each in folds_found:
        kept_to = nearest_kept(weights @ each, some.covariance(mean_prior), rows)
        out_of_fold[outside] = lesson.columns[outside] @ kept_to
    kept = np.flatnonzero(weights)
    found = np.stack([whole.under(priors[i]) for i in kept])
    mean = weights[kept] @ found
    apart = (found - mean).T * weights[kept] @ (found - mean)
    within = sum(weights[i] * whole.covariance(priors[i]) for i in kept)
    usual_or_more = Spreads(
        *np.maximum(list(asdict(spreads).values()), list(asdict(USUAL).values())).tolist()
    )
    unsure = whole.covariance(lesson.expected(usual_or_more)) + apart
    member = lesson.member(nearest_kept(mean, whole.covariance(mean_prior), rows), within + apart)
    return FittedLinear(member, out_of_fold, spreads, lesson.member(mean, unsure))


def _grid(lesson: LinearLesson) -> list[Spreads]:
    measures = MEASURE_SPREADS if lesson.rule_terms else (0.0,)
    return [Spreads(m, v, c) for m, v, c in product(measures, VALUE_SPREADS, CURVE_SPREADS)]


def _weights(lesson: LinearLesson, told: Matrix) -> Matrix:
    """The weight of each choice: its prior, and its log-odds out of fold (n, choices); they sum to 1."""
    loss = (np.logaddexp(0, told) - lesson.churned[:, None] * told).sum(axis=0)
    departs = np.array([s.measure + s.value + s.curve for s in _grid(lesson)])
    cost = lesson.share * loss + departs / EXPECTED_SPREAD
    weights = np.exp(cost.min() - cost)
    weights /= weights.sum()
    kept = np.where(weights < LEAST_WEIGHT, 0.0, weights)
    return np.asarray(kept / kept.sum())


def _fit(lesson: LinearLesson, rows: Matrix, prior: NormalPrior, start: Matrix | None) -> Posterior:
    return greatest_posterior_of(lesson.columns[rows], lesson.churned[rows], lesson.share, prior, start)


def _without_rows(rule: RuleColumns | None, features: int) -> Matrix:
    """What the columns are centred at without rows: an account of the default segment, with nothing known."""
    if rule is None:
        return np.zeros(0)
    return np.asarray(rule.columns(np.full((1, features), np.nan), None)[0][0])
