"""The tests of drift know the number of accounts: no false alarm too many at any, however rows depend."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.monitoring.column_drift import examine_columns
from serving.monitoring.false_discoveries import adjusted
from serving.monitoring.paired_change import level_and_spread_p_values, null_p_value, swap_p_value
from tests.serving.monitoring.still_books import still_book


@pytest.mark.long
@pytest.mark.parametrize(("accounts", "times"), [(30, 80), (100, 60), (300, 40), (3_000, 8)])
@pytest.mark.parametrize("own", [0.0, 0.95])
def test_where_nothing_moved_alarms_are_no_more_than_allowed(accounts: int, times: int, own: float) -> None:
    rng = np.random.default_rng(accounts)
    alarms = 0
    for _ in range(times):
        then, now = still_book(rng, accounts, own)
        alarms += any(f.state == "drifted" for f in examine_columns(then, now, list(then.columns)))
    assert alarms <= 0.05 * times + 2 * np.sqrt(0.05 * times)


@pytest.mark.parametrize("accounts", [100, 300, 3_000])
def test_a_column_that_moved_by_half_a_standard_deviation_is_found_among_twenty(accounts: int) -> None:
    then, now = still_book(np.random.default_rng(1), accounts, 0.9)
    now["x3"] += 0.7  # its standard deviation is 1.4
    assert "x3" in {f.column for f in examine_columns(then, now, list(then.columns)) if f.state == "drifted"}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=9))
def test_the_p_value_is_never_below_the_exact_one_over_all_swaps(differences: list[int]) -> None:
    d = np.array(differences, dtype=float)
    sums = [abs(np.dot(signs, d)) for signs in product((-1, 1), repeat=len(d))]
    exact = np.mean(np.array(sums) >= abs(d.sum()))
    assert swap_p_value(d) >= exact - 1e-12


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=1, max_size=40))
def test_p_values_are_the_same_when_then_and_now_change_places(pairs: list[tuple[float, float]]) -> None:
    then, now = np.array(pairs).T
    assert level_and_spread_p_values(then, now) == pytest.approx(level_and_spread_p_values(now, then))


def test_values_that_draw_apart_without_rising_are_seen() -> None:
    then = np.random.default_rng(3).normal(size=200)
    level, spread = level_and_spread_p_values(then, 3 * then)
    assert level > 0.05
    assert spread < 1e-6


@given(st.integers(0, 60), st.integers(0, 60))
def test_missing_values_that_come_and_go_alike_are_no_change(gone: int, come: int) -> None:
    assert null_p_value(gone, come) == null_p_value(come, gone)
    assert null_p_value(gone, gone) == 1.0


@given(st.lists(st.floats(0, 1), max_size=30))
def test_adjusted_p_values_keep_their_order_and_never_fall(p_values: list[float]) -> None:
    found = adjusted(p_values)
    assert all(q >= p for p, q in zip(p_values, found, strict=True))
    by_p = [q for _, q in sorted(zip(p_values, found, strict=True))]
    assert by_p == sorted(by_p)
