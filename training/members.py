"""The models that are compared on the same rows: the floor, the rule, a plain logistic, the learned.

Each is fitted on the training rows of an origin and gives churn probabilities for its test rows. The
rule is no probability by itself: it is mapped by a line in log-odds fitted on the same training rows,
so that it is compared at its best.
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
MEMBERS = ("base_rate", "rule", "logistic", "learned")
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
        "rule": _rule(lesson),
        "logistic": _logistic(lesson),
        "learned": _learned(lesson),
    }
    return pd.DataFrame({name: p.clip(EDGE, 1 - EDGE) for name, p in fitted.items()}, index=lesson.test.index)


def _base_rate(lesson: Lesson) -> np.ndarray:
    return np.full(len(lesson.test), lesson.churned.mean())


def _rule(lesson: Lesson) -> np.ndarray:
    odds = [
        -logit(rule_score(rows, lesson.rule, rows["segment"]).score.clip(1, 99).to_numpy(float) / 100)
        for rows in (lesson.train, lesson.test)
    ]
    line = fit_log_odds_line(odds[0], lesson.churned, lesson.train["account_id"])
    return np.asarray(expit(line.apply(odds[1])))


def _logistic(lesson: Lesson) -> np.ndarray:
    """Ridge logistic regression on standardised features, missing ones at the median and flagged."""
    names = [feature.name for feature in lesson.catalog]
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=0.01, max_iter=2000),
    )
    model.fit(lesson.train[names].to_numpy(float), lesson.churned)
    return np.asarray(model.predict_proba(lesson.test[names].to_numpy(float))[:, 1])


def _learned(lesson: Lesson) -> np.ndarray:
    params = lesson.params
    model = fit_churn_model(
        lesson.train, lesson.churned, lesson.catalog, params.learner, params.seed, lesson.progress
    )
    return model.probability(lesson.test)
