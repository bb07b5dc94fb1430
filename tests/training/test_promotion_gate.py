"""The questions of the gate, asked of predictions, and what it takes to pass it over."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from features.faults import DataFault, WrongUse
from features.params import BandLimits
from tests.training.challengers import QUESTIONS, sharper, verdict_on
from tests.training.foretold import foretold
from training.all_params import AllParams
from training.gate import gate
from training.params import TrainingParams
from training.promotion import check_forced


@pytest.fixture
def params(light: AllParams) -> TrainingParams:
    return light.training


@pytest.mark.parametrize("reason", [None, "", "   "])
def test_force_needs_a_reason(reason: str | None) -> None:
    with pytest.raises(WrongUse) as caught:
        check_forced(force=True, reason=reason)
    assert str(caught.value).splitlines() == [
        "a promotion is forced without a reason",
        f"  - --reason is {reason!r}; allowed: why the gate is passed over. "
        "Next: add --reason WHY; it is kept",
    ]


def test_a_reason_needs_force() -> None:
    with pytest.raises(WrongUse, match="Next: add --force, or drop the reason"):
        check_forced(force=False, reason="because")


def test_neither_and_both_are_right() -> None:
    check_forced(force=False, reason=None)
    check_forced(force=True, reason="because")


def verdicts(tested: pd.DataFrame, params: TrainingParams, **gates: float) -> dict[str, bool]:
    chosen = params.model_copy(update={"gate": params.gate.model_copy(update=gates)})
    return {verdict.question: verdict.passed for verdict in gate(tested, None, chosen)}


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    """What a model foretells that knows each account's risk, of 600 accounts on four dates."""
    return foretold(seed=2)


def test_a_model_that_knows_the_truth_passes_every_question(
    told: pd.DataFrame, params: TrainingParams
) -> None:
    found = gate(told, None, params)
    assert [(verdict.question, verdict.answer) for verdict in found] == [(q, "passed") for q in QUESTIONS]


def test_the_rule_is_to_be_beaten_with_and_without_a_champion(
    told: pd.DataFrame, params: TrainingParams
) -> None:
    better_rule = told.assign(rule=told["answer"], answer=foretold(1.0, seed=2)["answer"])
    for champion in (None, foretold(3.0, seed=2)):
        rule = verdict_on(gate(better_rule, champion, params), "is better than the rule")
        assert not rule.passed
        assert rule.allowed == "better in at least 50% of resamples"


def test_the_rule_itself_is_no_better_than_the_rule(told: pd.DataFrame, params: TrainingParams) -> None:
    found = gate(told.assign(answer=told["rule"]), None, params)
    rule = verdict_on(found, "is better than the rule")
    assert (rule.found, rule.passed) == ("its predictions are the same", False)


def test_a_good_order_with_wild_probabilities_is_refused(told: pd.DataFrame, params: TrainingParams) -> None:
    """It ranks as well as before, but promises what does not come."""
    found = verdicts(told.assign(answer=expit(logit(told["answer"]) + 3)), params)
    assert found["ranks better than chance"]
    assert not found["knows more than the base rate"]
    assert not found["foretells as many churns as come"]


@pytest.mark.parametrize(("times", "passes"), [(1.0, True), (0.3, False), (3.0, False)])
def test_odds_that_say_too_much_or_too_little_are_refused(
    told: pd.DataFrame, params: TrainingParams, times: float, passes: bool
) -> None:
    stretched = told.assign(answer=expit(-1.8 + times * (logit(told["answer"]) + 1.8)))
    assert verdicts(stretched, params)["its odds mean what they say"] == passes


def test_the_level_may_be_off_by_the_noise_of_what_it_was_learned_from(
    told: pd.DataFrame, params: TrainingParams
) -> None:
    """Too many churns foretold: beyond the noise of the test alone, within that of few lessons."""
    high = told.assign(answer=(told["answer"] * 1.2).clip(upper=0.99))
    question = "foretells as many churns as come"
    assert not verdict_on(gate(high, None, params, learned_churns=100_000), question).passed
    assert not verdict_on(gate(high, None, params), question).passed
    assert verdict_on(gate(high, None, params, learned_churns=40), question).passed


def test_the_base_rate_is_refused(told: pd.DataFrame, params: TrainingParams) -> None:
    found = verdicts(told.assign(answer=told["base_rate"]), params)
    assert not found["ranks better than chance"]
    assert not found["knows more than the base rate"]


def test_what_only_the_calendar_knows_is_refused(told: pd.DataFrame, params: TrainingParams) -> None:
    """A model that has found tenure and the renewal date gives nobody anything to act on."""
    found = verdicts(told.assign(clock=told["answer"], answer=foretold(1.0, seed=2)["answer"]), params)
    assert not found["knows more than tenure and the renewal date"]


