"""The expert's rule (CHS): sub-scores by curve, weighted into pillars, weighted into one score.

Missing evidence never flatters (H2): a missing measure keeps its weight; the score is shown with
the range from all missing at their worst to all at their best; and an account is green only if it
would still be green with everything missing at its worst.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from features.faults import Fault, WrongUse, nearest
from features.measured_rows import MeasuredRows, measures
from features.params import PILLARS, BandLimits, RuleParams
from features.weighed_rows import Weighing, bands

__all__ = ["RuleScores", "check_rule", "measures", "rule_band", "rule_score"]


@dataclass(frozen=True)
class RuleScores:
    """The rule's verdict on n accounts; every frame and series shares the input's index.

    `score`, `lowest`, `highest`: 0–100, higher is healthier. `pillars`: n × 4, 0–100. `points`:
    n × measures, each measure's share of `uncapped`, so that a row sums to it. `band`: green,
    yellow or red. `capped_by`: the reason of the exception that caps the score, else empty.
    `coverage`: 0–1, the weight of the measures that are not missing.
    """

    score: pd.Series
    uncapped: pd.Series
    lowest: pd.Series
    highest: pd.Series
    pillars: pd.DataFrame
    points: pd.DataFrame
    band: pd.Series
    capped_by: pd.Series
    coverage: pd.Series


def rule_score(rows: pd.DataFrame, params: RuleParams, segment: pd.Series | None = None) -> RuleScores:
    """Scores each row of features (float64, NaN = missing; absent columns are missing).

    `segment` and the stage features pick the profile of pillar weights (`features.rule_profiles`); the range
    of an account whose segment is unknown (empty or missing) is by the default and every segment's profile,
    and that of one whose stage is not known by that stage's too. An account's numbers are the same to the
    bit whatever rows it is scored with. A feature of the rule that no row could ever have is refused by
    `check_rule`, not here.
    """
    found = Weighing(params).scores(MeasuredRows.of(rows, params, segment))
    series = partial(pd.Series, index=rows.index)
    reasons = np.array([*(e.reason for e in params.exceptions), ""], dtype="object")  # -1: the last
    return RuleScores(
        score=series(found.score),
        uncapped=series(found.uncapped),
        lowest=series(found.lowest),
        highest=series(found.highest),
        pillars=pd.DataFrame(found.pillars, index=rows.index, columns=list(PILLARS)),
        points=pd.DataFrame(found.points, index=rows.index, columns=[m.feature for m in measures(params)]),
        band=series(found.band),
        capped_by=series(reasons[found.capped_by], dtype="str"),
        coverage=series(found.coverage),
    )


def rule_band(score: pd.Series, lowest: pd.Series, limits: BandLimits) -> pd.Series:
    """The band on the unrounded numbers: green needs the lowest possible score to be green.

    >>> s = pd.Series([90.0, 90.0, 59.99])
    >>> rule_band(s, pd.Series([85.0, 84.99, 40.0]), BandLimits()).tolist()
    ['green', 'yellow', 'red']
    """
    return pd.Series(bands(score.to_numpy(), lowest.to_numpy(), limits), index=score.index)


def check_rule(params: RuleParams, known: set[str]) -> None:
    """Raises WrongUse naming every feature of the rule that the catalogue does not have."""
    named = [m.feature for ms in params.measures.values() for m in ms]
    named += [e.feature for e in params.exceptions]
    faults = [
        Fault("rule: feature", name, "a feature of the catalogue", nearest(name, known))
        for name in named
        if name not in known
    ]
    if faults:
        raise WrongUse("the rule in params.yaml cannot be used", faults)
