"""The questions of the gate, asked of predictions, and what it takes to pass it over."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from features.faults import DataFault, WrongUse
from tests.training.challengers import QUESTIONS, sharper
from training.all_params import AllParams
from training.fit_and_compare import Trained
from training.params import TrainingParams
from training.promotion import check_forced, gate


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


def test_the_rule_is_to_be_beaten_until_there_is_a_champion(trained: Trained, params: TrainingParams) -> None:
    better_rule = trained.tested.assign(rule=sharper(trained.tested, 1.0)["answer"])
    assert verdicts(better_rule, params) == {
        **dict.fromkeys(QUESTIONS, True),
        "is better than the rule": False,
    }


def test_the_rule_itself_is_no_better_than_the_rule(trained: Trained, params: TrainingParams) -> None:
    found = gate(trained.tested.assign(answer=trained.tested["rule"]), None, params)
    assert (found[-1].found, found[-1].passed) == ("its predictions are the same", False)


def test_a_good_order_with_wild_probabilities_is_refused(trained: Trained, params: TrainingParams) -> None:
    """It ranks as well as before, but promises what does not come."""
    wild = trained.tested.assign(answer=expit(logit(trained.tested["answer"]) + 3))
    found = verdicts(wild, params)
    assert found["ranks better than chance"]
    assert not found["knows more than the base rate"]


def test_the_base_rate_is_refused_though_it_follows_the_season(
    trained: Trained, params: TrainingParams
) -> None:
    """Its rates differ between origins, which the pooled AUC takes for an order of accounts."""
    found = verdicts(trained.tested.assign(answer=trained.tested["base_rate"]), params)
    assert not found["knows more than the base rate"]


def test_what_only_the_calendar_knows_is_refused(trained: Trained, params: TrainingParams) -> None:
    """A model that has found tenure and the renewal date gives nobody anything to act on."""
    found = verdicts(trained.tested.assign(clock=sharper(trained.tested, 0.3)["answer"]), params)
    assert not found["knows more than tenure and the renewal date"]


@settings(deadline=None, max_examples=10)
@given(lower=st.floats(0, 1), higher=st.floats(0, 1), by=st.floats(-0.5, 0.5))
def test_a_stricter_gate_lets_nothing_more_through(
    trained: Trained, light: AllParams, lower: float, higher: float, by: float
) -> None:
    lower, higher = sorted((lower, higher))
    quick = light.training.model_copy(update={"bootstrap": 100})
    tested = sharper(trained.tested, by)
    loose = verdicts(tested, quick, better_than_rule=lower, better_than_chance=lower)
    strict = verdicts(tested, quick, better_than_rule=higher, better_than_chance=higher)
    assert all(loose[question] or not strict[question] for question in loose)


def test_another_book_in_which_hardly_anybody_churns_cannot_be_compared(
    trained: Trained, params: TrainingParams
) -> None:
    """Nearly all stay in either, so that nearly all outcomes agree, and no churn does."""
    ours, theirs = (trained.tested.assign(churned=0.0) for _ in range(2))
    ours.loc[[3, 5, 8], "churned"] = 1.0
    theirs.loc[[4, 6, 9], "churned"] = 1.0
    assert (ours["churned"] == theirs["churned"]).mean() > 0.98
    last = gate(sharper(ours, 2.0), theirs, params)[-1]
    assert (last.question, last.passed) == ("is better than the champion", False)
    assert last.found == "their tests agree on only 0% of the churns: they are of different books"
    assert gate(sharper(ours, 2.0), ours, params)[-1].passed


def test_a_gate_on_predictions_that_are_none_is_a_fault(trained: Trained, params: TrainingParams) -> None:
    tested = trained.tested.assign(answer=np.nan)
    with pytest.raises(DataFault, match="answer is nan; allowed: numbers strictly between 0 and 1"):
        gate(tested, None, params)