def test_one_date_alone_is_too_few(told: pd.DataFrame, params: TrainingParams) -> None:
    found = gate(told[told["as_of"] == told["as_of"].min()], None, params)
    dates = verdict_on(found, "was tested on several past dates")
    assert not dates.passed
    assert dates.found.startswith("1 dates, 600 accounts, ")


def banded(told: pd.DataFrame, params: TrainingParams, question: str, **gates: object) -> tuple[str, str]:
    chosen = params.model_copy(update={"gate": params.gate.model_copy(update=gates)})
    found = verdict_on(gate(told, None, chosen), question)
    return found.answer, found.found


@pytest.mark.parametrize(
    ("question", "bound", "better"),
    [
        ("churners were below green 0-120 days ahead", "churners_below_green", 1),
        ("its red accounts churn far more than the rest", "red_over_base_rate", 1),
        ("not all of the book is green", "most_green", -1),
    ],
)
def test_bands_are_judged_by_their_bounds_and_refuted_only_beyond_doubt(
    told: pd.DataFrame, params: TrainingParams, question: str, bound: str, better: int
) -> None:
    """A bound on the right side, one just beyond what was found, and one beyond its interval."""
    ahead = {"days_ahead": (0, 200)}
    said = banded(told, params, question, **ahead)[1]
    scale = 100 if "%" in said else 1
    value, low, high = (float(number) / scale for number in re.findall(r"[\d.]+", said)[:3])
    edge = high if better > 0 else low
    bounds = [value - better * 0.02, (value + edge) / 2, edge + better * 0.06]
    answers = [banded(told, params, question, **ahead, **{bound: b})[0] for b in bounds]
    assert answers == ["passed", "uncertain", "failed"]


def test_what_cannot_be_asked_of_the_bands_is_said(told: pd.DataFrame, params: TrainingParams) -> None:
    squeezed = told.assign(answer=0.05 + told["answer"] / 10)
    red = "its red accounts churn far more than the rest"
    assert banded(squeezed, params, red) == ("not applicable", "because no account was red in the tests")
    assert banded(told, params, red, red_over_base_rate=9)[1].startswith("because no band can churn 9 times")
    below = "churners were below green 60-90 days ahead"
    nobody = told.assign(days_to_churn=told["days_to_churn"].where(told["days_to_churn"] >= 200))
    assert banded(nobody, params, below)[1] == "because nobody churned 60 to 90 days after a test date"
    green = "not all of the book is green"
    few = told.assign(churned=told["churned"].where(told.index % 9 == 0, 0.0))
    assert banded(few, params, green)[1].startswith("because at a base rate of 1.")


def test_a_band_that_is_chosen_otherwise_is_judged_otherwise(
    told: pd.DataFrame, params: TrainingParams
) -> None:
    found = gate(told, None, params, bands=BandLimits(green=50, yellow=40))
    assert verdict_on(found, "not all of the book is green").answer == "failed"


@settings(deadline=None, max_examples=5)
@given(lower=st.floats(0, 1), higher=st.floats(0, 1), noise=st.floats(0, 4))
def test_a_stricter_gate_lets_nothing_more_through(
    light: AllParams, lower: float, higher: float, noise: float
) -> None:
    lower, higher = sorted((lower, higher))
    quick = light.training.model_copy(update={"bootstrap": 100})
    tested = foretold(noise, seed=2)
    bounds = ("better_than_rule", "better_than_chance", "churners_below_green")
    loose, strict = (verdicts(tested, quick, **dict.fromkeys(bounds, b)) for b in (lower, higher))
    assert all(loose[question] or not strict[question] for question in loose)


def test_another_book_in_which_hardly_anybody_churns_cannot_be_compared(
    told: pd.DataFrame, params: TrainingParams
) -> None:
    """Nearly all stay in either, so that nearly all outcomes agree, and no churn does."""
    ours, theirs = (told.assign(churned=0.0) for _ in range(2))
    ours.loc[[3, 5, 8], "churned"] = 1.0
    theirs.loc[[4, 6, 9], "churned"] = 1.0
    assert (ours["churned"] == theirs["churned"]).mean() > 0.98
    found = verdict_on(gate(sharper(ours, 2.0), theirs, params), "is better than the champion")
    assert not found.passed
    assert found.found == "their tests agree on only 0% of the churns: they are of different books"
    assert verdict_on(gate(sharper(ours, 2.0), ours, params), "is better than the champion").passed


def test_a_gate_on_predictions_that_are_none_is_a_fault(told: pd.DataFrame, params: TrainingParams) -> None:
    with pytest.raises(DataFault, match="answer is nan; allowed: numbers strictly between 0 and 1"):
        gate(told.assign(answer=np.nan), None, params)
