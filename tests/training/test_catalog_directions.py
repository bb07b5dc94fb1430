"""More of what the catalogue calls better never lowers the health, whatever the data say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from features.catalog import load_catalog
from features.params import PILLARS, RuleParams, Windows
from features.params_file import read_section
from features.rule_score import rule_score
from training.catalog_directions import nearest_kept
from training.direction_check import check_directions
from training.fit_and_compare import Trained
from training.health_model import health_of
from training.params import LearnerParams
from training.pool import PoolModel, fit_pool

RULE = read_section(Path(__file__).parents[2] / "params.yaml", "rule", RuleParams)
CATALOG = load_catalog(Windows())
NAMES = [feature.name for feature in CATALOG]
DIRECTION = {feature.name: feature.monotone_in_churn for feature in CATALOG}
QUICK = LearnerParams(leaves=(4,), rounds=50, learning_rate=0.1, bags=1, folds=2)


@pytest.fixture(scope="module")
def turned() -> tuple[PoolModel, pd.DataFrame]:
    """Accounts that leave the more surely the *better* they do, as the catalogue and the rule have it."""
    draws, n = np.random.default_rng(5), 500
    rows = pd.DataFrame(np.nan, index=range(n), columns=NAMES)
    for measure in (m for pillar in PILLARS for m in RULE.measures[pillar]):
        rows[measure.feature] = draws.uniform(measure.curve[0][0], measure.curve[-1][0], n)
    for exception in RULE.exceptions:
        rows[exception.feature] = draws.integers(0, 2, n) * 100.0
    rows = rows.assign(
        account_id=[f"A-{i}" for i in range(n)], segment=draws.choice(["smb", "enterprise"], n)
    )
    score = rule_score(rows, RULE, rows["segment"]).uncapped.to_numpy()
    churned = pd.Series((draws.random(n) < 1 / (1 + np.exp(-(score - score.mean()) / 5))).astype(float))
    return fit_pool(rows, churned, CATALOG, RULE, QUICK, seed=7), rows


@pytest.mark.parametrize("member", ["rule", "reweighted", "lightgbm", "pool"])
def test_no_member_turns_round_though_all_the_data_do(
    turned: tuple[PoolModel, pd.DataFrame], member: str
) -> None:
    model, rows = turned
    answering = model.members[member]  # type: ignore[index]
    X, segment = rows[NAMES].to_numpy(float), rows["segment"].tolist()
    found = check_directions(lambda X, s: health_of(answering.log_odds(X, s)), X, segment, CATALOG, 10_000)
    assert found.violations_by_feature == {}
    assert found.violations == 0


def test_what_the_data_say_against_the_expert_is_told_all_the_same(
    turned: tuple[PoolModel, pd.DataFrame],
) -> None:
    believed = [weight["believed"] for weight in turned[0].weights]
    assert min(believed) < 0


def test_the_pool_of_a_book_keeps_the_directions(trained: Trained) -> None:
    """A million perturbations: `python -m benchmarks.directions`."""
    rows, model = trained.data.rows, trained.model
    X, segment = rows[list(model.features)].to_numpy(float), rows["segment"].tolist()
    found = check_directions(model.health, X, segment, load_catalog(Windows()), 40_000, seed=1)
    assert found.violations_by_feature == {}
    assert found.changed > 4_000


def test_a_coefficient_that_is_turned_by_hand_is_found(trained: Trained) -> None:
    """So that the check is one that can fail."""
    pooled, rows = trained.model.pooled, trained.data.rows
    place = len(pooled.linear.coefficients) - len(pooled.linear.values.owners)
    owners = pooled.linear.values.value_of
    chosen = next(i for i, owner in enumerate(owners) if DIRECTION[pooled.features[owner]])
    feature = pooled.features[owners[chosen]]
    coefficients = pooled.linear.coefficients.copy()
    coefficients[place + chosen] = -5.0 * DIRECTION[feature]
    turned = replace(
        trained.model,
        pooled=replace(pooled, linear=replace(pooled.linear, coefficients=coefficients), trees_weight=0.0),
    )
    X, segment = rows[list(pooled.features)].to_numpy(float), rows["segment"].tolist()
    found = check_directions(turned.health, X, segment, load_catalog(Windows()), 20_000)
    assert list(found.violations_by_feature) == [feature]
    assert found.violations > 20
    assert found.worst > 0.1
    assert feature in found.as_text()


def test_no_curve_of_the_rule_that_ships_goes_against_the_catalogue() -> None:
    for measure in (m for pillar in PILLARS for m in RULE.measures[pillar]):
        steps = np.diff([score for _, score in measure.curve])
        assert (steps * DIRECTION[measure.feature] <= 0).all(), measure.feature


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), width=st.integers(1, 12), asked=st.integers(1, 20))
def test_what_is_kept_is_nearest(seed: int, width: int, asked: int) -> None:
    """By the conditions of Karush, Kuhn and Tucker: only the directions it stands on hold it off."""
    draws = np.random.default_rng(seed)
    mean, rows = draws.normal(size=width), draws.normal(size=(asked, width))
    rows *= np.sign(rows[:, :1])  # so that there is something that keeps them all
    spread = draws.normal(size=(width, width))
    covariance = spread @ spread.T + 0.1 * np.eye(width)
    kept = nearest_kept(mean, covariance, rows)
    assert (rows @ kept >= -1e-8).all()
    pull = np.linalg.solve(covariance, kept - mean)
    on = rows @ kept < 1e-7
    if not on.any():
        assert kept == pytest.approx(mean)
        return
    _, rest = nnls(rows[on].T, pull)
    assert rest < 1e-6 * max(1.0, float(np.abs(pull).max()))


def test_coefficients_that_keep_the_directions_already_stay_to_the_bit() -> None:
    mean = np.array([1.0, 0.3])
    assert nearest_kept(mean, np.eye(2), np.array([[1.0, 0.0], [0.0, 1.0]])) is mean
