"""The figures: what they draw, in words and numbers, and that equal figures are equal files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from features.faults import DataFault, WrongUse
from training.bootstrap import compare
from training.plots import comparison_figure, gain_figure, reliability_figure, save_figure
from training.ranked_rows import Outcomes
from training.time_split_plot import Fold, time_split_figure

ACCOUNTS, DATES = 40, 5
CHURNED = np.tile([1.0, 0, 0, 0], ACCOUNTS * DATES // 4)
ACCOUNT = np.repeat(np.arange(ACCOUNTS), DATES)
MODELS = {
    "rule": np.linspace(0.05, 0.6, len(CHURNED)),
    "learned": np.where(CHURNED > 0, 0.5, 0.1) + np.linspace(0, 0.05, len(CHURNED)),
}
OUTCOMES = Outcomes.of(CHURNED, ACCOUNT, revenue=np.full(len(CHURNED), 100.0))
MONTHS = list(pd.date_range("2022-01-01", periods=30, freq="MS", tz="UTC"))
FOLDS = [Fold("2024", MONTHS[:10], MONTHS[24:])]


def figures() -> dict[str, Figure]:
    return {
        "reliability": reliability_figure(MODELS, OUTCOMES),
        "gain": gain_figure(MODELS, OUTCOMES),
        "comparison": comparison_figure(compare(MODELS, OUTCOMES, resamples=20)),
        "splits": time_split_figure(FOLDS, horizon_days=365),
    }


@pytest.mark.long
@pytest.mark.parametrize("name", ["reliability", "gain", "comparison", "splits"])
def test_equal_figures_are_equal_files(name, tmp_path):
    first, again = (save_figure(figures()[name], tmp_path / place / "f.png") for place in "ab")
    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes().startswith(b"\x89PNG")
    assert b"matplotlib" not in first.read_bytes().lower()


def test_every_axis_says_what_it_shows():
    drawn = figures()
    for name in ("gain", "splits"):
        for panel in drawn[name].axes:
            assert panel.get_xlabel()
            assert panel.get_ylabel()
    assert [panel.get_title() for panel in drawn["reliability"].axes] == ["rule", "learned"]
    assert drawn["comparison"].axes[2].get_title() == "Brier score (lower is better)"
    assert drawn["comparison"].get_supxlabel() == "value with 90% interval, 40 accounts"


def test_reliability_shows_the_mean_probability_and_the_churn_rate_of_each_group():
    outcomes = Outcomes.of([1, 1, 1, 0, 0, 0, 0, 1], np.arange(8))
    probability = [0.7, 0.7, 0.7, 0.7, 0.2, 0.2, 0.2, 0.2]
    points = reliability_figure({"rule": probability}, outcomes, groups=2).axes[0].lines[1]
    assert np.asarray(points.get_xydata()) == pytest.approx(np.array([[0.7, 0.75], [0.2, 0.25]]))


def bars(outcomes: Outcomes) -> np.ndarray:
    """Low and high end of the interval of the only group."""
    p = np.full(len(outcomes.churned), 0.3)
    (bar,) = reliability_figure({"rule": p}, outcomes, groups=1).axes[0].collections[0].get_segments()
    return bar[:, 1]


def test_reliability_intervals_count_accounts_and_not_rows():
    spread = bars(Outcomes.of(CHURNED, np.arange(len(CHURNED))))
    together = bars(OUTCOMES)
    assert together[1] - together[0] == pytest.approx(np.sqrt(DATES) * (spread[1] - spread[0]), rel=0.05)


def test_a_group_without_churn_has_an_interval_of_its_own():
    outcomes = Outcomes.of([1] * 10 + [0] * 10, np.arange(20))
    figure = reliability_figure({"rule": [0.8] * 10 + [0.1] * 10}, outcomes, groups=2)
    none_churned = figure.axes[0].collections[0].get_segments()[1]
    assert none_churned[0, 1] == 0
    assert 0.1 < none_churned[1, 1] < 0.3


def test_the_gain_curve_names_what_the_top_tenth_finds():
    labels = [text.get_text() for text in gain_figure(MODELS, OUTCOMES).axes[0].get_legend().get_texts()]
    assert labels[0] == "at random"
    assert labels[2] == "learned: 40% in the top tenth"  # all of the tenth churned, and a quarter of all


def test_the_gain_curve_has_a_panel_for_revenue_only_where_it_is_known():
    assert len(gain_figure(MODELS, OUTCOMES).axes) == 2
    assert len(gain_figure(MODELS, Outcomes.of(CHURNED, ACCOUNT)).axes) == 1


def test_equal_probabilities_draw_the_diagonal():
    curve = gain_figure({"constant": np.full(len(CHURNED), 0.2)}, OUTCOMES).axes[0].lines[1]
    assert np.asarray(curve.get_xydata()).tolist() == [[0, 0], [1, 1]]


def test_a_training_bar_reaches_as_far_as_its_labels_are_watched():
    bar, dots, *_ = time_split_figure(FOLDS, horizon_days=365).axes[0].lines
    assert bar.get_xdata()[1] == np.datetime64("2022-10-01") + np.timedelta64(365, "D")
    assert len(dots.get_xdata()) == 10


@pytest.mark.parametrize("draw", [reliability_figure, gain_figure])
def test_nothing_to_draw_is_said(draw):
    with pytest.raises(WrongUse, match=r"models is \{\}; allowed: at least one. Next: give one"):
        draw({}, OUTCOMES)


@pytest.mark.parametrize("draw", [reliability_figure, gain_figure])
def test_a_rule_score_is_no_probability(draw):
    with pytest.raises(DataFault, match=r"rule is 60\.0; allowed: numbers strictly between 0 and 1"):
        draw({"rule": np.full(len(CHURNED), 60.0)}, OUTCOMES)


def test_every_fold_without_dates_is_named():
    with pytest.raises(WrongUse) as caught:
        time_split_figure([Fold("2024", [], MONTHS[:2]), Fold("2025", MONTHS[:2], [])], horizon_days=365)
    assert str(caught.value).splitlines()[1:] == [
        "  - fold 2024, train is 'no dates'; allowed: at least one as-of date. Next: leave this fold out",
        "  - fold 2025, test is 'no dates'; allowed: at least one as-of date. Next: leave this fold out",
    ]


def test_no_fold_at_all_is_said():
    with pytest.raises(WrongUse, match=r"folds is \[\]; allowed: at least one fold"):
        time_split_figure([], horizon_days=365)
