"""A model of few features with everything that a bundle can hold, made in a second, without a book."""

from __future__ import annotations

import lightgbm
import numpy as np
from numpy.typing import NDArray

from features.catalog import Feature, load_catalog
from features.params import RuleParams, Windows
from features.params_file import read_section
from tests.training.conftest import PARAMS_FILE
from training.account_folds import account_codes
from training.doubt import Doubt
from training.health_model import HealthModel
from training.log_odds_pool import AS_IT_IS
from training.params import PriorParams
from training.pooled_log_odds import PooledLogOdds
from training.reweighted_rule import LinearLesson, prior_member
from training.text_signal import BUCKETS, TextSignal
from training.tree_tables import additive_trees
from training.unseen_missing import UnseenMissing
from training.usual_values import usual_values

ROWS, TREES = 400, 12
NEVER_MISSING = "days_since_last_use"
SETTINGS = {"objective": "binary", "num_leaves": 6, "verbosity": -1, "num_threads": 1, "seed": 3}


def _values(feature: Feature, draw: np.random.Generator) -> NDArray[np.float64]:
    """(ROWS,) within the catalogue's range."""
    low, high = feature.range
    if low is None or high is None:
        return draw.gamma(1.0, 10.0, ROWS).round(2)
    return draw.uniform(low, high, ROWS).round(3)


def small_model() -> HealthModel:
    """The project's rule, two bags of trees and a text signal, on random rows; the same at every call."""
    draw = np.random.default_rng(3)
    rule = read_section(PARAMS_FILE, "rule", RuleParams)
    read = {measure.feature for pillar in rule.measures.values() for measure in pillar}
    read |= {exception.feature for exception in rule.exceptions}
    catalog = [feature for feature in load_catalog(Windows()) if feature.name in read]
    names = [feature.name for feature in catalog]
    X = np.column_stack([_values(feature, draw) for feature in catalog])
    missing = draw.random(X.shape) < 0.1
    missing[:, names.index(NEVER_MISSING)] = False
    X[missing] = np.nan
    y = (draw.random(ROWS) < 1 / (1 + np.exp(1 - np.nan_to_num(X[:, 0] - X[:, 3]) / 8))).astype(float)
    account = account_codes(np.array([f"A-{number}" for number in range(ROWS)]))
    lesson = LinearLesson.of(X, ["smb"] * ROWS, y, account, catalog, rule, PriorParams(), 365)
    boosters = [
        lightgbm.train(SETTINGS, lightgbm.Dataset(X[half], y[half], feature_name=names), TREES)
        for half in (slice(0, ROWS, 2), slice(1, ROWS, 2))
    ]
    unseen = UnseenMissing.of(X, lesson.values.typical)
    trees = additive_trees(boosters)
    pooled = PooledLogOdds(prior_member(lesson), trees, 0.4, AS_IT_IS, Doubt(0.3), unseen)
    facts = {
        "horizon_days": 365,
        "trained_until": "2026-01-01",
        "typical": {name: float(value) for name, value in zip(names, np.nanmedian(X, axis=0), strict=True)},
        "usual": usual_values(X, names),
        "comparison": {"estimates": []},
    }
    text = TextSignal(draw.random(BUCKETS) + 1, draw.normal(0, 0.1, BUCKETS), 365, 60)
    return HealthModel(pooled, facts, text)
