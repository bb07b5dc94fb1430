"""What is expected without labels, what is measured with them, and what came so far."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from features.faults import DataFault
from serving.monitoring.churn_timing import ChurnTiming
from serving.monitoring.doubts import WORDS, doubt_in_words, doubts
from serving.monitoring.drift_report import DriftReport
from serving.monitoring.early_checks import early_days
from serving.monitoring.early_truth import EarlyTruth, early_truth, poisson_bounds
from serving.monitoring.expected_performance import AS_TOLD, LineOutOfTime, expected_performance
from serving.monitoring.performance_history import (
    DatedPerformance,
    dated_performance,
    scored_against_each_other,
)
from training.calibration import LogOddsLine

DAY = pd.Timestamp("2025-03-01", tz="UTC")
LATER = pd.Timestamp("2026-04-01", tz="UTC")
CALM = DriftReport(300, 0, 0, 0, 0.05, "health", (), {}, "")


def probabilities(n: int = 400, seed: int = 1, spread: float = 1.2) -> np.ndarray:
    return expit(np.random.default_rng(seed).normal(-2.2, spread, n))


def rows(p: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"account_id": [f"A-{i}" for i in range(len(p))], "as_of": DAY, "p": p})


def dated(p: np.ndarray, churned: np.ndarray | None, line: LineOutOfTime | None = None) -> DatedPerformance:
    labels = None if churned is None else pd.Series(churned.astype(float))
    return dated_performance(rows(p), labels, "published", "1", LATER, line)


def test_the_interval_of_calibrated_probabilities_holds_what_is_then_measured_nine_times_in_ten() -> None:
    rng, inside = np.random.default_rng(5), {"auc": 0, "brier": 0, "churns": 0}
    for seed in range(60):
        p = probabilities(300, seed)
        y = rng.random(300) < p
        found = expected_performance(p, draws=300)
        real = {"auc": roc_auc_score(y, p), "brier": np.mean((y - p) ** 2), "churns": y.sum()}
        for name, value in real.items():
            low, high = found[name].low, found[name].high
            assert low is not None
            assert high is not None
            inside[name] += low <= value <= high
    assert all(0.8 <= count / 60 <= 1 for count in inside.values()), inside


def test_an_unsure_line_makes_the_interval_wider_and_leaves_the_value() -> None:
    p = probabilities()
    sure = expected_performance(p)["auc"]
    unsure = expected_performance(p, LogOddsLine(0.0, 1.0, ((0.04, 0.0), (0.0, 0.09))))["auc"]
    assert sure.value == unsure.value
    assert sure.low is not None
    assert unsure.low is not None
    assert unsure.low < sure.low - 0.02


def test_an_estimate_is_the_same_to_the_bit_when_made_again() -> None:
    assert expected_performance(probabilities(), seed=3) == expected_performance(probabilities(), seed=3)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(0.2, 0.8), min_size=2, max_size=12))
def test_the_expected_auc_is_the_mean_over_pairs(told: list[float]) -> None:
    p = np.array(told)
    pairs = [(i, j) for i in range(len(p)) for j in range(len(p)) if i != j]
    weight = np.array([p[i] * (1 - p[j]) for i, j in pairs])
    above = np.array([0.5 * (p[i] == p[j]) + (p[i] > p[j]) for i, j in pairs])
    assert expected_performance(p, draws=200)["auc"].value == pytest.approx((weight @ above) / weight.sum())


@pytest.mark.parametrize("told", [[0.5], [0.2, 1.0], [0.2, np.nan], []])
def test_what_is_no_probability_is_refused(told: list[float]) -> None:
    with pytest.raises(DataFault, match="Nothing can be expected"):
        expected_performance(np.array(told))


def test_a_backtest_that_was_right_is_not_doubted_and_one_that_exaggerated_is() -> None:
    p = probabilities(2_000)
    y = (np.random.default_rng(2).random(2_000) < p).astype(float)
    accounts = np.arange(2_000)
    right, wrong = LineOutOfTime.of(p, y, accounts), LineOutOfTime.of(expit(2.5 * logit(p)), y, accounts)
    assert right.p_value > 0.05
    assert wrong.p_value < 1e-6
    assert [d["code"] for d in doubts(CALM, wrong, [], [])] == ["off_out_of_time"]
    assert doubts(CALM, right, [], []) == []


def test_before_labels_mature_nothing_is_measured_and_then_both_stand_side_by_side() -> None:
    p = probabilities()
    y = np.random.default_rng(4).random(len(p)) < p
    before, after = dated(p, None), dated(p, y)
    assert before.measured is None
    assert before.inside("auc") is None
    assert before.expected == after.expected
    assert after.measured is not None
    assert after.measured["auc"].value == pytest.approx(roc_auc_score(y, p))
    assert after.inside("auc") is True
    scored = scored_against_each_other([before, after])["auc"]
    assert (scored["dates"], scored["inside"]) == (1, 1)


def test_where_nobody_left_nothing_is_measured_and_nothing_breaks() -> None:
    found = dated(probabilities(50), np.zeros(50, dtype=bool))
    assert (found.measured, found.churned) == (None, 0)


def test_a_ranking_that_broke_down_is_seen_when_labels_come() -> None:
    p = probabilities(1_000)
    upside_down = np.random.default_rng(6).random(1_000) < p[::-1]
    found = dated(p, upside_down)
    assert found.inside("auc") is False
    told = doubts(CALM, LineOutOfTime(AS_TOLD, 1.0), [], [found])
    assert [one["code"] for one in told] == ["measured_outside"]


def test_an_account_leaves_at_its_renewal_or_as_long_before_as_others_did() -> None:
    timing = ChurnTiming.of(
        np.array([60.0, 100.0, 200.0, 300.0, 310.0, np.nan]),
        np.array([60.0, 100.0, 200.0, 300.0, 340.0, 10.0]),
        365,
    )
    shares = timing.share_by(90, np.array([20.0, 100.0, 300.0, np.nan]))
    assert shares.tolist() == pytest.approx([1.0, 0.2, 0.0, 0.2])


def test_with_too_few_departures_accounts_leave_at_their_renewal() -> None:
    timing = ChurnTiming.of(np.array([np.nan, 300.0]), np.array([5.0, 10.0]), 365)
    assert timing.share_by(90, np.array([10.0, 200.0])).tolist() == [1.0, 0.0]
    assert timing.share_by(73, np.array([np.nan]))[0] == pytest.approx(73 / 365)


@given(st.integers(1, 364), st.integers(1, 364), st.floats(0, 364))
def test_the_share_by_a_later_day_is_never_less(one: int, other: int, renewal: float) -> None:
    timing = ChurnTiming(np.array([-200.0, -30.0, 0.0, 0.0, 3.0]), np.array([10.0, 100.0]), 365)
    early, late = (timing.share_by(day, np.array([renewal]))[0] for day in sorted((one, other)))
    assert 0 <= early <= late <= 1


def so_far(observed: int, p: float = 0.1, accounts: int = 400) -> EarlyTruth:
    """All renewals lie within the first 90 days, so 40 churns are expected by then."""
    days = np.full(accounts, np.nan)
    days[:observed] = 30.0
    timing = ChurnTiming(np.zeros(1), np.arange(365.0), 365)
    return early_truth(
        "2026-01-01T00:00:00Z", 90, np.full(accounts, p), np.full(accounts, 45.0), days, timing
    )


@pytest.mark.parametrize(
    ("observed", "verdict"),
    [(40, "as expected"), (52, "as expected"), (60, "more than expected"), (22, "fewer than expected")],
)
def test_churns_so_far_are_held_against_those_expected_so_far(observed: int, verdict: str) -> None:
    found = so_far(observed)
    assert found.expected == pytest.approx(40)
    assert found.verdict == verdict
    assert (found.p_value < 0.05) == (verdict != "as expected")
    told = doubts(CALM, LineOutOfTime(AS_TOLD, 1.0), [found], [])
    assert [one["code"] for one in told] == ([] if verdict == "as expected" else ["early_truth"])


def test_churns_after_the_days_that_passed_do_not_count_yet() -> None:
    timing = ChurnTiming(np.zeros(1), np.arange(365.0), 365)
    late = early_truth("2026-01-01", 90, np.full(9, 0.2), np.full(9, 45.0), np.full(9, 120.0), timing)
    assert late.observed == 0


@given(st.integers(0, 500))
def test_the_exact_bounds_hold_the_count_itself(observed: int) -> None:
    low, high = poisson_bounds(observed)
    assert low <= observed < high


def test_a_short_horizon_has_its_own_days() -> None:
    assert early_days(90) == [14, 22, 45, 67]


def test_every_doubt_has_words() -> None:
    numbers = {"count": 2, "slope": 0.7, "observed": 9, "days": 90, "expected": 3.1, "accounts": 60}
    for code in WORDS:
        assert "{" not in doubt_in_words({"code": code, "as_of": "2026-01-01", **numbers})
