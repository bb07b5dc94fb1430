"""Whether a challenger is better: than chance, than the clock, than the rule, than the champion."""

from __future__ import annotations

import pandas as pd

from training.bootstrap import compare
from training.comparison import Comparison
from training.gate_verdict import Verdict, answered
from training.out_of_time import outcomes_of
from training.params import TrainingParams

# A churn recorded late adds a few. Stayers are left out: in any two books most of them agree.
SAME_BOOK = 0.75
STEP = "bring more or better data and train again, or vitals promote --force --reason WHY"


def better_than_chance(tested: pd.DataFrame, params: TrainingParams) -> list[Verdict]:
    """AUC above one half, and log loss below each floor's, with the stated probability."""
    found = _compared(tested, ["base_rate", "clock", "answer"], params)
    auc = found.estimate("answer", "auc")
    said = f"AUC {auc.value:.3f}, 90% interval {auc.low:.3f} to {auc.high:.3f}"
    asked = params.gate
    return [
        Verdict("ranks better than chance", answered(auc.low > 0.5), said, "an interval above 0.5", STEP),
        _gain(found, "base_rate", "knows more than the base rate", asked.better_than_chance),
        _gain(found, "clock", "knows more than tenure and the renewal date", asked.better_than_clock),
    ]


def better_than(tested: pd.DataFrame, other: str, needed: float, params: TrainingParams) -> Verdict:
    """Log loss below the other's with the needed probability."""
    return _gain(_compared(tested, [other, "answer"], params), other, f"is better than the {other}", needed)


def incomparable(both: pd.DataFrame) -> str | None:
    """Why the tests of challenger and champion cannot be compared; None where they can.

    `both`: the rows that are in either, with `churned` and `churned_champion`.
    """
    if both.empty:
        return "no account and date is in both their tests; train on the champion's book and dates"
    either = both[["churned", "churned_champion"]].max(axis=1) == 1
    agreeing = (both["churned"] == both["churned_champion"])[either].mean()
    if agreeing < SAME_BOOK:
        return f"their tests agree on only {agreeing:.0%} of the churns: they are of different books"
    if both["churned"].nunique() < 2:
        return "the accounts and dates in both their tests all ended alike"
    return None


def _compared(tested: pd.DataFrame, names: list[str], params: TrainingParams) -> Comparison:
    models = {name: tested[name] for name in names}
    return compare(models, outcomes_of(tested, params.calls), params.bootstrap, params.seed)


def _gain(compared: Comparison, other: str, question: str, needed: float) -> Verdict:
    """Equal predictions are never better."""
    gain = compared.difference("answer", other, "log_loss")
    found = f"log loss {gain.value:+.4f}, better in {gain.better:.0%} of resamples"
    if gain.value == 0.0:
        found = "its predictions are the same"
    answer = answered(gain.value != 0.0 and gain.better >= needed)
    return Verdict(question, answer, found, f"better in at least {needed:.0%} of resamples", STEP)
