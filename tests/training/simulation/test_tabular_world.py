"""Drawn worlds are reproducible, hit their churn rate, and mean what they call the truth."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from features.rule_score import rule_score
from training.simulation.planted_effects import KINDS
from training.simulation.tabular_world import Sample, TabularWorld


@lru_cache
def of(kind: str, seed: int = 1) -> Sample:
    return TabularWorld(kind, seed, churn=0.08).tested_on(4_000)


@pytest.mark.parametrize("kind", KINDS)
def test_a_world_hits_its_churn_rate(kind: str) -> None:
    sample = of(kind)
    assert sample.truth.mean() == pytest.approx(0.08, abs=0.008)
    assert sample.churned.mean() == pytest.approx(0.08, abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_draws_the_same_rows_and_the_first_accounts_stay_the_first(kind: str) -> None:
    few = TabularWorld(kind, seed=3, churn=0.2).learned_from(100)
    more = TabularWorld(kind, seed=3, churn=0.2).learned_from(600).of_first(100)
    other = TabularWorld(kind, seed=4, churn=0.2).learned_from(100)
    assert few.rows.equals(more.rows)
    assert few.churned.equals(more.churned)
    assert np.array_equal(few.truth, more.truth)
    assert not few.rows.equals(other.rows)


@pytest.mark.parametrize("kind", ["linear", "missing_at_random", "missing_by_cause"])
def test_of_those_with_a_true_probability_so_many_churn(kind: str) -> None:
    sample = TabularWorld(kind, seed=2, churn=0.2).tested_on(40_000)
    churned = sample.churned.to_numpy()
    for tenth in np.array_split(np.argsort(sample.truth), 10):
        error = np.sqrt((sample.truth[tenth] * (1 - sample.truth[tenth])).mean() / len(tenth))
        assert abs(churned[tenth].mean() - sample.truth[tenth].mean()) < 4 * error


def test_a_value_missing_by_chance_says_nothing_and_the_truth_is_then_less_sharp() -> None:
    world = TabularWorld("missing_at_random", seed=2, churn=0.2)
    sample = world.tested_on(40_000)
    spread = sample.truth[sample.rows.isna().sum(axis=1) <= 2].std()
    blurred = sample.truth[sample.rows.isna().sum(axis=1) >= 6].std()
    assert blurred < spread
    missing = sample.rows["usage_0"].isna()
    assert sample.truth[missing].mean() == pytest.approx(sample.truth[~missing].mean(), abs=0.01)


def test_a_value_missing_by_cause_is_a_bad_sign() -> None:
    sample = of("missing_by_cause")
    worse = [
        sample.truth[sample.rows[name].isna()].mean() - sample.truth[sample.rows[name].notna()].mean()
        for name in sample.rows.columns[3:]
        if sample.rows[name].isna().any()
    ]
    assert np.mean(worse) > 0.01


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_right_rule_ranks_well_and_a_wrong_one_badly(seed: int) -> None:
    right, wrong = (_rank_correlation_of_rule(kind, seed) for kind in ("rule_right", "rule_wrong"))
    assert right > 0.9
    assert wrong < 0.75


def _rank_correlation_of_rule(kind: str, seed: int) -> float:
    world, sample = TabularWorld(kind, seed, 0.08), of(kind, seed)
    score = rule_score(sample.rows, world.rule, sample.rows["segment"]).score
    ranks = np.argsort(np.argsort(-score.to_numpy())), np.argsort(np.argsort(sample.truth))
    return float(np.corrcoef(*ranks)[0, 1])


@pytest.mark.parametrize("kind", KINDS)
def test_the_catalogue_names_the_columns_and_their_ranges(kind: str) -> None:
    world, sample = TabularWorld(kind, 1, 0.08), of(kind)
    assert [feature.name for feature in world.catalog] == list(sample.rows.columns[3:])
    for feature in world.catalog:
        low, high = feature.range
        values = sample.rows[feature.name].dropna()
        assert low is None or values.min() >= low
        assert high is None or values.max() <= high


def test_an_account_of_several_dates_tends_to_end_alike() -> None:
    sample = TabularWorld("linear", seed=1, churn=0.2).learned_from(2_000, dates=4)
    assert len(sample.rows) == 8_000
    ended = sample.churned.to_numpy().reshape(2_000, 4)
    expected = sample.truth.reshape(2_000, 4)
    assert np.cov(ended[:, 0], ended[:, 3])[0, 1] > np.cov(expected[:, 0], expected[:, 3])[0, 1] + 0.02


def test_an_unknown_kind_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match=r"kind must be one of linear, threshold, .*, not 'quadratic'"):
        TabularWorld("quadratic", 1, 0.08)
