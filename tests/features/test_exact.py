"""Sums that are the same bits in any order, and shares that never divide by nought."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.exact import change, exact_sum, share


def of(values: list[float | None]) -> ibis.Table:
    return ibis.memtable(pd.DataFrame({"x": pd.array(values, dtype="Float64")}), schema={"x": "float64"})


@settings(max_examples=15, deadline=None)
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), seed=st.integers(0, 99))
def test_a_sum_is_the_same_bits_in_any_order(values: list[float], seed: int) -> None:
    table = of([*values, *np.random.default_rng(seed).permutation(values).tolist()])
    half = table.mutate(first=ibis.row_number() < len(values))
    one, other = half.first, ~half.first
    sums = half.aggregate(a=exact_sum(half.x, 1000, one), b=exact_sum(half.x, 1000, other)).execute()
    assert sums.at[0, "a"] == sums.at[0, "b"]
    assert sums.at[0, "a"] == pytest.approx(sum(values), abs=0.0005 * len(values) + 1e-6)


@pytest.mark.parametrize(
    ("values", "units", "total"),
    [
        ([0.1] * 10, 10, 1.0),
        ([1.004, None], 100, 1.0),
        ([0.5, -0.5], 1, 0.0),
        ([2e9, 1e-3], 1000, 2000000000.001),
    ],
)
def test_a_sum_counts_in_its_units(values: list[float | None], units: int, total: float) -> None:
    table = of(values)
    assert exact_sum(table.x, units).execute() == total


def test_a_sum_over_no_rows_or_nulls_only_is_null() -> None:
    assert pd.isna(exact_sum(of([]).x, 10).execute())
    assert pd.isna(exact_sum(of([None]).x, 10).execute())


def test_a_share_of_nought_is_null_and_not_infinite() -> None:
    table = of([0.0])
    assert table.aggregate(s=share(table.x.sum() + 3, table.x.sum())).s.isnull().execute().tolist() == [True]


def test_a_change_from_or_to_what_is_unknown_is_unknown() -> None:
    table = of([None, 3.0])
    assert table.select(a=change(table.x, table.x * 0 + 1)).a.execute().isna().tolist() == [True, False]
    assert table.select(a=change(table.x * 0 + 1, table.x)).a.execute().isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("now", "before", "found"), [(0, 0, 0), (3, 0, 1), (0, 3, -1), (1, 3, -0.5), (2, 2, 0)]
)
def test_a_change_lies_between_minus_one_and_one(now: int, before: int, found: float) -> None:
    table = ibis.memtable(pd.DataFrame({"now": [now], "before": [before]}))
    assert change(table.now, table.before).execute().tolist() == [found]
