"""Sums over resampled accounts, and what is said where there is nothing to divide by."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from training.account_sums import Span, ratio, resampled_sums, share_where, span


def test_the_first_sum_counts_every_account_once_and_each_draw_as_many_accounts() -> None:
    sums = resampled_sums(pd.DataFrame({"one": np.ones(50), "place": np.arange(50.0)}), 200, seed=3)
    assert (sums["one"] == 50).all()
    assert sums["place"][0] == 49 * 50 / 2
    assert len(np.unique(sums["place"])) > 100


def test_the_same_seed_draws_the_same_accounts_whatever_is_summed() -> None:
    one = resampled_sums(pd.DataFrame({"a": np.arange(9.0)}), 50, seed=1)["a"]
    two = resampled_sums(pd.DataFrame({"b": np.ones(9), "a": np.arange(9.0)}), 50, seed=1)["a"]
    assert one.tolist() == two.tolist()


def test_a_shares_interval_is_the_binomials() -> None:
    """80 of 200 accounts: the bootstrap of a share is a binomial, whose quantiles are known."""
    red = np.r_[np.ones(80), np.zeros(120)]
    sums = resampled_sums(pd.DataFrame({"red": red, "all": np.ones(200)}), 20_000, seed=5)
    found = span(ratio(sums["red"], sums["all"]))
    assert found.value == 0.4
    assert [found.low, found.high] == pytest.approx(binom.ppf([0.05, 0.95], 200, 0.4) / 200, abs=0.006)


def test_rows_of_one_account_are_no_evidence_of_their_own() -> None:
    """Ten rows that move together are as good as one: the interval does not shrink with them."""
    of_account = pd.DataFrame({"red": np.r_[np.ones(8), np.zeros(12)], "all": np.ones(20)})
    single, tenfold = (resampled_sums(of_account * k, 500, seed=2) for k in (1, 10))
    assert span(ratio(single["red"], single["all"])) == span(ratio(tenfold["red"], tenfold["all"]))


def test_nothing_to_divide_by_is_said_and_not_counted() -> None:
    values = ratio(np.array([1.0, 1.0, 1.0]), np.array([2.0, 0.0, 4.0]))
    assert span(values) == Span(0.5, 0.25, 0.25)
    assert span(values[1:]) == Span(None, None, None)
    assert span(np.array([0.5])) == Span(None, None, None)
    assert share_where(np.array([1.0, np.nan])) is None
    assert Span(None, None, None).as_text() == "-"
    assert Span(0.5, 0.25, 0.75).as_text() == "50% [25%, 75%]"
