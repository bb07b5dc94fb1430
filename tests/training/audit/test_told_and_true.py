"""The figures of an explanation, on tables small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from training.audit.told_and_true import NOISE_BAND, ToldAndTrue, by_family, on_top, top

TOLD = np.array(
    [
        [0.9, -0.5, 0.3, 0.1],
        [0.2, 0.4, -0.6, 0.0],
    ]
)


def compared(true: list[list[float]], red: tuple[bool, bool] = (True, True), noise: int = 0) -> ToldAndTrue:
    on = np.zeros((2, noise), dtype=bool)
    return ToldAndTrue(np.arange(2), TOLD, np.array(true), np.array(red), on)


def values(of: ToldAndTrue) -> dict[str, float]:
    return {one.name: float(one.cases.sum() / one.of.sum()) for one in of.figures()}


def test_the_truth_told_agrees_with_itself() -> None:
    assert values(compared(TOLD.tolist())) == {"sign": 1.0, "sure": 1.0, "worst": 1.0}


def test_only_the_three_that_move_most_are_asked_for_their_sign() -> None:
    true = [[0.9, -0.5, 0.3, -9.0], [0.2, 0.4, -0.6, 9.0]]
    assert values(compared(true))["sign"] == 1.0


def test_a_family_that_does_nothing_has_no_sign_and_never_agrees() -> None:
    true = [[0.9, -0.5, 0.0, 0.0], [0.2, 0.4, 0.6, 0.0]]
    found = values(compared(true))
    assert found["sign"] == pytest.approx(4 / 6)
    assert found["sure"] == pytest.approx(4 / 5)


def test_within_the_band_of_noise_a_wrong_sign_counts_for_one_figure_alone() -> None:
    true = [[0.9, 0.9 * NOISE_BAND, 0.3, 0.0], [0.2, 0.4, -0.6, 0.0]]
    found = values(compared(true))
    assert found["sign"] == pytest.approx(5 / 6)
    assert found["sure"] == 1.0


def test_the_worst_is_asked_of_red_accounts_alone_and_is_the_most_harmful() -> None:
    true = [[0.9, -5.0, 0.3, 0.1], [0.9, 0.4, -0.6, 0.0]]
    assert values(compared(true, red=(True, False)))["worst"] == 1.0
    assert values(compared(true, red=(True, True)))["worst"] == 0.5
    assert "worst" not in values(compared(true, red=(False, False)))


def test_noise_is_counted_by_feature_and_by_account() -> None:
    shares = np.array([[0.9, -0.8, 0.1, 0.05, 0.7], [0.1, 0.2, 0.3, 0.4, 0.0]])
    flags = on_top(shares, np.array([4, 1, 3]))
    assert flags.tolist() == [[True, True, False], [False, True, True]]
    found = ToldAndTrue(np.arange(2), TOLD, TOLD, np.array([True, True]), flags)
    assert values(found)["noise"] == pytest.approx(4 / 6)
    assert values(found)["any"] == 1.0


def test_ties_are_broken_by_the_order_of_the_columns_and_few_columns_are_all_on_top() -> None:
    assert top(np.array([[0.5, -0.5, 0.5, 0.5]])).tolist() == [[0, 1, 2]]
    assert top(np.array([[0.1, -0.5]])).tolist() == [[1, 0]]


def test_a_family_is_the_sum_of_its_features_and_minus_one_is_in_none() -> None:
    found = by_family(np.array([[1.0, 2.0, 4.0, 8.0]]), np.array([1, 0, 1, -1]), 3)
    assert found.tolist() == [[2.0, 5.0, 0.0]]


def test_parts_are_put_together_row_by_row() -> None:
    one = compared(TOLD.tolist(), noise=2)
    both = ToldAndTrue.together([one, one])
    assert both.told.shape == (4, 4)
    assert both.noise_on_top.shape == (4, 2)
    assert values(both) == values(one)
