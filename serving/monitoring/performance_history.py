"""What was expected of each date, what was measured once it had matured, and how well the two agree.

*Expected* comes from the probabilities alone and *measured* from outcomes; they are never mixed. A date is
one of the backtest, which the training run foretold out of time, or one for which health was published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from features.faults import DataFault
from serving.monitoring.expected_performance import (
    AS_TOLD,
    LineOutOfTime,
    expected_performance,
    spans_as_dict,
)
from training.account_sums import Span
from training.bootstrap import compare
from training.ranked_rows import Outcomes

MEASURED = ("auc", "brier", "calibration_slope", "calibration_intercept")
RESAMPLES = 500
SEED = 7


@dataclass(frozen=True)
class DatedPerformance:
    """One as-of date. `expected` and `measured` give each measure with its 90 % interval; nothing is measured
    before `matures_on`, nor where all accounts ended alike. `churned` of them have, once that is known."""

    as_of: str
    source: Literal["backtest", "published"]
    version: str
    accounts: int
    matures_on: str
    expected: dict[str, Span]
    measured: dict[str, Span] | None
    churned: int | None

    def inside(self, measure: str) -> bool | None:
        """Whether the measured value lies within what was expected; None where either is not there."""
        found = self.expected.get(measure)
        seen = (self.measured or {}).get(measure)
        if found is None or seen is None or found.low is None or found.high is None or seen.value is None:
            return None
        return found.low <= seen.value <= found.high

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        return {
            "as_of": self.as_of,
            "source": self.source,
            "version": self.version,
            "accounts": self.accounts,
            "matures_on": self.matures_on,
            "expected": spans_as_dict(self.expected),
            "measured": None if self.measured is None else spans_as_dict(self.measured),
            "churned": self.churned,
            "auc_inside": self.inside("auc"),
            "brier_inside": self.inside("brier"),
        }


def dated_performance(
    rows: pd.DataFrame,
    churned: pd.Series | None,
    source: Literal["backtest", "published"],
    version: str,
    matures_on: pd.Timestamp,
    line: LineOutOfTime | None,
) -> DatedPerformance:
    """Of the rows of one date (account_id, as_of, p), with their labels (0/1) where they are mature."""
    expected = expected_performance(
        rows["p"].to_numpy("float64"), AS_TOLD if line is None else line.line, seed=SEED
    )
    measured = None if churned is None else measured_performance(rows, churned)
    return DatedPerformance(
        f"{rows['as_of'].iloc[0]:%Y-%m-%dT%H:%M:%SZ}",
        source,
        version,
        len(rows),
        f"{matures_on:%Y-%m-%d}",
        expected,
        measured,
        None if churned is None else int(churned.sum()),
    )


def measured_performance(rows: pd.DataFrame, churned: pd.Series) -> dict[str, Span] | None:
    """AUC, Brier score and calibration line of `rows` (account_id, p), intervals by resampled accounts.

    None where all ended alike: then nothing can be ranked.
    """
    try:
        outcomes = Outcomes.of(churned.to_numpy("float64"), rows["account_id"].to_numpy(str))
        found = compare({"published": rows["p"].to_numpy("float64")}, outcomes, RESAMPLES, SEED)
    except DataFault:
        return None
    estimates = {name: found.estimate("published", name) for name in MEASURED}
    return {name: Span(e.value, e.low, e.high) for name, e in estimates.items()}


def scored_against_each_other(dates: Sequence[DatedPerformance]) -> dict[str, dict[str, Any]]:
    """By measure: of how many mature dates, how many measured values lay within the expected interval, and
    how far measured lay from expected on average. The outcomes of near dates overlap: they are no
    independent trials."""
    found = {}
    for measure in MEASURED:
        judged = [(d, d.inside(measure)) for d in dates if d.inside(measure) is not None]
        gaps = [_value(d.measured, measure) - _value(d.expected, measure) for d, _ in judged]
        found[measure] = {
            "dates": len(judged),
            "inside": sum(bool(inside) for _, inside in judged),
            "mean_gap": sum(gaps) / len(gaps) if gaps else None,
        }
    return found


def _value(spans: dict[str, Span] | None, measure: str) -> float:
    value = (spans or {})[measure].value
    assert value is not None  # `inside` has seen to it
    return value
