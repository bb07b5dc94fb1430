"""Missing evidence never flatters (H2), the learned health neither."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalog import load_catalog
from features.params import Windows
from tests.training.test_linear_terms import STAGED
from tests.training.test_pool import QUICK, RULE, drawn, fitted
from training.health_model import HealthModel
from training.params import Member
from training.pool import fit_pool

NAMES = [feature.name for feature in load_catalog(Windows())]
SEGMENTS = ["smb", "enterprise", None, "unheard of"]


def with_gaps(seed: int, share: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Training rows, some of whose values are missing, and their outcomes."""
    rows, churned = drawn(240, seed)
    rng = np.random.default_rng(seed)
    clocks = {"tenure_days": [5.0, 179.0, 180.0, 900.0], "days_to_renewal": [10.0, 90.0, 91.0, 300.0]}
    X = rows.assign(**{name: rng.choice(days, len(rows)) for name, days in clocks.items()})[NAMES].to_numpy(
        float
    )
    for j in range(0, X.shape[1], 2):  # the other columns are never missing, or always
        X[rng.random(len(X)) < share, j] = np.nan
    return X, churned.to_numpy(float)


@pytest.fixture(scope="module", params=["pool", "reweighted", "lightgbm", "rule", "by stage"])
def model(request: pytest.FixtureRequest) -> HealthModel:
    rows, churned = drawn(240, seed=3)
    rows[NAMES] = with_gaps(3)[0]
    if request.param == "by stage":
        staged = fit_pool(rows, churned, load_catalog(Windows()), STAGED, QUICK, seed=7, member="reweighted")
        return staged.health_model({})
    member: Member = request.param
    return fitted(rows, churned, member).health_model({})


def test_health_lies_within_what_it_could_be_and_is_it_where_nothing_is_missing(model: HealthModel) -> None:
    X = with_gaps(5)[0]
    low, high = model.under_missing_evidence(X).T
    health = model.health(X)
    assert (low <= health).all()
    assert (health <= high).all()
    assert (low < high).any()
    whole = np.nan_to_num(X)
    assert np.abs(model.under_missing_evidence(whole) - model.health(whole)[:, None]).max() < 1e-9


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(0.01, 0.9))
def test_whatever_the_missing_measures_turn_out_to_be_health_stays_within(
    model: HealthModel, seed: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    X = with_gaps(seed % 7, share)[0][:40]
    segment = [SEGMENTS[i] for i in rng.integers(0, len(SEGMENTS), len(X))]
    low, high = model.under_missing_evidence(X, segment).T
    values = rng.choice([-np.inf, -1e9, -1.0, 0.0, 0.3, 1.0, 30.0, 365.0, 1e9, np.inf, np.nan], X.shape)
    found = model.health(np.where(np.isnan(X), values, X), segment)
    assert (found >= low - 1e-9).all()
    assert (found <= high + 1e-9).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(0.01, 0.9))
def test_setting_a_feature_to_null_never_raises_the_lower_health(
    model: HealthModel, seed: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    X = with_gaps(seed % 7)[0][:40]
    fewer = np.where(rng.random(X.shape) < share, np.nan, X)
    known, less = model.under_missing_evidence(X), model.under_missing_evidence(fewer)
    assert (less[:, 0] <= known[:, 0] + 1e-9).all()
    assert (less[:, 1] >= known[:, 1] - 1e-9).all()


def test_a_row_has_the_same_bits_in_any_batch(model: HealthModel) -> None:
    X = with_gaps(9)[0]
    whole = model.under_missing_evidence(X)
    assert np.concatenate([model.under_missing_evidence(X[i : i + 1]) for i in range(30)]).tobytes() == (
        whole[:30].tobytes()
    )


def test_of_an_account_that_nothing_is_known_of_nothing_is_promised(model: HealthModel) -> None:
    low, high = model.under_missing_evidence(np.full((1, len(NAMES)), np.nan))[0]
    assert low < RULE.bands.yellow
    assert high > RULE.bands.yellow
