"""The models that are compared: each gives probabilities, and the rule keeps its order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit
from scipy.stats import spearmanr

from features.catalog import load_catalog
from features.rule_score import rule_score
from training.all_params import AllParams
from training.fit_and_compare import Trained
from training.members import ANSWER, CLOCK, EDGE, MEMBERS, Lesson, clock_probability, member_probabilities


@pytest.fixture(scope="module")
def lesson(trained: Trained, light: AllParams) -> Lesson:
    data, split = trained.data, trained.data.origins[0]
    train = data.at(split.train)
    catalog = load_catalog(light.features.windows)
    test = data.rows[data.at(split.test)]
    return Lesson(
        data.rows[train], data.churned[train], test, catalog, light.rule, light.training, lambda _: None
    )


@pytest.fixture(scope="module")
def told(lesson: Lesson) -> pd.DataFrame:
    return member_probabilities(lesson)


def test_every_member_answers_for_every_test_row_in_its_place(told: pd.DataFrame, lesson: Lesson) -> None:
    assert tuple(told.columns) == (*MEMBERS, *ANSWER)
    assert list(told.index) == list(lesson.test.index)


def test_every_answer_is_a_probability_with_a_finite_log_loss(told: pd.DataFrame) -> None:
    assert ((told >= EDGE) & (told <= 1 - EDGE)).all(axis=None)


def test_the_base_rate_is_the_share_of_the_training_rows_that_churned(
    told: pd.DataFrame, lesson: Lesson
) -> None:
    assert told["base_rate"].tolist() == [lesson.churned.mean()] * len(told)


def test_the_clock_reads_tenure_and_renewal_and_nothing_else(lesson: Lesson, told: pd.DataFrame) -> None:
    others = [f.name for f in lesson.catalog if f.name not in CLOCK]
    blank = replace(
        lesson,
        train=lesson.train.assign(**dict.fromkeys(others, 0.0)),
        test=lesson.test.assign(**dict.fromkeys(others, 0.0)),
    )
    assert clock_probability(blank).tolist() == clock_probability(lesson).tolist()
    young = lesson.test.assign(tenure_days=lesson.test["tenure_days"].to_numpy()[::-1])
    assert clock_probability(replace(lesson, test=young)).tolist() != told["clock"].tolist()


def test_the_rule_keeps_its_order_whatever_line_it_is_mapped_by(told: pd.DataFrame, lesson: Lesson) -> None:
    score = rule_score(lesson.test, lesson.rule, lesson.test["segment"]).score
    by_score = told["rule"].to_numpy()[np.argsort(-score.to_numpy(), kind="stable")]
    assert (np.diff(by_score) >= -1e-12).all()
    line = np.polyfit(score, logit(told["rule"]), 1)
    assert np.polyval(line, score) == pytest.approx(logit(told["rule"]), abs=1e-9)


def test_a_rule_that_ranks_the_wrong_way_is_flattened_and_never_turned_round(lesson: Lesson) -> None:
    score = rule_score(lesson.train, lesson.rule, lesson.train["segment"]).score
    praised_leave = (score > score.median()).astype(float)
    wrong = member_probabilities(replace(lesson, churned=praised_leave))["rule"]
    of_test = rule_score(lesson.test, lesson.rule, lesson.test["segment"]).score
    assert spearmanr(wrong, of_test).statistic < -0.99
    assert logit(wrong).std() < 0.1


def test_nobody_learns_from_the_test_rows(lesson: Lesson, told: pd.DataFrame) -> None:
    """Rows that are left out, or stand in another order, leave the others' probabilities as they are."""
    some = lesson.test.iloc[::-3]
    again = member_probabilities(replace(lesson, test=some))
    pd.testing.assert_frame_equal(again, told.loc[some.index], check_exact=False, rtol=1e-12)


def test_a_feature_that_was_never_there_does_not_stop_the_logistic(lesson: Lesson) -> None:
    gone = {"tenure_days": np.nan}
    without = replace(lesson, train=lesson.train.assign(**gone), test=lesson.test.assign(**gone))
    assert member_probabilities(without)["logistic"].between(0, 1, inclusive="neither").all()


def test_the_pool_finds_the_signal_of_a_simulated_book(trained: Trained) -> None:
    assert trained.comparison.estimate("pool", "auc").value > 0.7
    assert trained.comparison.difference("pool", "base_rate", "log_loss").better > 0.95
