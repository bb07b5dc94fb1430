"""The line in log-odds: against literal rows, an independent fit, and what must always hold."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from features.faults import DataFault
from training.calibration import SMALLEST_SLOPE, LogOddsLine, fit_log_odds_line


def drawn(accounts: int, dates: int, spread: float = 0.0, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Log-odds, outcomes and accounts whose true line is -0.3 + 0.8 x, with a shared push per account."""
    rng = np.random.default_rng(seed)
    x = rng.normal(-2, 1, (accounts, dates))
    push = rng.normal(0, spread, (accounts, 1))
    y = rng.random((accounts, dates)) < expit(-0.3 + 0.8 * x + push)
    return x.ravel(), y.astype(float).ravel(), np.repeat(np.arange(accounts), dates)


def test_many_rows_give_the_line_they_were_drawn_from():
    line = fit_log_odds_line(*drawn(20_000, 1))
    assert line.intercept == pytest.approx(-0.3, abs=0.1)
    assert line.slope == pytest.approx(0.8, abs=0.05)


def test_the_line_is_that_of_scikit_learn_where_the_prior_weighs_little():
    x, y, account = drawn(5_000, 1)
    free = LogisticRegression(C=np.inf, tol=1e-10).fit(x[:, None], y)
    line = fit_log_odds_line(x, y, account)
    assert line.intercept == pytest.approx(free.intercept_[0], abs=2e-3)
    assert line.slope == pytest.approx(free.coef_[0, 0], abs=2e-3)


def test_no_rows_leave_the_scores_as_they_are():
    line = fit_log_odds_line([], [], [])
    assert line.apply([-3.0, 0.0, 2.0]).tolist() == [-3.0, 0.0, 2.0]


def test_a_hundred_accounts_without_churn_do_not_make_churn_impossible():
    line = fit_log_odds_line(np.full(100, -2.0), np.zeros(100), np.arange(100))
    assert 0.001 < expit(line.apply([-2.0])[0]) < 0.02


def test_separated_rows_get_a_finite_slope():
    line = fit_log_odds_line([-2.0, -1.0, 1.0, 2.0] * 20, [0, 0, 1, 1] * 20, np.arange(80))
    assert 1 < line.slope < 10


def test_scores_that_rank_the_wrong_way_are_made_flat_and_never_turned_round():
    x, y, account = drawn(2_000, 1)
    line = fit_log_odds_line(-x, y, account)
    assert line.slope == SMALLEST_SLOPE
    assert expit(line.apply(-x)).mean() == pytest.approx(y.mean(), abs=0.002)


def test_repeating_the_dates_of_an_account_adds_no_certainty():
    x, y, account = drawn(500, 1)
    once = fit_log_odds_line(x, y, account)
    tenfold = fit_log_odds_line(np.tile(x, 10), np.tile(y, 10), np.tile(account, 10))
    as_if_new = fit_log_odds_line(np.tile(x, 10), np.tile(y, 10), np.arange(5_000))
    assert tenfold.standard_error([-2.0]) == pytest.approx(once.standard_error([-2.0]), rel=0.1)
    assert as_if_new.standard_error([-2.0])[0] < 0.5 * once.standard_error([-2.0])[0]


def test_nine_of_ten_intervals_hold_the_true_line_though_accounts_have_a_push_of_their_own():
    truth = fit_log_odds_line(*drawn(40_000, 6, spread=1.0, seed=99))
    lines = [fit_log_odds_line(*drawn(200, 6, spread=1.0, seed=seed)) for seed in range(150)]
    held = [
        abs(line.apply([-2.0]) - truth.apply([-2.0])) < 1.645 * line.standard_error([-2.0]) for line in lines
    ]
    assert 0.82 <= np.mean(held) <= 0.96


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(
        st.tuples(st.floats(-60, 60), st.integers(0, 1), st.integers(0, 5)), min_size=0, max_size=30
    )
)
def test_any_rows_give_a_finite_rising_line_with_a_real_covariance(rows):
    x, y, account = zip(*rows, strict=True) if rows else ((), (), ())
    line = fit_log_odds_line(x, y, account)
    assert np.isfinite([line.intercept, line.slope]).all()
    assert line.slope >= SMALLEST_SLOPE
    assert np.linalg.eigvalsh(np.array(line.covariance)).min() > -1e-9


@settings(deadline=None, max_examples=20)
@given(order=st.permutations(range(60)))
def test_the_order_of_the_rows_does_not_matter(order):
    x, y, account = drawn(20, 3)
    line, shuffled = fit_log_odds_line(x, y, account), fit_log_odds_line(x[order], y[order], account[order])
    assert shuffled.intercept == pytest.approx(line.intercept, abs=1e-6)
    assert np.array(shuffled.covariance) == pytest.approx(np.array(line.covariance), abs=1e-6)


def test_a_missing_score_stays_missing():
    line = LogOddsLine(0.5, 2.0, ((1.0, 0.0), (0.0, 1.0)))
    assert np.isnan(line.apply([1.0, np.nan])).tolist() == [False, True]
    assert np.isnan(line.standard_error([1.0, np.nan])).tolist() == [False, True]


def test_every_fault_is_named_at_once():
    with pytest.raises(DataFault) as caught:
        fit_log_odds_line([0.1, np.inf, np.nan], [0, 2, 1], ["a", "b", "c"])
    assert str(caught.value).splitlines() == [
        "The calibration cannot be fitted",
        "  - log_odds is '2 not finite'; allowed: finite numbers. Next: leave out unscored rows",
        "  - churned is 2.0; allowed: 0 or 1. Next: leave out rows whose label is not mature",
    ]


def test_an_immature_label_is_refused_and_not_read_as_stayed():
    with pytest.raises(DataFault, match="churned is nan; allowed: 0 or 1"):
        fit_log_odds_line([0.1, 0.2], [0, np.nan], ["a", "b"])


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(DataFault, match=r"is '\(2,\), \(1,\), \(2,\)'; allowed: three columns of one length"):
        fit_log_odds_line([0.1, 0.2], [0], ["a", "b"])


def test_the_line_needs_no_scikit_learn():
    check = "import sys, training.calibration; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
