from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.scores.shown_points import Nesting, apportion, nested_tenths, tenths_down

PILLARS = ["usage", "usage", "usage", "voice", "voice", "service"]
FAMILIES = ["login", "login", "depth", "nps", "nps", "tickets"]
SEEDS = st.integers(0, 2**32 - 1)


@given(st.floats(0, 100))
def test_what_is_shown_is_never_more_and_less_than_a_tenth_away(value: float) -> None:
    [tenths] = tenths_down(np.array([value]))
    assert tenths / 10 <= value
    assert value - tenths / 10 < 0.1 + 1e-12


@pytest.mark.parametrize("limit", [85.0, 60.0, 64.3, 72.3, 0.3])
def test_a_limit_is_shown_only_where_it_is_reached(limit: float) -> None:
    at, below = np.array([limit]), np.array([np.nextafter(limit, 0)])
    assert tenths_down(at)[0] / 10 == limit
    assert tenths_down(below)[0] / 10 < limit


@settings(deadline=None)
@given(SEEDS, st.integers(1, 8), st.integers(-300, 300))
def test_apportioned_tenths_sum_to_the_total_and_stay_near(seed: int, width: int, moved: int) -> None:
    values = np.random.default_rng(seed).normal(0, 50, (4, width))
    total = np.rint(values.sum(axis=1)).astype(np.int64) + moved
    shown = apportion(values, total)
    assert shown.sum(axis=1).tolist() == total.tolist()
    assert np.abs(shown - values).max() <= 1 + (abs(moved) + width) / width


def test_the_lacking_tenth_goes_to_what_lost_most_by_rounding() -> None:
    assert apportion(np.array([[1.4, 1.3, -0.3]]), np.array([3])).tolist() == [[2, 1, 0]]
    assert apportion(np.array([[1.6, 1.5, -0.6]]), np.array([2])).tolist() == [[2, 1, -1]]


@settings(deadline=None)
@given(SEEDS)
def test_every_level_adds_up_and_stays_near(seed: int) -> None:
    points = np.random.default_rng(seed).normal(0, 8, (5, 6))
    total = np.floor(points.sum(axis=1) * 10).astype(np.int64)
    shown = nested_tenths(points, total, Nesting.of(PILLARS, FAMILIES))
    assert shown.sum(axis=1).tolist() == total.tolist()
    for names in (PILLARS, FAMILIES):
        for name in set(names):
            here = np.array(names) == name
            near = np.abs(shown[:, here].sum(axis=1) - 10 * points[:, here].sum(axis=1))
            assert near.max() <= 3


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_a_row_is_shown_the_same_alone_and_among_others(seed: int) -> None:
    draws = np.random.default_rng(seed)
    pillars = ["usage"] * 40 + ["voice"] * 38
    families = [f"f{number % 9}" for number in range(78)]
    points = np.round(draws.normal(0, 2, (50, 78)), 2)  # ties in rounding are common
    total = np.floor(np.cumsum(points, axis=1)[:, -1] * 10).astype(np.int64)
    nesting = Nesting.of(pillars, families)
    together = nested_tenths(points, total, nesting)
    for i in range(50):
        alone = nested_tenths(points[i : i + 1], total[i : i + 1], nesting)
        assert alone[0].tolist() == together[i].tolist()
