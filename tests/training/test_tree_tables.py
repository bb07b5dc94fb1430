"""Look-up against LightGBM's `pred_contrib` and against the shap library's own TreeSHAP."""

from __future__ import annotations

import warnings
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.faults import DataFault
from training.tree_tables import additive_trees

QUIET = {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 8, "min_data_in_leaf": 3}
TINY = float(np.float32(1e-35))
ODD_VALUES = [np.nan, np.inf, -np.inf, 0.0, -0.0, TINY, -TINY, 1e-36, -1e-36, 5e-324, 2e-35, -2e-35, 1e300]


def rows_and_labels(seed: int, features: int, rows: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers (so that values tie with thresholds), normal values, zeros and missing values."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, features))
    X[:, ::2] = np.round(2 * X[:, ::2])
    X[rng.random(X.shape) < 0.15] = 0.0
    X[rng.random(X.shape) < rng.choice([0.0, 0.2])] = np.nan
    pull = np.nan_to_num(X[:, 0]) - np.isnan(X[:, -1]) + rng.normal(size=rows)
    return X, (pull > 0).astype(float)


def trained(X: np.ndarray, y: np.ndarray, rounds: int = 12, **extra: Any) -> lightgbm.Booster:
    return lightgbm.train(QUIET | extra, lightgbm.Dataset(X, y), rounds)


def thresholds(booster: lightgbm.Booster) -> list[float]:
    table = booster.trees_to_dataframe()["threshold"].dropna().to_numpy(float)
    return [*table, *np.nextafter(table, np.inf), *np.nextafter(table, -np.inf)]


def probes(booster: lightgbm.Booster, features: int, seed: int = 0) -> np.ndarray:
    """Rows of odd values, of the thresholds themselves and of their nearest neighbours."""
    rng = np.random.default_rng(seed)
    return rng.choice([*ODD_VALUES, *thresholds(booster), *rng.normal(size=20)], (100, features))


def assert_same_as_lightgbm(boosters: list[lightgbm.Booster], X: np.ndarray) -> None:
    model = additive_trees(boosters)
    expected = np.mean([b.predict(X, pred_contrib=True) for b in boosters], axis=0)
    scores = np.transpose([b.predict(X, raw_score=True) for b in boosters])
    np.testing.assert_allclose(model.contributions(X), expected[:, :-1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.expected, expected[:, -1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.bag_log_odds(X), scores, rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.log_odds(X), scores.mean(axis=1), rtol=0, atol=1e-12)


SETTINGS = {
    "plain": {},
    "two leaves": {"num_leaves": 2},
    "single-leaf trees": {"min_data_in_leaf": 150},
    "zero as missing": {"zero_as_missing": True},
    "missing not used": {"use_missing": False},
    "monotone basic": {"monotone_constraints_method": "basic"},
    "monotone intermediate": {"monotone_constraints_method": "intermediate"},
    "monotone advanced": {"monotone_constraints_method": "advanced"},
    "rows sampled": {"bagging_fraction": 0.6, "bagging_freq": 1},
    "goss": {"data_sample_strategy": "goss", "learning_rate": 0.5},
    "random thresholds": {"extra_trees": True, "min_data_in_leaf": 1},
    "dart": {"boosting": "dart", "drop_rate": 0.5},
    "weighted classes": {"scale_pos_weight": 7.0, "boost_from_average": False},
}


@pytest.mark.parametrize("extra", SETTINGS.values(), ids=SETTINGS.keys())
@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000), features=st.integers(1, 6))
def test_scores_and_contributions_are_lightgbms(extra: dict[str, Any], seed: int, features: int) -> None:
    X, y = rows_and_labels(seed, features)
    if "monotone_constraints_method" in extra:
        extra = extra | {"monotone_constraints": [1, -1, 0, 1, -1, 0][:features]}
    booster = trained(X, y, seed=seed, **extra)
    assert_same_as_lightgbm([booster], np.vstack([X[:50], probes(booster, features, seed)]))


def test_counts_are_of_rows_and_not_of_weights() -> None:
    X, y = rows_and_labels(3, 4)
    weight = np.random.default_rng(3).exponential(size=len(y)) * 10
    booster = lightgbm.train(QUIET, lightgbm.Dataset(X, y, weight=weight), 12)
    assert_same_as_lightgbm([booster], probes(booster, 4))


def test_a_bag_is_the_mean_of_its_boosters() -> None:
    X, y = rows_and_labels(4, 5)
    picks = np.random.default_rng(4).integers(0, len(y), (3, len(y)))
    boosters = [trained(X[pick], y[pick], rounds) for pick, rounds in zip(picks, (3, 12, 7), strict=True)]
    assert_same_as_lightgbm(boosters, X)


def test_boosters_of_a_bag_may_treat_missing_values_differently() -> None:
    X, y = rows_and_labels(5, 3)
    X[::7, 0] = np.nan
    boosters = [trained(X, y), trained(np.nan_to_num(X), y), trained(X, y, zero_as_missing=True)]
    kinds = {kind for b in boosters for kind in b.trees_to_dataframe()["missing_type"].dropna()}
    assert kinds == {"None", "Zero", "NaN"}
    assert_same_as_lightgbm(boosters, np.vstack([probes(b, 3) for b in boosters]))


def test_a_chain_of_seven_questions_is_explained() -> None:
    rows = [
        2 ** (8 - value) for value in range(8)
    ]  # so that every split parts the lowest value from the rest
    X, y = np.repeat(np.arange(8.0), rows)[:, None], np.repeat([0.0, 1.0] * 4, rows)
    booster = trained(X, y, 3, min_data_in_leaf=1, min_sum_hessian_in_leaf=0, min_data_in_bin=1)
    assert booster.trees_to_dataframe()["node_depth"].max() == 8
    assert_same_as_lightgbm([booster], probes(booster, 1))


def test_infinity_is_no_missing_value_where_a_split_parts_the_missing_from_the_rest() -> None:
    X = np.array([[np.nan], [-1.0], [2.0]] * 20)
    booster = trained(X, np.isnan(X[:, 0]).astype(float), 2)
    model = additive_trees([booster])
    assert np.isposinf(model.arrays["threshold"]).any()
    assert model.log_odds([[np.inf]]) == model.log_odds([[1.0]]) < model.log_odds([[np.nan]])
    assert_same_as_lightgbm([booster], np.array([[np.inf], [-np.inf], [np.nan], [1e300]]))


def test_constant_features_and_constant_labels_give_the_start_value() -> None:
    X = np.full((40, 2), 3.0)
    booster = trained(X, np.tile([1.0, 0.0, 0.0, 0.0], 10), 2)
    model = additive_trees([booster])
    assert model.expected == pytest.approx(np.log(1 / 3), abs=1e-12)
    assert model.contributions(X[:2]).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert_same_as_lightgbm([booster], X)


def test_a_booster_read_from_its_model_file_gives_the_same_bits() -> None:
    X, y = rows_and_labels(6, 3)
    for booster in (trained(X, y), trained(X, y, min_data_in_leaf=199)):
        read = lightgbm.Booster(model_str=booster.model_to_string())
        before, after = additive_trees([booster]), additive_trees([read.dump_model()])
        assert before.log_odds(X).tobytes() == after.log_odds(X).tobytes()
        assert before.contributions(X).tobytes() == after.contributions(X).tobytes()


def test_trees_after_the_best_iteration_do_not_count() -> None:
    X, y = rows_and_labels(7, 3)
    booster = trained(X, y, 12)
    booster.best_iteration = 5
    assert_same_as_lightgbm([booster], X)
    assert len(additive_trees([booster]).arrays["bag"]) == 5


@pytest.mark.parametrize("monotone", [False, True], ids=["free", "monotone"])
@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_contributions_are_those_of_the_shap_library(monotone: bool, seed: int) -> None:
    """Also at ties with a threshold, beside them, at ±inf and where a value is missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # importing shap meets deprecations of matplotlib and numba
        import shap
    X, y = rows_and_labels(seed, 5)
    X[::9] = np.nan  # every feature knows missing values: the library sends NaN the default way, always
    extra = {"monotone_constraints": [1, -1, 0, 1, -1]} if monotone else {}
    booster = trained(X, y, seed=seed, **extra)
    draws = np.random.default_rng(seed)
    at = thresholds(booster)
    # Of what LightGBM takes for zero (within 1e-35) the library knows nothing, and a split of the missing
    # from all others it reads as one at 1e300, which infinity lies beyond.
    infinite = [np.inf] if max(at, default=0.0) < 1e299 else []
    odd = [v for v in (*at, np.nan, -np.inf, 0.0) if not (0 < abs(v) < 1e-34 or v >= 1e299)] + infinite
    X = np.vstack([X, draws.choice(odd, (100, 5))])
    explainer = shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent")
    explainer.model.model_type = "internal"  # its own algorithm; else it would ask LightGBM
    model = additive_trees([booster])
    np.testing.assert_allclose(model.contributions(X), explainer.shap_values(X), rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.expected, explainer.expected_value, rtol=0, atol=1e-12)


def fault_of(*boosters: Any) -> str:
    with pytest.raises(DataFault) as caught:
        additive_trees(boosters)
    return str(caught.value)


def test_more_than_eight_leaves_are_refused() -> None:
    X, y = rows_and_labels(1, 3)
    message = fault_of(trained(X, y, 4, num_leaves=9, min_data_in_leaf=1))
    assert "boosters[0].num_leaves is '9 (in 4 of 4 trees)'; allowed: at most 8" in message
    assert "Next: train with num_leaves=8" in message


def test_categorical_splits_are_refused() -> None:
    X, y = np.tile([[0.0], [1.0], [2.0], [3.0]], (50, 1)), np.tile([0.0, 1.0, 0.0, 1.0], 50)
    dataset = lightgbm.Dataset(X, y, categorical_feature=[0])
    message = fault_of(lightgbm.train(QUIET | {"min_data_per_group": 1}, dataset, 2))
    assert (
        "boosters[0].decision_type is '== (in 2 of 2 trees)'; allowed: '<=' (no categorical split)" in message
    )
    assert "train without categorical_feature" in message


def test_linear_leaves_are_refused() -> None:
    X, y = rows_and_labels(2, 2)
    booster = lightgbm.train(QUIET, lightgbm.Dataset(X, y, params={"linear_tree": True}), 3)
    assert "boosters[0].linear_tree is 'true (in" in fault_of(booster)


@pytest.mark.parametrize("objective", ["regression", "cross_entropy_lambda"])
def test_an_objective_without_log_odds_is_refused(objective: str) -> None:
    X, y = rows_and_labels(2, 2)
    message = fault_of(trained(X, y, 2, objective=objective))
    assert f"boosters[0].objective is '{objective}'; allowed: 'binary sigmoid:1'" in message


def test_a_steeper_sigmoid_is_refused() -> None:
    X, y = rows_and_labels(2, 2)
    assert "boosters[0].objective is 'binary sigmoid:2'" in fault_of(trained(X, y, 2, sigmoid=2.0))


def test_averaged_trees_are_refused() -> None:
    X, y = rows_and_labels(2, 2)
    message = fault_of(trained(X, y, 2, boosting="rf", bagging_freq=1, bagging_fraction=0.6))
    assert (
        "boosters[0].boosting is 'rf'; allowed: trees that are added up. Next: train with boosting=gbdt"
        in message
    )


def test_an_empty_leaf_is_refused() -> None:
    dump = trained(*rows_and_labels(2, 2), 2).dump_model()
    node = dump["tree_info"][1]["tree_structure"]
    while "leaf_index" not in node:
        node = node["left_child"]
    node["leaf_count"] = 0
    assert (
        "boosters[0].leaf_count is '0 (in 1 of 2 trees)'; allowed: training rows in every leaf"
        in fault_of(dump)
    )


def test_every_fault_of_every_booster_is_told_at_once() -> None:
    X, y = rows_and_labels(2, 3)
    wide = trained(X, y, 2, num_leaves=20, objective="regression", min_data_in_leaf=1)
    message = fault_of(trained(X, y, 2), wide, trained(X[:, :2], y, 2))
    for part in ("boosters[1].objective", "boosters[1].num_leaves", "boosters[2].feature_names"):
        assert f"  - {part} is " in message
    assert "boosters[0]." not in message.replace("the features of boosters[0]", "")


def test_an_empty_bag_is_refused() -> None:
    assert "boosters is 0; allowed: one or more boosters. Next: train at least one booster" in fault_of()
