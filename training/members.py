"""The models that are compared on the same rows: two floors, the rule, a plain logistic, the learned.

Each is fitted on the training rows of an origin and gives churn probabilities for its test rows. The
floors know nothing of the customer's doings: the base rate, and the clock (how long the account has
been here, how far its renewal is). A model that finds no more than they do has found nothing to act
on. The rule is no probability by itself: it is mapped by a line in log-odds fitted on the same
training rows, so that it is compared at its best.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.catalog import Feature
from features.params import RuleParams
from features.rule_score import rule_score
from training.calibration import fit_log_odds_line
from training.churn_model import fit_churn_model
from training.params import TrainingParams

Progress = Callable[[str], None]
MEMBERS = ("base_rate", "clock", "rule", "logistic", "learned")
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
    """Churn probabilities of the test rows, one column per member, in the order of MEMBERS."""
    fitted = {
        "base_rate": _base_rate(lesson),
        "clock": clock_probability(lesson),
        "rule": _rule(lesson),
        "logistic": _logistic(lesson),
        "learned": _learned(lesson),
    }
    return pd.DataFrame({name: p.clip(EDGE, 1 - EDGE) for name, p in fitted.items()}, index=lesson.test.index)


def _base_rate(lesson: Lesson) -> np.ndarray:
    return np.full(len(lesson.test), lesson.churned.mean())


def clock_probability(lesson: Lesson) -> np.ndarray:
    """Logistic regression on tenure and days to renewal, each as it is and as its logarithm."""
    train, test = (
        np.column_stack([rows[list(CLOCK)], np.log1p(rows[list(CLOCK)].clip(lower=0))])
        for rows in (lesson.train, lesson.test)
    )
    return _ridge(train, lesson.churned, test, strength=1.0)


def _rule(lesson: Lesson) -> np.ndarray:
    odds = [
        -logit(rule_score(rows, lesson.rule, rows["segment"]).score.clip(1, 99).to_numpy(float) / 100)
        for rows in (lesson.train, lesson.test)
    ]
    line = fit_log_odds_line(odds[0], lesson.churned, lesson.train["account_id"])
    return np.asarray(expit(line.apply(odds[1])))


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


def _learned(lesson: Lesson) -> np.ndarray:
    params = lesson.params
    model = fit_churn_model(
        lesson.train, lesson.churned, lesson.catalog, params.learner, params.seed, lesson.progress
    )
    return model.probability(lesson.test)
