"""Cheats planted in a training run: each is refused, every time, and the honest run of the same rows is not
refused for leaking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from tests.training import planted_leaks as planted
from tests.training.foretold import foretold
from tests.training.planted_leaks import clean
from training.gate import gate, leakage_verdicts
from training.gate_verdict import Verdict
from training.leakage_checks import check_leakage
from training.leakage_evidence import Evidence

SEEDS = (1, 2, 3)


def refused(made: Evidence) -> list[Verdict]:
    """What the gate refuses this run for."""
    verdicts = gate(made.tested, None, made.params) + leakage_verdicts(check_leakage(made))
    return [verdict for verdict in verdicts if not verdict.passed]


def leaks(made: Evidence) -> set[str]:
    """The codes of the leakage checks it is refused for."""
    return {
        verdict.question.partition("(")[2][:3] for verdict in refused(made) if "leakage" in verdict.question
    }


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("cheat", "wanted"),
    [
        (planted.leaked_column, {"L22"}),
        (planted.random_split, {"L01", "L02", "L31"}),
        (planted.shared_rows, {"L06", "L11", "L31"}),
        (planted.touching_windows, {"L01"}),
    ],
)
def test_a_cheat_is_refused_by_the_checks_that_see_it(
    seed: int, cheat: Callable[[Evidence], Evidence], wanted: set[str]
) -> None:
    assert wanted <= leaks(cheat(clean(seed)))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_honest_run_of_the_same_rows_is_not_refused_for_leaking(seed: int) -> None:
    made = clean(seed)
    assert leaks(made) == set()
    answers = {verdict.question: verdict.passed for verdict in gate(made.tested, None, made.params)}
    assert answers["ranks better than chance"]


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_model_that_was_trained_on_no_signal_is_refused(seed: int) -> None:
    made = clean(seed, signal=0.0)
    questions = {verdict.question for verdict in gate(made.tested, None, made.params) if not verdict.passed}
    assert "knows more than the base rate" in questions


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_model_of_shuffled_labels_is_refused(seed: int) -> None:
    """The labels that were learned belong to other rows; those it is judged by are its own."""
    made = clean(1)
    labels = np.random.default_rng(seed).permutation(made.data.churned)
    shuffled = replace(made.data, churned=pd.Series(labels, index=made.data.churned.index))
    told = planted.predicted(shuffled).assign(churned=made.tested["churned"].to_numpy())
    assert {v.question for v in gate(told, None, made.params) if not v.passed} >= {
        "knows more than the base rate"
    }


ALL_GREEN = {
    "a tenth of every risk": lambda p: p / 10,
    "the base rate for everybody": lambda p: np.full(len(p), p.mean()),
    "the right order, squeezed below the edge": lambda p: 0.149 * p,
    "the right order about the base rate": lambda p: np.clip(
        expit(logit(p.mean()) + 0.05 * logit(p)), 0, 0.149
    ),
}


@pytest.mark.parametrize("cheat", ALL_GREEN.values(), ids=ALL_GREEN)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_model_that_calls_everybody_green_is_refused(
    seed: int, cheat: Callable[[pd.Series], np.ndarray]
) -> None:
    told = foretold(seed=seed)
    at_ease = np.clip(cheat(told["answer"]), 1e-6, 0.1499)
    green = told.assign(answer=at_ease, at_worst=at_ease)
    params = clean(1).params
    answers = {verdict.question: verdict.answer for verdict in gate(green, None, params)}
    assert answers["not all of the book is green"] == "failed"
    assert answers["churners were below green 60-90 days ahead"] == "failed"
    assert answers["its red accounts churn far more than the rest"] == "not applicable"


def test_a_champion_gives_no_cheat_a_way_round() -> None:
    """Where the champion is poor, what beats it must still beat the floors, and leak nothing."""
    leaked = planted.leaked_column(clean())
    poor = clean().tested.assign(answer=lambda t: t["base_rate"])
    verdicts = gate(leaked.tested, poor, leaked.params) + leakage_verdicts(check_leakage(leaked))
    failing = {verdict.question for verdict in verdicts if not verdict.passed}
    assert "is better than the champion" not in failing
    assert "passes the leakage checks (L22)" in failing
