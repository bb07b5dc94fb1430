"""The model that serving reads: the learner's numbers, points that add up, an honest interval."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from features.catalog import load_catalog
from features.faults import DataFault, WrongUse
from training.all_params import AllParams
from training.calibration import LogOddsLine
from training.doubt import Doubt
from training.fit_and_compare import Trained
from training.health_model import (
    HealthModel,
    Matrix,
    _points_per_log_odds,
    health_of,
    read_health_model,
    write_health_model,
)
from training.pool import PoolModel, fit_pool

ODD = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e300]


@pytest.fixture(scope="module")
def model(trained: Trained) -> HealthModel:
    return trained.model


@pytest.fixture(scope="module", name="X")
def real_and_odd_rows(trained: Trained) -> Matrix:
    """The rows of the book, and below them rows of nothing but one odd number."""
    real = trained.data.rows[list(trained.model.features)].to_numpy(float)
    return np.vstack([real, np.transpose([ODD] * real.shape[1])])


@pytest.fixture(scope="module")
def bundle(model: HealthModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "bundle"
    write_health_model(folder, model)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_read_from_the_bundle_answers_with_the_same_bits(
    model: HealthModel, bundle: Path, X: Matrix
) -> None:
    read = read_health_model(bundle)
    assert read.features == model.features
    assert read.base_health == model.base_health
    segment = np.resize(np.array([None, "enterprise", "smb", ""], dtype=object), len(X)).tolist()
    for ask in (HealthModel.health, HealthModel.interval, HealthModel.points, HealthModel.log_odds):
        assert ask(read, X, segment).tobytes() == ask(model, X, segment).tobytes()


def test_the_facts_of_the_training_are_read_back(trained: Trained, bundle: Path) -> None:
    facts = read_health_model(bundle).facts
    assert {name: facts[name] for name in trained.model.facts} == trained.model.facts
    assert facts["horizon_days"] == 120
    assert facts["data_fingerprint"] == trained.data.fingerprint


def test_the_health_is_that_of_the_members_pooled_and_calibrated(
    trained: Trained, bundle: Path, X: Matrix
) -> None:
    pooled, weight = trained.fitted.pooled, trained.fitted.pooled.trees_weight
    filled, boosters = pooled.unseen.filled(X), trained.fitted.boosters
    trees = np.mean([booster.predict(filled, raw_score=True) for booster in boosters], axis=0)
    margin = (1 - weight) * pooled.linear.log_odds(filled) + weight * trees
    expected = 100 / (1 + np.exp(pooled.line.apply(margin)))
    read = read_health_model(bundle)
    assert np.abs(read.health(X) - expected).max() < 1e-9
    rows = trained.data.rows
    X, segment = X[: len(rows)], rows["segment"].tolist()
    assert np.abs(read.health(X, segment) / 100 + trained.fitted.probability(rows) - 1).max() < 1e-11


def test_base_and_points_add_up_to_the_health(model: HealthModel, X: Matrix) -> None:
    assert np.abs(model.base_health + model.points(X).sum(axis=1) - model.health(X)).max() < 1e-9


def test_a_point_has_the_sign_of_what_its_feature_does_to_churn(model: HealthModel, X: Matrix) -> None:
    shares = model.pooled.contributions(X)
    assert (np.sign(model.points(X)) == -np.sign(shares)).all()


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_points_add_up_on_any_row(model: HealthModel, data: st.DataObject) -> None:
    """Also on rows no account ever had: huge, infinite, missing."""
    shape = (4, len(model.features))
    X = data.draw(arrays.arrays(np.float64, shape, elements=st.floats(width=32) | st.sampled_from(ODD)))
    total = model.base_health + model.points(X).sum(axis=1)
    assert np.abs(total - model.health(X)).max() < 1e-9
    low, high = model.interval(X).T
    assert ((low >= 0) & (low <= model.health(X)) & (model.health(X) <= high) & (high <= 100)).all()


@settings(deadline=None, max_examples=60)
@given(intercept=st.floats(-20, 20), slope=st.floats(0.05, 5))
def test_points_add_up_under_any_line(model: HealthModel, X: Matrix, intercept: float, slope: float) -> None:
    line = LogOddsLine(intercept, slope, ((0.1, 0.0), (0.0, 0.1)))
    other = replace(model, pooled=replace(model.pooled, line=line))
    some = X[::97]
    total = other.base_health + other.points(some).sum(axis=1)
    assert np.abs(total - other.health(some)).max() < 1e-9


@pytest.mark.parametrize("step", [0.0, 1e-12, -1e-12, 5e-10, 2e-9, -2e-9, 1e-6])
def test_points_add_up_where_an_account_stands_where_the_portfolio_stands(
    model: HealthModel, step: float
) -> None:
    """There the straight path has no length, and its slope is the tangent."""
    z0 = model.base_log_odds
    z = np.array([z0 + step])
    gained = _points_per_log_odds(z, z0)[0] * (z[0] - z0)
    assert model.base_health + gained == pytest.approx(health_of(z)[0], abs=1e-9)
    assert _points_per_log_odds(z, z0)[0] == pytest.approx(
        _points_per_log_odds(np.array([z0]), z0)[0], rel=1e-4
    )


def test_the_interval_holds_the_health_and_stays_on_the_scale(model: HealthModel, X: Matrix) -> None:
    low, high = model.interval(X).T
    health = model.health(X)
    assert (low >= 0).all()
    assert (high <= 100).all()
    assert (low < health).all()
    assert (health < high).all()


def test_the_interval_is_wider_where_any_part_is_less_sure(model: HealthModel, X: Matrix) -> None:
    pooled = model.pooled
    linear = replace(pooled.linear, factor=2 * pooled.linear.factor)
    unsure = (
        replace(pooled, line=replace(pooled.line, covariance=((0.5, 0.0), (0.0, 0.0)))),
        replace(pooled, doubt=Doubt(pooled.doubt.unseen + 0.1)),
        replace(pooled, linear=linear),
    )
    low, high = model.interval(X).T
    for other in unsure:
        lower, higher = replace(model, pooled=other).interval(X).T
        assert ((lower < low) & (high < higher)).all()


def test_a_row_has_the_same_bits_in_any_batch(model: HealthModel, X: Matrix) -> None:
    segment = np.resize(np.array([None, "enterprise"], dtype=object), len(X)).tolist()
    for ask in (HealthModel.health, HealthModel.interval, HealthModel.points):
        together = ask(model, X, segment)
        for row in (0, 1, len(X) // 2, len(X) - 1):
            alone = ask(model, X[row : row + 1], segment[row : row + 1])
            assert alone.tobytes() == together[row : row + 1].tobytes()


def test_the_same_rows_and_seed_give_the_same_bundle_to_the_byte(
    trained: Trained, light: AllParams, bundle: Path, tmp_path: Path
) -> None:
    again = fit_and_compare_again(trained, light)
    write_health_model(tmp_path / "bundle", again.health_model(trained.model.facts))
    assert contents(tmp_path / "bundle") == contents(bundle)


def fit_and_compare_again(trained: Trained, light: AllParams) -> PoolModel:
    """The final model once more, from the data."""
    training, data = light.training, trained.data
    last = data.at(data.final_dates)
    return fit_pool(
        data.rows[last],
        data.churned[last],
        load_catalog(light.features.windows),
        light.rule,
        training.learner,
        training.seed,
        prior=training.prior,
        horizon=training.horizon,
    )


@pytest.mark.parametrize("name", ["pool.json", "rule.json", "threshold.npy", "linear_factor.npy"])
def test_a_changed_byte_is_refused_with_the_name_of_its_file(bundle: Path, tmp_path: Path, name: str) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    content = bytearray((copy / name).read_bytes())
    content[-2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(DataFault) as caught:
        read_health_model(copy)
    assert "this bundle cannot be used" in str(caught.value)
    assert f'  - {name} is "changed: ' in str(caught.value)
    assert "Next: copy the bundle again, or make it again with `vitals train`" in str(caught.value)


def test_a_bundle_without_its_pool_is_refused(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    (copy / "pool.json").unlink()
    with pytest.raises(DataFault, match=r"pool\.json is 'missing'"):
        read_health_model(copy)


def test_a_row_of_the_wrong_width_is_refused(model: HealthModel) -> None:
    with pytest.raises(WrongUse, match=r"X\.shape is \(2, 3\); allowed: \(rows, \d+\)"):
        model.health(np.zeros((2, 3)))


def test_the_bundle_is_arrays_and_json_that_people_can_read(bundle: Path) -> None:
    assert {path.suffix for path in bundle.iterdir()} == {".npy", ".json"}
    pool = json.loads((bundle / "pool.json").read_text(encoding="utf-8"))
    assert set(pool["line"]) == {"intercept", "slope", "covariance"}
    assert 0 <= pool["trees_weight"] <= 1


def test_health_is_a_hundred_times_the_chance_to_stay() -> None:
    odds_of_churn = np.log([1 / 4, 1.0, 4.0])
    assert health_of(odds_of_churn) == pytest.approx([80.0, 50.0, 20.0])
