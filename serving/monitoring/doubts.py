"""When what is estimated without labels is not to be believed: each reason has a code and its numbers.

The estimate holds as long as an account that looks as before leaves as often as before (no concept drift).
That cannot be seen without outcomes; but each of these makes it doubtful.

    drift              the accounts, or what is foretold for them, have moved away from what was learned
    off_out_of_time    the backtest's probabilities were off by more than chance, so these may be too
    early_truth        more, or fewer, have left so far than were to be expected by now
    measured_outside   on the newest mature date, what was measured lay outside of what had been expected
    no_backtest        nothing was foretold out of time, so the line's own error is not in the interval
    few_accounts       so few that the interval says next to nothing
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from serving.monitoring.drift_report import DriftReport
from serving.monitoring.early_truth import EarlyTruth
from serving.monitoring.expected_performance import LineOutOfTime
from serving.monitoring.performance_history import DatedPerformance

UNLIKELY = 0.05
FEW = 100
WORDS = {
    "drift": "drift in {count} columns",
    "off_out_of_time": "the backtest was off by more than chance (slope {slope:.2f})",
    "early_truth": "{observed} left within {days} days, {expected:.1f} were expected",
    "measured_outside": "the AUC measured on {as_of} lay outside of what had been expected",
    "no_backtest": "the error of the calibration line is not known",
    "few_accounts": "only {accounts} accounts",
}


def doubts(
    drift: DriftReport,
    line: LineOutOfTime | None,
    early: Sequence[EarlyTruth],
    dates: Sequence[DatedPerformance],
) -> list[dict[str, Any]]:
    """Every reason to doubt the estimate, as its `code` and the numbers that its words are made of."""
    found: list[dict[str, Any]] = []
    if drift.alarm:
        found.append({"code": "drift", "count": len(drift.of_state("drifted"))})
    if line is None:
        found.append({"code": "no_backtest"})
    elif line.p_value < UNLIKELY:
        found.append({"code": "off_out_of_time", "slope": line.line.slope})
    for one in early:
        if one.verdict != "as expected":
            numbers = {"observed": one.observed, "days": one.days, "expected": one.expected}
            found.append({"code": "early_truth", **numbers})
    mature = [one for one in dates if one.source == "published" and one.inside("auc") is not None]
    if mature and not mature[-1].inside("auc"):
        found.append({"code": "measured_outside", "as_of": mature[-1].as_of[:10]})
    if dates and dates[-1].accounts < FEW:
        found.append({"code": "few_accounts", "accounts": dates[-1].accounts})
    return found


def doubt_in_words(doubt: dict[str, Any]) -> str:
    """One reason, in English.

    >>> doubt_in_words({"code": "early_truth", "observed": 31, "days": 90, "expected": 18.2})
    '31 left within 90 days, 18.2 were expected'
    """
    return WORDS[doubt["code"]].format(**doubt)
