"""On a book whose truth is planted the learned model beats the rule, and means what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.special import logit

from features.book import open_book
from features.catalog import load_catalog
from training.all_params import AllParams
from training.comparison import Comparison
from training.dataset import TrainingSet, build_training_set
from training.out_of_time import compare_members, predictions_out_of_time
from training.outcome_tables import ALL_TABLES
from training.pool import fit_pool
from training.simulation.book import simulate_book
from training.simulation.params import SimulationParams

pytestmark = pytest.mark.long
BOOK = SimulationParams(accounts=1_000, months=36, seed=7)


@pytest.fixture(scope="module")
def params() -> AllParams:
    """The parameters of the project, as they are."""
    return AllParams.read(Path(__file__).parents[2] / "params.yaml")


@pytest.fixture(scope="module")
def data(params: AllParams, made_once: Callable[..., Path]) -> TrainingSet:
    folder = made_once("simulated_world", lambda folder: simulate_book(BOOK, folder))
    book = open_book(folder, params.checks, ALL_TABLES)
    return build_training_set(book, params.features, params.training)


@pytest.fixture(scope="module")
def comparison(data: TrainingSet, params: AllParams) -> Comparison:
    tested = predictions_out_of_time(data, params.features, params.rule, params.training, lambda _: None)
    return compare_members(tested, params.training)


def test_the_pool_beats_the_rule_out_of_time(comparison: Comparison) -> None:
    assert comparison.difference("pool", "rule", "log_loss").value < 0
    assert comparison.difference("pool", "rule", "auc").value > 0


def test_the_pool_knows_more_than_the_base_rate(comparison: Comparison) -> None:
    assert comparison.difference("pool", "base_rate", "log_loss").better > 0.95
    assert comparison.estimate("pool", "auc").low > 0.5


def test_the_calibration_slope_may_be_one(comparison: Comparison) -> None:
    slope = comparison.estimate("pool", "calibration_slope")
    assert slope.low < 1 < slope.high


def test_the_interval_is_wider_where_a_quarter_of_the_accounts_was_there_to_learn_from(
    data: TrainingSet, params: AllParams
) -> None:
    """In log-odds: in points an interval is short near 0 and 100 whatever is known."""
    catalog = load_catalog(params.features.windows)
    names = np.array(sorted(data.rows["account_id"].unique()))
    X = data.rows[[feature.name for feature in catalog]].to_numpy(float)[::7]
    widths = []
    for accounts in (names, names[::4]):
        some = data.rows["account_id"].isin(accounts)
        fitted = fit_pool(
            data.rows[some], data.churned[some], catalog, params.rule, params.training.learner, 7
        )
        low, high = fitted.health_model({}).interval(X).T
        widths.append(np.median(logit(high / 100) - logit(low / 100)))
    assert widths[1] > 1.2 * widths[0]
