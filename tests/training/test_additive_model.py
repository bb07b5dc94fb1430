"""Scoring by look-up: sums, bits, blocks, and refusal of arrays that are not trees."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from contextlib import suppress
from functools import cache
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.faults import DataFault, WrongUse
from training.additive_model import AdditiveTrees
from training.tree_checks import LAYOUT, MOST_TREES, empty_arrays
from training.tree_tables import additive_trees

FEATURES = ("days_since_last_use", "seats", "nps", "tickets", "noise")
FAMILIES = np.array([2, 0, 1, 0, 2])


def rows(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = np.round(rng.normal(size=(n, len(FEATURES))), 1)
    X[rng.random(X.shape) < 0.2] = np.nan
    return X


@cache
def bag(boosters: int = 3, rounds: int = 20) -> AdditiveTrees:
    parameters = {"objective": "binary", "num_leaves": 8, "verbosity": -1, "num_threads": 1}
    X = rows(400, seed=1)
    y = (np.nan_to_num(X[:, 0] - X[:, 1]) > 0.3).astype(float)
    datasets = [lightgbm.Dataset(X[i:], y[i:], feature_name=list(FEATURES)) for i in range(boosters)]
    return additive_trees([lightgbm.train(parameters, dataset, rounds) for dataset in datasets])


def two_questions() -> dict[str, np.ndarray]:
    """seats <= 10, and if so nps <= 6; missing seats go left, a missing nps counts as 0.

    60 training rows: 10 with a low nps (log-odds 3), 20 with a high one (0), 30 with many seats (-1).
    """
    arrays = empty_arrays(1)
    arrays["leaves"][0] = 3
    arrays["feature"][0, :2], arrays["threshold"][0, :2] = [0, 1], [10, 6]
    arrays["missing"][0, :2], arrays["default_left"][0, :2] = [2, 0], [True, True]
    arrays["left"][0, :2], arrays["right"][0, :2] = [1, ~0], [~2, ~1]
    arrays["leaf_value"][0, :3], arrays["leaf_count"][0, :3] = [3, 0, -1], [10, 20, 30]
    return arrays


@pytest.mark.parametrize(
    ("seats", "nps", "log_odds", "by_seats", "by_nps"),
    [
        # Means over the training rows: of all 0; of those with few seats 1; of those with a low nps,
        # averaged over seats, (3 - 1) / 2 = 1; with a high nps (0 - 1) / 2 = -0.5.
        (5, 2, 3.0, ((1 - 0) + (3 - 1)) / 2, ((1 - 0) + (3 - 1)) / 2),
        (5, 9, 0.0, ((1 - 0) + (0 + 0.5)) / 2, ((-0.5 - 0) + (0 - 1)) / 2),
        (50, 2, -1.0, ((-1 - 0) + (-1 - 1)) / 2, ((1 - 0) + (-1 + 1)) / 2),
        (10, 6, 3.0, 1.5, 1.5),  # a tie goes left
        (np.nan, np.nan, 3.0, 1.5, 1.5),  # seats by default, nps as zero
        (np.inf, -np.inf, -1.0, -1.5, 0.5),
    ],
)
def test_a_tree_small_enough_for_paper(
    seats: float, nps: float, log_odds: float, by_seats: float, by_nps: float
) -> None:
    model = AdditiveTrees.from_arrays(["seats", "nps"], two_questions())
    assert model.expected == 0.0
    assert model.log_odds([[seats, nps]]).tolist() == [log_odds]
    np.testing.assert_allclose(model.contributions([[seats, nps]]), [[by_seats, by_nps]], rtol=0, atol=1e-15)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 50))
def test_contributions_lead_from_the_expected_to_the_log_odds(seed: int, n: int) -> None:
    model, X = bag(), rows(n, seed)
    total = model.expected + model.contributions(X).sum(axis=1)
    np.testing.assert_allclose(total, model.log_odds(X), rtol=0, atol=1e-12)


def test_the_log_odds_are_the_mean_of_the_bags() -> None:
    model, X = bag(), rows(200)
    assert model.bags == 3
    np.testing.assert_allclose(model.bag_log_odds(X).mean(axis=1), model.log_odds(X), rtol=0, atol=1e-12)


def test_the_contribution_of_a_family_is_that_of_its_features() -> None:
    model, X = bag(), rows(200)
    single = model.contributions(X)
    sums = np.stack([single[:, family == FAMILIES].sum(axis=1) for family in range(3)], axis=1)
    np.testing.assert_allclose(model.family_contributions(X, FAMILIES), sums, rtol=0, atol=1e-12)


RESULTS = {
    "log_odds": lambda X: bag(13).log_odds(X),
    "bag_log_odds": lambda X: bag(13).bag_log_odds(X),
    "contributions": lambda X: bag(13).contributions(X),
    "family_contributions": lambda X: bag(13).family_contributions(X, FAMILIES),
}


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS.keys())
def test_a_row_has_the_same_bits_in_every_batch(result: Any) -> None:
    X = rows(5000)
    whole = result(X)
    for size in (1, 7, 1000):
        for start in (0, 777, 5000 - size):
            assert result(X[start : start + size]).tobytes() == whole[start : start + size].tobytes()
    assert result(np.asfortranarray(X)).tobytes() == whole.tobytes()
    assert result(X[::-1]).tobytes() == whole[::-1].tobytes()


def test_a_model_made_again_from_its_arrays_gives_the_same_bits() -> None:
    model, X = bag(), rows(100)
    again = AdditiveTrees.from_arrays(list(FEATURES), model.arrays)
    assert again.contributions(X).tobytes() == model.contributions(X).tobytes()


def test_what_lies_past_a_trees_own_nodes_is_never_read() -> None:
    littered = two_questions()
    for name, array in littered.items():
        if array.ndim == 2:
            fill = (
                np.nan
                if array.dtype.kind == "f"
                else np.iinfo(array.dtype).max
                if array.dtype != bool
                else True
            )
            array[0, 3 if name.startswith("leaf") else 2 :] = fill
    clean, dirty = (AdditiveTrees.from_arrays(["a", "b"], arrays) for arrays in (two_questions(), littered))
    X = rows(50)[:, :2] * 10
    assert dirty.contributions(X).tobytes() == clean.contributions(X).tobytes()


def test_no_rows_give_no_results() -> None:
    X = np.empty((0, len(FEATURES)))
    assert bag().log_odds(X).shape == (0,)
    assert bag().bag_log_odds(X).shape == (0, 3)
    assert bag().contributions(X).shape == (0, len(FEATURES))


def test_many_rows_need_little_more_memory_than_their_results() -> None:
    model, X = bag(), rows(50_000)
    tracemalloc.start()
    contributions = model.contributions(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < contributions.nbytes * 2 + 30e6


def test_scoring_needs_no_learner_no_tracker_and_no_data_frame() -> None:
    heavy = "{'lightgbm', 'sklearn', 'scipy', 'mlflow', 'pandas', 'shap'}"
    code = (
        f"import sys, training.additive_model, training.bundle; print({heavy} & set(sys.modules) or 'none')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "none"


@pytest.mark.parametrize("X", [np.zeros((3, 4)), np.zeros(5), np.zeros((1, 2, 5))])
def test_rows_of_another_width_are_refused(X: np.ndarray) -> None:
    with pytest.raises(WrongUse) as caught:
        bag().contributions(X)
    assert f"X.shape is {X.shape}; allowed: (rows, 5). Next: bring one column per feature" in str(
        caught.value
    )


@pytest.mark.parametrize("families", [[0, 1], [0, 1, 2, 3, -1], [0.0, 1.0, 2.0, 3.0, 4.0]])
def test_families_that_are_no_numbers_of_features_are_refused(families: list[float]) -> None:
    with pytest.raises(WrongUse) as caught:
        bag().family_contributions(rows(1), families)
    assert f"family_index is {families}; allowed: 5 whole numbers from 0, one per feature" in str(
        caught.value
    )


def faults_of(features: Any = ("seats", "nps"), **changed: Any) -> str:
    """What is said about the small tree with entries changed: `leaves=(0, 9)` puts 9 at index 0."""
    arrays = two_questions()
    for name, (place, value) in changed.items():
        arrays[name][place] = value
    with pytest.raises(DataFault) as caught:
        AdditiveTrees.from_arrays(features, arrays)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"leaves": (0, 9)},
            "trees.leaves[0] is 9; allowed: 1 to 8 (1 entries fault). Next: make the bundle again",
        ),
        ({"bag": (0, 1)}, "trees.bag[0] is 1; allowed: 0, 1, 2 … in ascending order, none left out"),
        ({"feature": ((0, 1), 2)}, "trees.feature[0, 1] is 2; allowed: 0 to 1"),
        ({"feature": ((0, 0), -1)}, "trees.feature[0, 0] is -1; allowed: 0 to 1"),
        ({"threshold": ((0, 0), np.nan)}, "trees.threshold[0, 0] is nan; allowed: a number, not NaN"),
        ({"missing": ((0, 1), 3)}, "trees.missing[0, 1] is 3; allowed: 0 (none), 1 (zero) or 2 (NaN)"),
        ({"leaf_value": ((0, 2), np.inf)}, "trees.leaf_value[0, 2] is inf; allowed: within ±1000000"),
        ({"leaf_value": ((0, 0), -2e6)}, "trees.leaf_value[0, 0] is -2000000.0; allowed: within ±1000000"),
        ({"leaf_count": ((0, 1), 0)}, "trees.leaf_count[0, 1] is 0.0; allowed: a count of rows from 1"),
        (
            {"left": ((0, 0), 0)},
            "trees.left, trees.right [0] is [[0, -1], [-3, -2]]; allowed: each node and leaf on",
        ),
        ({"right": ((0, 1), ~0)}, "allowed: each node and leaf on one parent above it (1 trees fault)"),
        ({"right": ((0, 0), ~7)}, "allowed: each node and leaf on one parent above it (1 trees fault)"),
    ],
)
def test_arrays_that_are_no_trees_are_refused(changed: dict[str, Any], message: str) -> None:
    assert message in faults_of(**changed)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([~0, 2, 1], [~1, ~2, ~3]),  # nodes 1 and 2 hang on each other, and neither on the root
        ([2, ~0, 1], [~1, ~2, ~3]),  # a tree, but node 1 hangs on node 2
        ([1, 2, ~0], [~1, 2, ~3]),  # node 2 hangs on node 1 twice
    ],
)
def test_nodes_that_do_not_hang_on_one_node_above_are_refused(left: list[int], right: list[int]) -> None:
    arrays = empty_arrays(1)
    arrays["leaves"][0], arrays["leaf_count"][0] = 4, 1
    arrays["left"][0, :3], arrays["right"][0, :3] = left, right
    with pytest.raises(
        DataFault, match=r"trees.left, trees.right \[0\] is .* each node and leaf on one parent above it"
    ):
        AdditiveTrees.from_arrays(["a"], arrays)


@pytest.mark.parametrize(
    "features", [(), ("seats", "seats"), ("seats", ""), ("seats", 3), None, "ab", ([], {})]
)
def test_feature_names_that_are_no_names_are_refused(features: Any) -> None:
    allowed = "allowed: one or more different names"
    assert f"trees.features is {features!r}; {allowed}" in faults_of(features)


@pytest.mark.parametrize("numbers", [[0, 0, 2], [0, 1, 0], [1, 1, 1], [-1, 0, 1]])
def test_bags_that_are_not_counted_from_zero_in_order_are_refused(numbers: list[int]) -> None:
    arrays = dict(bag(1, 3).arrays) | {"bag": np.array(numbers, np.int32)}
    with pytest.raises(DataFault, match=r"allowed: 0, 1, 2 … in ascending order, none left out"):
        AdditiveTrees.from_arrays(FEATURES, arrays)


def test_all_faults_are_told_at_once() -> None:
    message = faults_of(feature=((0, 0), 9), threshold=((0, 1), np.nan), leaf_count=((0, 0), -1))
    assert [line.split("[")[0] for line in message.splitlines()[1:]] == [
        "  - trees.feature",
        "  - trees.threshold",
        "  - trees.leaf_count",
    ]


def test_another_layout_is_refused() -> None:
    arrays = two_questions()
    wide = arrays | {"threshold": np.zeros((1, 8)), "feature": arrays["feature"].astype(np.int64)}
    with pytest.raises(
        DataFault, match=r"trees.threshold is '<f8 of shape \(1, 8\)'; allowed: <f8 of shape \(1, 7\)"
    ):
        AdditiveTrees.from_arrays(["a", "b"], wide)
    with pytest.raises(
        DataFault, match=r"trees.feature is '<i8 of shape \(1, 7\)'; allowed: <i4 of shape \(1, 7\)"
    ):
        AdditiveTrees.from_arrays(["a", "b"], wide)
    with pytest.raises(DataFault, match=r"trees.bag is '<i4 of shape \(\)'; allowed: <i4 of shape \(1,\)"):
        AdditiveTrees.from_arrays(["a", "b"], arrays | {"bag": np.int32(0)[()].reshape(())})


@pytest.mark.parametrize("trees", [0, MOST_TREES + 1])
def test_no_trees_and_too_many_trees_are_refused(trees: int) -> None:
    with pytest.raises(DataFault, match=f"trees is '{trees} trees'; allowed: 1 to {MOST_TREES}"):
        AdditiveTrees.from_arrays(["a"], empty_arrays(trees))


def test_a_missing_array_is_named() -> None:
    arrays = {name: array for name, array in two_questions().items() if name != "missing"}
    with pytest.raises(DataFault, match=r"trees is \['bag'.*allowed: the arrays \['bag'.*'missing'"):
        AdditiveTrees.from_arrays(["a", "b"], arrays)


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_no_mutation_of_the_arrays_crashes_or_gives_a_value_that_is_not_finite(data: st.DataObject) -> None:
    arrays = {name: array.copy() for name, array in bag(1, 3).arrays.items()}
    for _ in range(data.draw(st.integers(1, 4))):
        array = arrays[data.draw(st.sampled_from(sorted(LAYOUT)))]
        array.flat[data.draw(st.integers(0, array.size - 1))] = data.draw(values_of(array.dtype))
    with suppress(DataFault):
        model = AdditiveTrees.from_arrays(FEATURES, arrays)
        assert np.isfinite(model.contributions(rows(5))).all()
        assert np.isfinite(model.bag_log_odds(rows(5))).all()


def values_of(dtype: np.dtype) -> st.SearchStrategy[Any]:
    """Any value of the dtype, small whole numbers (which are often almost right) more often."""
    near = st.integers(0, 9) if dtype.kind == "u" else st.integers(-9, 9)
    if dtype.kind == "b":
        return st.booleans()
    if dtype.kind == "f":
        return st.one_of(near, st.floats())
    return st.one_of(near, st.integers(np.iinfo(dtype).min, np.iinfo(dtype).max))
