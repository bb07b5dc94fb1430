"""The learner: the rule re-weighted by the data and bagged trees, pooled in log-odds and calibrated.

Each member remains selectable (`training.member`) and is compared. With no rows the answer is the rule,
mapped by the prior. With one outcome only, or fewer than FEW accounts of either, it is the rule still, on a
line that starts from the prior.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy.special import expit

from features.catalog import Feature
from features.faults import Fault, WrongUse
from features.params import RuleParams
from training.account_folds import account_codes
from training.additive_model import AdditiveTrees
from training.boosted_trees import BoostedTrees, fit_trees
from training.calibration import Matrix
from training.doubt import Z90, Doubt
from training.health_model import HealthModel
from training.linear_terms import Places
from training.log_odds_pool import AS_IT_IS, ToldOutOfFold, calibration_line, trees_weight
from training.params import LearnerParams, Member, PriorParams
from training.pooled_log_odds import PooledLogOdds, Segment
from training.reweighted_rule import FittedLinear, LinearLesson, Spreads, fit_linear, prior_member
from training.rule_line import fit_rule_line
from training.tree_tables import additive_trees
from training.unseen_missing import UnseenMissing

Progress = Callable[[str], None]

FEW = 5  # accounts of either outcome: with fewer there is nothing to choose a strength by
FEW_FOR_TREES = 20  # with fewer, a bag may hold one outcome alone
MOST_EXPLAINED = 1_000  # training rows by which it is told how much each contribution varies


@dataclass(frozen=True, eq=False)
class PoolModel:
    """A fitted learner: every member, each calibrated by itself, and the name of the one that answers.

    Without a rule there is no member `rule`. `trees` and `spreads` are None where too few accounts of
    either outcome were there for them; `lightgbm` is then the re-weighted rule too. `weights`: what the
    data believe beside the expert (`believed_weights`).
    """

    members: Mapping[Member, PooledLogOdds]
    answers: Member
    trees: BoostedTrees | None
    spreads: Spreads | None
    weights: list[dict[str, Any]]

    @property
    def pooled(self) -> PooledLogOdds:
        """The member that answers, and is served."""
        return self.members[self.answers]

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that are read, in order."""
        return self.pooled.features

    @property
    def boosters(self) -> tuple[lgb.Booster, ...]:
        """The fitted boosters; empty where there were too few rows for them."""
        return () if self.trees is None else self.trees.boosters

    def log_odds(self, rows: pd.DataFrame) -> Matrix:
        """Calibrated log-odds of churn within the horizon, one per row."""
        return self.pooled.log_odds(*self._read(rows))

    def probability(self, rows: pd.DataFrame) -> Matrix:
        """Calibrated probability of churn within the horizon, 0–1, one per row."""
        return np.asarray(expit(self.log_odds(rows)))

    def interval(self, rows: pd.DataFrame) -> Matrix:
        """90 % interval of the churn probability: (n, 2), low and high."""
        X, segment = self._read(rows)
        z, error = self.pooled.log_odds(X, segment), np.sqrt(self.pooled.variance(X, segment))
        return np.column_stack([expit(z - Z90 * error), expit(z + Z90 * error)])

    def at_worst(self, rows: pd.DataFrame) -> Matrix:
        """The churn probability (n,), were every missing measure at its worst (see `missing_evidence`)."""
        _, high = self.pooled.under_missing_evidence(*self._read(rows))
        return np.asarray(np.maximum(expit(high), self.probability(rows)))

    def member_log_odds(self, rows: pd.DataFrame) -> dict[str, Matrix]:
        """Log-odds of every member, (n,) each; `rule` only where there is one."""
        X, segment = self._read(rows)
        return {name: member.log_odds(X, segment) for name, member in self.members.items()}

    def health_model(self, facts: Mapping[str, Any]) -> HealthModel:
        """What is written into the bundle and served; `facts` is plain JSON."""
        return HealthModel(self.pooled, {**facts, "member": self.answers, "weights": self.weights})

    def _read(self, rows: pd.DataFrame) -> tuple[Matrix, Segment]:
        return rows[list(self.features)].to_numpy("float64"), _segment_of(rows)


