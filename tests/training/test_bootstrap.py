"""The bootstrap by account: against a slow one that writes rows out, and what a comparison must say."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from features.faults import DataFault, WrongUse
from training import bootstrap
from training.bootstrap import account_draws, compare
from training.evaluation import MEASURES, evaluate
from training.ranked_rows import Outcomes


def book(accounts: int = 120, dates: int = 3, seed: int = 0) -> tuple[Outcomes, dict[str, np.ndarray]]:
    """A book whose `rule` sees the risk dimly, and whose `learned` model sees it well."""
    rng = np.random.default_rng(seed)
    risk = np.repeat(rng.normal(-2, 1.2, accounts), dates)
    churned = (rng.random(len(risk)) < 1 / (1 + np.exp(-risk))).astype(float)
    account, date = np.repeat(np.arange(accounts), dates), np.tile(np.arange(dates), accounts)
    revenue = rng.lognormal(7, 1, len(risk))
    dim = 0.4 * risk - 1.2 + rng.normal(0, 0.6, len(risk))
    models = {"rule": 1 / (1 + np.exp(-dim)), "learned": 1 / (1 + np.exp(-risk))}
    return Outcomes.of(churned, account, revenue, date, calls=5), models


def test_the_draws_are_those_of_a_slow_bootstrap_that_writes_every_row_out():
    outcomes, models = book(accounts=30)
    found = compare(models, outcomes, resamples=40, seed=5)
    slow: dict[str, list[float]] = {"auc": [], "brier": []}
    for counts in np.concatenate(list(account_draws(outcomes.account, 40, seed=5))):
        rows = np.repeat(np.arange(len(outcomes.account)), counts[outcomes.account].astype(int))
        y, p = outcomes.churned[rows], models["rule"][rows]
        slow["auc"].append(roc_auc_score(y, p))
        slow["brier"].append(brier_score_loss(y, p))
    for measure, values in slow.items():
        estimate = found.estimate("rule", measure)
        assert [estimate.low, estimate.high] == pytest.approx(np.quantile(values, [0.05, 0.95]))


def test_the_value_is_that_of_all_rows_and_lies_in_its_interval():
    outcomes, models = book()
    found = compare(models, outcomes, resamples=200)
    for measure, value in evaluate(models["learned"], outcomes).items():
        estimate = found.estimate("learned", measure)
        assert estimate.value == pytest.approx(value)
        if measure != "calibration_error":  # resampling pushes it up
            assert estimate.low <= estimate.value <= estimate.high


def test_all_rows_of_an_account_are_drawn_together():
    (drawn,) = account_draws(np.array([0, 0, 0, 1, 2, 2]), resamples=50, seed=1)
    assert drawn.shape == (50, 3)
    assert (drawn.sum(axis=1) == 3).all()


def test_repeating_every_row_makes_no_interval_narrower():
    outcomes, models = book(dates=1)
    tenfold = Outcomes.of(np.tile(outcomes.churned, 10), np.tile(outcomes.account, 10))
    as_if_new = Outcomes.of(np.tile(outcomes.churned, 10), np.arange(1_200))
    widths = []
    for rows, times in ((outcomes, 1), (tenfold, 10), (as_if_new, 10)):
        auc = compare({"rule": np.tile(models["rule"], times)}, rows, resamples=300).estimate("rule", "auc")
        widths.append(auc.high - auc.low)
    assert widths[1] == pytest.approx(widths[0], rel=0.3)
    assert widths[2] < 0.5 * widths[0]


def test_nine_of_ten_intervals_hold_the_true_auc():
    outcomes, models = book(accounts=20_000, dates=1, seed=77)
    truth = evaluate(models["rule"], outcomes)["auc"]
    held = []
    for seed in range(60):
        rows, probabilities = book(accounts=300, dates=2, seed=seed)
        auc = compare({"rule": probabilities["rule"]}, rows, resamples=100).estimate("rule", "auc")
        held.append(auc.low <= truth <= auc.high)
    assert 0.78 <= np.mean(held) <= 0.99


def test_the_better_model_is_better_in_every_direction_of_better():
    outcomes, models = book(accounts=600)
    found = compare(models, outcomes, resamples=200)
    for measure in ("auc", "average_precision", "lift_top_tenth"):
        assert found.difference("learned", "rule", measure).low > 0
    for measure in ("brier", "log_loss"):
        assert found.difference("learned", "rule", measure).high < 0
    for measure in ("auc", "log_loss"):
        assert found.difference("learned", "rule", measure).better > 0.99


def test_the_model_whose_slope_is_nearer_to_one_is_better_calibrated():
    outcomes, models = book(accounts=4_000, dates=1)
    odds = models["learned"] / (1 - models["learned"])
    found = compare({**models, "extreme": odds**2 / (1 + odds**2)}, outcomes, resamples=100)
    slope = found.difference("learned", "extreme", "calibration_slope")
    assert slope.value == pytest.approx(-0.5, abs=0.12)  # 0 off the target against 0.5 off it
    assert (slope.high < 0, slope.better) == (True, 1.0)


def test_a_paired_difference_is_far_better_known_than_either_model():
    outcomes, models = book()
    near = models["rule"] * np.random.default_rng(0).uniform(0.98, 1.02, len(models["rule"]))
    found = compare({"rule": models["rule"], "near": near}, outcomes, resamples=200)
    difference, estimate = found.difference("near", "rule", "auc"), found.estimate("rule", "auc")
    assert difference.high - difference.low < 0.2 * (estimate.high - estimate.low)


def test_a_model_is_as_likely_better_as_worse_than_itself():
    outcomes, models = book()
    found = compare({"rule": models["rule"], "again": models["rule"]}, outcomes, resamples=50)
    assert {found.difference("again", "rule", measure).better for measure in found.measures} == {0.5}


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_the_other_way_round_a_difference_is_its_own_mirror(seed):
    outcomes, models = book(accounts=30, seed=1)
    found = compare(models, outcomes, resamples=30, seed=seed)
    for measure in found.measures:
        there, back = (
            found.difference(*pair, measure) for pair in (("learned", "rule"), ("rule", "learned"))
        )
        assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))
        assert there.better + back.better == pytest.approx(1)


def test_the_same_seed_gives_the_same_bytes_however_the_work_is_cut(monkeypatch):
    outcomes, models = book(accounts=40)
    whole = json.dumps(compare(models, outcomes, resamples=60, seed=3).as_dict())
    assert json.dumps(compare(models, outcomes, resamples=60, seed=3).as_dict()) == whole
    assert json.dumps(compare(models, outcomes, resamples=60, seed=4).as_dict()) != whole
    drawn = np.concatenate(list(account_draws(outcomes.account, 60, 3)))
    monkeypatch.setattr(bootstrap, "BLOCK", 7 * len(outcomes.account))
    blocks = list(account_draws(outcomes.account, 60, 3))
    assert len(blocks) == 9
    assert (np.concatenate(blocks) == drawn).all()


def test_resamples_of_one_outcome_are_skipped_and_counted():
    outcomes = Outcomes.of([1, 0, 0, 0], list("abcd"))
    found = compare({"rule": [0.5, 0.1, 0.2, 0.3]}, outcomes, resamples=400)
    assert 0.2 < found.skipped / 400 < 0.45  # (3/4)^4 = 0.32 of them miss the one churn
    assert found.estimate("rule", "auc").low == 1


def test_where_no_resample_holds_both_outcomes_there_is_no_interval():
    with pytest.raises(DataFault, match="'none in 1 resamples of 2 accounts'; allowed: at least one"):
        compare({"rule": [0.5, 0.1]}, Outcomes.of([1, 0], ["a", "b"]), resamples=1, seed=3)


def test_without_revenue_there_is_no_revenue_found():
    outcomes = Outcomes.of([1, 0, 0, 1], list("abcd"))
    found = compare({"rule": [0.5, 0.1, 0.2, 0.3]}, outcomes, resamples=20)
    assert set(found.measures) == set(MEASURES) - {"revenue_found"}


def test_the_frame_holds_a_row_per_estimate_and_per_difference():
    outcomes, models = book(accounts=40)
    frame = compare(models, outcomes, resamples=20).as_frame()
    assert list(frame.columns) == ["model", "against", "measure", "value", "low", "high", "better"]
    assert len(frame) == 2 * len(MEASURES) + 2 * len(MEASURES)
    assert frame.loc[frame["against"].isna(), "better"].isna().all()


def test_the_dictionary_is_json_without_nan():
    outcomes, models = book(accounts=40)
    found = json.loads(json.dumps(compare(models, outcomes, resamples=20).as_dict(), allow_nan=False))
    assert found["estimates"][0].keys() == {"model", "measure", "value", "low", "high"}
    assert found["resamples"] == 20


def test_the_text_shows_the_measures_by_model_and_the_last_model_against_the_others():
    outcomes = Outcomes.of([1, 0, 0, 1, 0, 0] * 5, np.arange(30) // 2)
    models = {"rule": [0.3, 0.1, 0.4, 0.2, 0.1, 0.2] * 5, "learned": [0.6, 0.1, 0.4, 0.5, 0.1, 0.2] * 5}
    lines = compare(models, outcomes, resamples=100, seed=7).as_text().splitlines()
    assert lines[0].startswith("30 rows, 15 accounts, 10 churns; 90% intervals from 100 resamples")
    assert lines[2].split() == ["better", "rule", "learned"]
    assert lines[3].startswith("AUC                           higher  0.688 [")
    assert "1.000 [1.000, 1.000]" in lines[3]
    assert "learned minus rule, and the probability that it is better" in lines
    assert lines[-4].startswith("calibration slope, off 1")


def test_every_model_that_gives_no_probability_is_named_at_once():
    with pytest.raises(DataFault) as caught:
        compare({"rule": [0.2, 60.0], "learned": [0.1, np.nan]}, Outcomes.of([1, 0], ["a", "b"]))
    allowed = "allowed: numbers strictly between 0 and 1. Next: calibrate the scores first"
    assert str(caught.value).splitlines()[1:] == [
        f"  - rule is 60.0; {allowed}",
        f"  - learned is nan; {allowed}",
    ]


def test_every_wrong_use_is_named_at_once():
    with pytest.raises(WrongUse) as caught:
        compare({}, Outcomes.of([1, 0], ["a", "b"]), resamples=0, level=90)
    assert str(caught.value).splitlines()[1:] == [
        "  - models is []; allowed: at least one model. Next: name a model and its probabilities",
        "  - resamples is 0; allowed: 1 or more. Next: leave it at 1000",
        "  - level is 90; allowed: a share between 0 and 1. Next: say 0.9 for 90 %",
    ]


def test_a_misspelt_measure_or_model_is_named_with_the_nearest():
    outcomes, models = book(accounts=40)
    found = compare(models, outcomes, resamples=20)
    with pytest.raises(WrongUse, match=r"measure is 'acu'.*did you mean 'auc'"):
        found.estimate("rule", "acu")
    with pytest.raises(WrongUse, match="against is 'learned'; allowed: rule"):
        found.difference("learned", "learned", "auc")
