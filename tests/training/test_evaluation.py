"""The measures: literal rows, equality with scikit-learn, and what no weighting may change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss

from features.faults import DataFault
from training.calibration import greatest_posterior
from training.evaluation import MEASURES, evaluate, measures_for, revenue_found
from training.ranked_rows import Outcomes, Ranking, WeightedRows

TEN = Outcomes.of([1, 0, 0, 1, 0, 0, 0, 0, 0, 0], np.arange(10))


@st.composite
def weighted_rows(draw):
    """Outcomes of both kinds, probabilities with many ties, and whole weights that keep both outcomes."""
    n = draw(st.integers(4, 25))
    y = np.array([1, 0, *draw(st.lists(st.integers(0, 1), min_size=n - 2, max_size=n - 2))], dtype=float)
    p = np.array(draw(st.lists(st.sampled_from([0.05, 0.1, 0.3, 0.5, 0.9]), min_size=n, max_size=n)))
    w = np.array([1, 1, *draw(st.lists(st.integers(0, 3), min_size=n - 2, max_size=n - 2))], dtype=float)
    return y, p, w


def measured(name: str, y: np.ndarray, p: np.ndarray, w: np.ndarray, **columns: object) -> float:
    ranking = Ranking.of(Outcomes.of(y, np.arange(len(y)), **columns), p)
    return float(MEASURES[name].of(WeightedRows(ranking, w[None, ranking.order]))[0])


@settings(deadline=None, max_examples=60)
@given(rows=weighted_rows())
def test_what_scikit_learn_measures_is_measured_alike_under_any_weights_and_ties(rows):
    y, p, w = rows
    assert measured("auc", y, p, w) == pytest.approx(roc_auc_score(y, p, sample_weight=w))
    assert measured("average_precision", y, p, w) == pytest.approx(
        average_precision_score(y, p, sample_weight=w)
    )
    assert measured("brier", y, p, w) == pytest.approx(brier_score_loss(y, p, sample_weight=w))
    assert measured("log_loss", y, p, w) == pytest.approx(sklearn_log_loss(y, p, sample_weight=w))


@settings(deadline=None, max_examples=40)
@given(rows=weighted_rows(), calls=st.integers(1, 5))
def test_a_whole_weight_is_the_same_as_writing_the_row_so_often(rows, calls):
    y, p, w = rows
    often = np.repeat(np.arange(len(y)), w.astype(int))
    ones, money = np.ones(len(often)), np.arange(1.0, len(y) + 1)
    for name in ("auc", "average_precision", "brier", "log_loss", "lift_top_tenth"):
        assert measured(name, y, p, w) == pytest.approx(measured(name, y[often], p[often], ones))
    assert measured("revenue_found", y, p, w, revenue=money, calls=calls) == pytest.approx(
        measured("revenue_found", y[often], p[often], ones, revenue=money[often], calls=calls)
    )


@settings(deadline=None, max_examples=40)
@given(rows=weighted_rows(), data=st.data())
def test_the_order_in_which_rows_arrive_changes_no_measure(rows, data):
    y, p, _ = rows
    order = data.draw(st.permutations(range(len(y))))
    money, dates = np.arange(1.0, len(y) + 1), np.arange(len(y)) % 2
    there = evaluate(p, Outcomes.of(y, np.arange(len(y)), money, dates, calls=2))
    back = evaluate(p[order], Outcomes.of(y[order], np.arange(len(y)), money[order], dates[order], calls=2))
    assert back == pytest.approx(there, abs=1e-6)


def test_lift_of_the_top_tenth_is_its_churn_rate_over_that_of_all():
    p = np.linspace(0.9, 0.1, 10)
    assert evaluate(p, TEN)["lift_top_tenth"] == pytest.approx(1 / 0.2)
    assert evaluate(1 - p, TEN)["lift_top_tenth"] == 0


def test_rows_tied_at_the_edge_of_the_top_tenth_count_with_the_share_that_fits():
    p = np.array([0.9, 0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    assert evaluate(p, TEN)["lift_top_tenth"] == pytest.approx(0.5 / 0.2)


def test_equal_probabilities_are_chance():
    found = evaluate(np.full(10, 0.2), TEN)
    assert found["auc"] == 0.5
    assert found["lift_top_tenth"] == pytest.approx(1)
    assert found["average_precision"] == pytest.approx(0.2)
    assert found["calibration_error"] == pytest.approx(0)


def test_revenue_found_counts_the_calls_of_each_as_of_date_anew():
    outcomes = Outcomes.of(
        [1, 0, 1, 1, 0, 1], list("abcabc"), [100, 50, 300, 200, 50, 400], ["jan"] * 3 + ["feb"] * 3, calls=1
    )
    p = [0.9, 0.2, 0.3, 0.01, 0.04, 0.05]  # one call in January finds 100, one in February 400, of 1,000
    assert evaluate(p, outcomes)["revenue_found"] == pytest.approx(0.5)


def test_more_calls_than_accounts_find_all_the_revenue():
    outcomes = Outcomes.of([1, 0, 1], list("abc"), [5, 6, 7], calls=50)
    assert evaluate([0.1, 0.9, 0.2], outcomes)["revenue_found"] == 1


def test_the_calibration_line_is_that_of_scikit_learn_where_the_prior_weighs_little():
    rng = np.random.default_rng(3)
    x = rng.normal(-2, 1, 4_000)
    y = (rng.random(4_000) < 1 / (1 + np.exp(0.4 - 0.7 * x))).astype(float)
    found = evaluate(1 / (1 + np.exp(-x)), Outcomes.of(y, np.arange(4_000)))
    free = LogisticRegression(C=np.inf, tol=1e-10).fit(x[:, None], y)
    assert found["calibration_slope"] == pytest.approx(free.coef_[0, 0], abs=5e-3)
    assert found["calibration_intercept"] == pytest.approx(free.intercept_[0], abs=5e-3)


def test_probabilities_that_are_too_extreme_have_a_slope_below_one():
    rng = np.random.default_rng(4)
    x = rng.normal(-2, 1, 4_000)
    y = (rng.random(4_000) < 1 / (1 + np.exp(-x))).astype(float)
    found = evaluate(1 / (1 + np.exp(-2 * x)), Outcomes.of(y, np.arange(4_000)))
    assert found["calibration_slope"] == pytest.approx(0.5, abs=0.06)


def test_equal_probabilities_have_the_priors_slope_which_is_one_only_at_the_churn_rate():
    outcomes = Outcomes.of([1, 0, 0, 0], list("abcd"))
    assert evaluate([0.25] * 4, outcomes)["calibration_slope"] == pytest.approx(1)
    assert evaluate([0.01] * 4, outcomes)["calibration_slope"] < 0.9


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), extreme=st.floats(0.2, 4))
def test_the_lines_of_all_weightings_are_those_fitted_one_by_one_also_where_rows_are_separated(seed, extreme):
    rng = np.random.default_rng(seed)
    x = rng.normal(-2, 2, 20)
    y = np.array([1.0, 0, *(rng.random(18) < 1 / (1 + np.exp(-x[2:])))])
    ranking = Ranking.of(Outcomes.of(y, np.arange(20)), expit(np.clip(extreme * x, -20, 20)))
    weights = rng.multinomial(20, np.full(20, 0.05), size=20).astype(float)
    lines = WeightedRows(ranking, weights).lines
    for line, weight in zip(lines, weights, strict=True):
        alone = greatest_posterior(logit(ranking.probability), ranking.churned, weight)
        assert line == pytest.approx(alone, abs=1e-5)


def test_calibration_error_is_the_mean_gap_of_the_groups():
    p = np.repeat([0.8, 0.2], 10)
    y = np.array([1] * 6 + [0] * 4 + [1] * 2 + [0] * 8)  # 0.6 seen where 0.8 was said; 0.2 where 0.2 was
    assert evaluate(p, Outcomes.of(y, np.arange(20)))["calibration_error"] == pytest.approx(0.1)


def test_revenue_found_is_left_out_where_no_churned_revenue_is_known():
    assert "revenue_found" not in measures_for(TEN)
    assert "revenue_found" not in measures_for(Outcomes.of([1, 0], list("ab"), [0, 900]))
    with pytest.raises(DataFault, match="No churned revenue is known"):
        revenue_found(WeightedRows.once_each(Ranking.of(TEN, np.full(10, 0.2))))


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.1, 87.0, np.nan, np.inf])
def test_what_is_no_probability_is_refused(bad):
    p = np.full(10, 0.2)
    p[3] = bad
    with pytest.raises(DataFault, match=r"allowed: numbers strictly between 0 and 1\. Next: calibrate"):
        evaluate(p, TEN)


def test_probabilities_for_other_rows_are_refused():
    with pytest.raises(
        DataFault, match=r"probability is 'shape \(3,\)'; allowed: one value for each of the 10 rows"
    ):
        evaluate([0.1, 0.2, 0.3], TEN)


@pytest.mark.parametrize("same", [0, 1])
def test_outcomes_of_one_kind_are_refused(same):
    with pytest.raises(DataFault, match=f"churned is '{3 * same} churns in 3 rows'; allowed: rows of both"):
        Outcomes.of([same] * 3, list("abc"))


def test_no_rows_are_refused():
    with pytest.raises(DataFault, match="churned is '0 churns in 0 rows'"):
        Outcomes.of([], [])


def test_every_fault_of_the_outcomes_is_named_at_once():
    aligned = "allowed: one value for each of the 3 rows. Next: align it with the rows"
    with pytest.raises(DataFault) as caught:
        Outcomes.of([1, 0, np.nan], ["a", "b"], revenue=[1, -5, 3], as_of=["x"], calls=0)
    assert str(caught.value).splitlines() == [
        "The outcomes cannot be evaluated",
        f"  - account is 'shape (2,)'; {aligned}",
        f"  - as_of is 'shape (1,)'; {aligned}",
        "  - churned is nan; allowed: 0 or 1. Next: leave out rows whose label is not mature",
        "  - revenue is -5.0; allowed: finite numbers from 0. Next: say 0 where it is not known",
        "  - calls is 0; allowed: 1 or more. Next: give the calls a team makes per as-of date",
    ]
