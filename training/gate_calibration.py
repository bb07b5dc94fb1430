"""Whether a challenger's probabilities mean what they say, as far as so few churns can tell.

Two questions. *Level*: as many churn as were foretold. Both numbers are noisy: the churns of the test, and
those that the level was learned from; the logarithms of two rates of n and m churned accounts differ by
chance by about √(1/n + 1/m) (delta method; the test's part is bootstrapped by account). *Slope*: where the
foretold odds double, so do those of what happens (Cox 1958); 1 must lie within the slope's interval.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from training.account_sums import ratio, resampled_sums
from training.bootstrap import compare
from training.gate_verdict import Verdict, answered
from training.out_of_time import outcomes_of
from training.params import TrainingParams

LEVEL_STEP = "check that churns of the last months are recorded, or train on dates nearer to the test"
SLOPE_STEP = "train again; if it stays, lower training.learner.rounds or test more dates"


def calibration_questions(
    tested: pd.DataFrame, params: TrainingParams, learned_churns: int | None
) -> list[Verdict]:
    """Level and slope, each within its noise. `learned_churns`: see `gate.gate`."""
    return [_level(tested, params, learned_churns), _slope(tested, params)]


def _level(tested: pd.DataFrame, params: TrainingParams, learned_churns: int | None) -> Verdict:
    sums = tested.groupby("account_id")[["churned", "answer"]].sum()
    drawn = resampled_sums(sums, params.bootstrap, params.seed)
    found = ratio(drawn["churned"], drawn["answer"])
    logs = np.log(found[1:][found[1:] > 0])
    learned = 1 / learned_churns if learned_churns else 0.0
    error = float(np.sqrt(logs.var() + learned)) if len(logs) else np.inf
    reach = float(norm.ppf((1 + params.gate.calibration_level) / 2)) * error
    within = found[0] > 0 and abs(np.log(found[0])) <= reach
    said = f"{found[0]:.2f} churns for each one foretold"
    most = f"{params.gate.calibration_level:.0%} of what chance gives"
    allowed = f"{np.exp(-reach):.2f} to {np.exp(reach):.2f} ({most})"
    return Verdict("foretells as many churns as come", answered(bool(within)), said, allowed, LEVEL_STEP)


def _slope(tested: pd.DataFrame, params: TrainingParams) -> Verdict:
    level, question = params.gate.calibration_level, "its odds mean what they say"
    outcomes = outcomes_of(tested, params.calls)
    found = compare({"answer": tested["answer"]}, outcomes, params.bootstrap, params.seed, level)
    slope = found.estimate("answer", "calibration_slope")
    said = f"slope {slope.value:.2f}, {level:.0%} interval {slope.low:.2f} to {slope.high:.2f}"
    within = slope.low <= 1 <= slope.high
    return Verdict(question, answered(within), said, "an interval that holds 1", SLOPE_STEP)
