"""The models that are compared on the same rows: two floors, a plain logistic, and the learner's members.

Each is fitted on the training rows of an origin and gives churn probabilities for its test rows. The
floors know nothing of the customer's doings: the base rate, and the clock (how long the account has
been here, how far its renewal is). A model that finds no more than they do has found nothing to act
on. The rule is no probability by itself: it is mapped by a line in log-odds that starts from the prior
and is fitted on the same training rows, so that it is compared at its best.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.catalog import Feature
from features.params import RuleParams
from training.params import Member, TrainingParams
from training.pool import PoolModel, fit_pool

Progress = Callable[[str], None]
LEARNED: tuple[Member, ...] = ("rule", "reweighted", "lightgbm", "pool")  # members of the learner
MEMBERS = ("base_rate", "clock", "logistic", *LEARNED)  # the last one is compared with all others
# Of the member that answers: its churn probability, the 90 % interval, and the most under missing evidence.
ANSWER = ("answer", "low", "high", "at_worst")
CLOCK = ("tenure_days", "days_to_renewal")
EDGE = 1e-6  # probabilities are kept this far from 0 and 1, so that a log loss is finite


@dataclass(frozen=True)
class Lesson:
    """The rows of an origin: features with `account_id` and `segment`; `churned` 0/1 of the training rows."""

    train: pd.DataFrame
    churned: pd.Series
    test: pd.DataFrame
    catalog: Sequence[Feature]
    rule: RuleParams
    params: TrainingParams
    progress: Progress


def member_probabilities(lesson: Lesson) -> pd.DataFrame:
    """Churn probabilities of the test rows: one column per member, in the order of MEMBERS, then ANSWER."""
    model = _learner(lesson)
    fitted = {
        "base_rate": _base_rate(lesson),
        "clock": clock_probability(lesson),
        "logistic": _logistic(lesson),
        **{name: expit(z) for name, z in model.member_log_odds(lesson.test).items()},
        "answer": model.probability(lesson.test),
        **dict(zip(("low", "high"), model.interval(lesson.test).T, strict=True)),
        "at_worst": model.at_worst(lesson.test),
    }
    told = {name: np.clip(fitted[name], EDGE, 1 - EDGE) for name in (*MEMBERS, *ANSWER)}
    return pd.DataFrame(told, index=lesson.test.index)


def _learner(lesson: Lesson) -> PoolModel:
    params = lesson.params
    return fit_pool(
        lesson.train,
        lesson.churned,
        lesson.catalog,
        lesson.rule,
        params.learner,
        params.seed,
        lesson.progress,
        params.prior,
        params.horizon,
        params.member,
    )


def _base_rate(lesson: Lesson) -> np.ndarray:
    return np.full(len(lesson.test), lesson.churned.mean())


def clock_probability(lesson: Lesson) -> np.ndarray:
    """Logistic regression on tenure and days to renewal, each as it is and as its logarithm."""
    train, test = (
        np.column_stack([rows[list(CLOCK)], np.log1p(rows[list(CLOCK)].clip(lower=0))])
        for rows in (lesson.train, lesson.test)
    )
    return _ridge(train, lesson.churned, test, strength=1.0)


def _logistic(lesson: Lesson) -> np.ndarray:
    """Logistic regression on every feature of the catalogue."""
    names = [feature.name for feature in lesson.catalog]
    train, test = (rows[names].to_numpy(float) for rows in (lesson.train, lesson.test))
    return _ridge(train, lesson.churned, test, strength=100.0)


def _ridge(train: np.ndarray, churned: pd.Series, test: np.ndarray, strength: float) -> np.ndarray:
    """Ridge logistic regression on standardised columns, missing values at the median and flagged."""
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=1 / strength, max_iter=2000),
    )
    model.fit(train, churned)
    return np.asarray(model.predict_proba(test)[:, 1])