def fit_pool(
    rows: pd.DataFrame,
    churned: pd.Series,
    catalog: Sequence[Feature],
    rule: RuleParams | None,
    params: LearnerParams,
    seed: int,
    progress: Progress = lambda _: None,
    prior: PriorParams | None = None,
    horizon: int = 365,
    member: Member = "pool",
) -> PoolModel:
    """Fits every member, weighs them out of fold, and calibrates where that gains; `member` is to answer.

    `rows`: `account_id`, `segment` (may be absent) and the catalogue's features, float64, NaN = missing.
    `churned`: 0/1, in the order of the rows. WrongUse where the rule is to answer and there is none.
    """
    if rule is None and member == "rule":
        fault = Fault(
            "member", member, "pool, lightgbm or reweighted", "bring a rule, or choose another member"
        )
        raise WrongUse("there is no rule that could answer", [fault])
    names = tuple(feature.name for feature in catalog)
    X, segment = rows[list(names)].to_numpy("float64"), _segment_of(rows)
    y, account = churned.to_numpy("float64"), account_codes(rows["account_id"].to_numpy(str))
    lesson = LinearLesson.of(X, segment, y, account, catalog, rule, prior or PriorParams(), horizon)
    unseen = UnseenMissing.of(X, lesson.values.typical)
    fewest = _accounts_of_the_rarer_outcome(y, account)
    if fewest < FEW:
        linear = fit_rule_line(lesson, params.folds, seed).member if len(y) else prior_member(lesson)
        alone = PooledLogOdds(linear, None, 0.0, AS_IT_IS, Doubt.after(y, lesson.share, 0.0), unseen)
        weights = lesson.weights(linear, catalog)
        return PoolModel(_members(alone, alone, alone, alone, rule), member, None, None, weights)
    progress("the weights of the rule")
    fitted = fit_linear(lesson, params.folds, seed)
    plain = fitted if rule is None else fit_rule_line(lesson, params.folds, seed)
    weigh = _Weighing(lesson, unseen, *_some_rows(X, segment, seed), params, seed)
    rule_alone, reweighted = weigh.member(plain, None, 0.0), weigh.member(fitted, None, 0.0)
    weights = lesson.weights(fitted.unsure, catalog)
    if fewest < FEW_FOR_TREES:
        return PoolModel(
            _members(rule_alone, reweighted, reweighted, reweighted, rule),
            member,
            None,
            fitted.spreads,
            weights,
        )
    trees = fit_trees(X, y, account, catalog, params, seed, progress)
    progress("tables of the trees, weight and calibration line")
    grown = _Grown(additive_trees(trees.boosters), trees.out_of_fold)
    lightgbm, pool = weigh.member(fitted, grown, 1.0), weigh.member(fitted, grown, None)
    return PoolModel(
        _members(rule_alone, reweighted, lightgbm, pool, rule), member, trees, fitted.spreads, weights
    )


@dataclass(frozen=True, eq=False)
class _Grown:
    """The bag as tables, and its log-odds of the training rows out of fold (n,)."""

    tables: AdditiveTrees
    out_of_fold: Matrix


@dataclass(frozen=True, eq=False)
class _Weighing:
    """Members from what was fitted on the lesson's rows; `X` and `segment` are some of them."""

    lesson: LinearLesson
    unseen: UnseenMissing
    X: Matrix
    segment: Segment
    params: LearnerParams
    seed: int

    def member(self, linear: FittedLinear, trees: _Grown | None, weight: float | None) -> PooledLogOdds:
        """A calibrated member: of both parts with this weight of the trees, or the best one (None)."""
        lesson = self.lesson
        told = linear.out_of_fold if trees is None else trees.out_of_fold
        out_of_fold = ToldOutOfFold(linear.out_of_fold, told, lesson.churned, lesson.account, lesson.share)
        chosen = trees_weight(out_of_fold) if weight is None else weight
        line = calibration_line(out_of_fold, chosen, self.params.folds, self.seed)
        tables = None if trees is None else trees.tables
        doubt = Doubt.after(lesson.churned, lesson.share, chosen)
        made = PooledLogOdds(linear.member, tables, chosen, line, doubt, self.unseen)
        variance = made.contributions(self.X, self.segment).var(axis=0)
        return replace(made, unseen=replace(self.unseen, variance=variance))


def _some_rows(X: Matrix, segment: Segment, seed: int) -> tuple[Matrix, Segment]:
    """At most MOST_EXPLAINED rows, drawn: what a contribution varies by needs no more, and they are dear."""
    if len(X) <= MOST_EXPLAINED:
        return X, segment
    drawn = np.sort(np.random.default_rng(seed).choice(len(X), MOST_EXPLAINED, replace=False))
    return X[drawn], None if segment is None else [segment[row] for row in drawn]


def _members(
    rule_alone: PooledLogOdds,
    reweighted: PooledLogOdds,
    lightgbm: PooledLogOdds,
    pool: PooledLogOdds,
    rule: RuleParams | None,
) -> dict[Member, PooledLogOdds]:
    found: dict[Member, PooledLogOdds] = {} if rule is None else {"rule": rule_alone}
    return {**found, "reweighted": reweighted, "lightgbm": lightgbm, "pool": pool}


def _accounts_of_the_rarer_outcome(churned: Matrix, account: Places) -> int:
    """How many accounts churned in some row, or stayed in some row; the fewer of the two."""
    return min(len(np.unique(account[churned == outcome])) for outcome in (0.0, 1.0))


def _segment_of(rows: pd.DataFrame) -> Segment:
    return rows["segment"].tolist() if "segment" in rows else None
