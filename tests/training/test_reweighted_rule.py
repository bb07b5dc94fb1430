"""The linear member: what is expected before the data, how effects bend, how well it tells out of fold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from training.linear_terms import CUTS, ValueColumns
from training.params import PriorParams
from training.reweighted_rule import FittedLinear, LinearLesson, Spreads, fit_linear
from training.simulation.tabular_features import small_catalog
from training.simulation.tabular_world import TabularWorld

CATALOG = small_catalog(["change"] * 24)
NAMES = [feature.name for feature in CATALOG]


def lesson(X: np.ndarray, churned: np.ndarray) -> LinearLesson:
    return LinearLesson.of(X, None, churned, np.arange(len(X)), CATALOG, None, PriorParams(), 365)


def numbers(rows: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, len(CATALOG)))


def of_a_threshold(rows: int) -> FittedLinear:
    X = numbers(rows)
    chance = np.where(X[:, 0] < -0.5, 0.4, 0.05)
    return fit_linear(lesson(X, (np.random.default_rng(2).random(rows) < chance).astype(float)), 5, 7)


def test_a_measure_of_many_values_has_a_curve_and_a_flag_has_none() -> None:
    rng = np.random.default_rng(1)
    columns = ValueColumns.of(np.column_stack([rng.normal(size=400), rng.integers(0, 2, 400)]))
    assert columns.value_of.tolist() == [0, 1]
    assert columns.curve_of.tolist() == [0]
    assert columns.owners.tolist() == [0, 1, *[0] * len(CUTS)]
    curve = columns.columns(np.array([[-9.0, 0.0], [0.0, 0.0], [9.0, 0.0]]))[:, 2:]
    assert curve[0].tolist() == [0.0, 0.0, 0.0]
    assert curve[1] == pytest.approx([1.0, 0.5, 0.0], abs=0.2)
    assert curve[2].tolist() == [1.0, 1.0, 1.0]


def test_beyond_a_threshold_more_of_a_measure_is_hardly_better() -> None:
    rows = np.zeros((3, len(CATALOG)))
    rows[:, 0] = [-1.5, 0.5, 1.8]
    low, high, higher = expit(of_a_threshold(3_000).member.log_odds(rows))
    assert low > 0.3
    assert high < 0.1
    assert high - higher < 0.05


def test_what_the_catalogue_calls_better_is_expected_to_pull_alike() -> None:
    spreads = Spreads(0.0, 0.2, 0.1)
    covariance = lesson(numbers(200), np.zeros(200)).expected(spreads).covariance[1:, 1:]
    at = {name: place for place, name in enumerate(NAMES)}
    better, too, elsewhere = at["usage_0"], at["usage_2"], at["voice_0"]
    worse, undirected = at["usage_1"], at["usage_5"]
    assert covariance[better, too] > covariance[better, elsewhere] > 0
    assert covariance[better, worse] == -covariance[better, too]
    assert covariance[better, undirected] == 0
    assert covariance[undirected, undirected] == pytest.approx(spreads.value**2)


def test_outcomes_by_chance_leave_the_spreads_small_and_the_rate_as_it_is() -> None:
    rng = np.random.default_rng(3)
    found = fit_linear(lesson(numbers(600), (rng.random(600) < 0.1).astype(float)), 5, 7)
    told = expit(found.member.log_odds(numbers(2_000, seed=4)))
    assert told.mean() == pytest.approx(0.1, abs=0.03)
    assert told.std() < 0.03
    assert found.spreads.value < 0.06


def test_what_is_told_out_of_fold_is_as_good_as_what_is_told_of_others() -> None:
    world = TabularWorld("interaction", 9, churn=0.2)
    train, others = world.learned_from(1_500), world.tested_on(4_000)
    X, y = train.rows[NAMES].to_numpy(float), train.churned.to_numpy()
    known = LinearLesson.of(X, None, y, np.arange(len(y)), world.catalog, world.rule, PriorParams(), 365)
    found = fit_linear(known, 5, 7)
    z = found.member.log_odds(others.rows[NAMES].to_numpy(float))
    theirs = np.mean(np.logaddexp(0, z) - others.truth * z)
    told = np.mean(np.logaddexp(0, found.out_of_fold) - y * found.out_of_fold)
    assert told == pytest.approx(theirs, abs=0.04)
