"""The expert's rule (CHS): sub-scores by curve, weighted into pillars, weighted into one score.

Missing evidence never flatters (H2): a missing measure keeps its weight; the score is shown with
the range from all missing at their worst to all at their best; and an account is green only if it
would still be green with everything missing at its worst.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial, reduce
from operator import add

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.faults import Fault, WrongUse, nearest
from features.measured_rows import MeasuredRows, measures
from features.params import PILLARS, BandLimits, PillarWeights, RuleParams
from features.rule_profiles import ChosenProfiles, profiles_of

__all__ = ["RuleScores", "ScoredRows", "check_rule", "measures", "rule_band", "rule_score", "scores_of"]

Values = NDArray[np.float64]


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
    scored = scores_of(MeasuredRows.of(rows, params, segment), params)
    return scored.over(rows.index)


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """What `RuleScores` holds, as arrays, worked out from rows that were measured before."""

    table: MeasuredRows
    params: RuleParams
    shares: Values  # (n, measures)
    score: Values
    uncapped: Values
    lowest: Values
    highest: Values
    capped_by: NDArray[np.object_]

    @property
    def band(self) -> NDArray[np.str_]:
        """green, yellow or red, (n,)."""
        return _bands(self.score, self.lowest, self.params.bands)

    def over(self, index: pd.Index) -> RuleScores:
        """The same under the labels of the rows."""
        series, names = partial(pd.Series, index=index), [m.feature for m in self.table.measures]
        point = self.table.sub_scores("point")
        return RuleScores(
            score=series(self.score),
            uncapped=series(self.uncapped),
            lowest=series(self.lowest),
            highest=series(self.highest),
            pillars=pd.DataFrame(_pillars(point, self.params), index=index),
            points=pd.DataFrame(point * self.shares, index=index, columns=names),
            band=series(self.band),
            capped_by=series(self.capped_by, dtype="str"),
            coverage=series(_total(self.shares * ~np.isnan(self.table.values))),
        )


def scores_of(table: MeasuredRows, params: RuleParams) -> ScoredRows:
    """Scores rows that were measured under these measures and exceptions; weights may be others."""
    every = np.array([_shares(params, weights) for weights in profiles_of(params).values()])
    chosen = ChosenProfiles.of(params, table.segment, table.stages)
    shares = every.T[:, chosen.places].T  # column by column, as they are summed
    worst, best = table.sub_scores("worst"), table.sub_scores("best")
    lowest, highest = _total(worst * shares), _total(best * shares)
    unknown = np.asarray(table.segment == "") & chosen.in_no_stage()
    segments = [(unknown, place) for place in range(1 + len(params.profiles))] if unknown.any() else []
    for rows, place in (*segments, *chosen.others()):
        lowest[rows] = np.minimum(lowest[rows], _total(worst[rows] * every[place]))
        highest[rows] = np.maximum(highest[rows], _total(best[rows] * every[place]))
    cap, reason = table.caps(when_missing=False)
    uncapped = _total(table.sub_scores("point") * shares)
    return ScoredRows(
        table,
        params,
        shares,
        np.minimum(uncapped, cap),
        uncapped,
        np.minimum(lowest, table.caps(when_missing=True)[0]),
        np.minimum(highest, cap),
        np.where(uncapped > cap, reason, ""),
    )


def rule_band(score: pd.Series, lowest: pd.Series, limits: BandLimits) -> pd.Series:
    """The band on the unrounded numbers: green needs the lowest possible score to be green.

    >>> s = pd.Series([90.0, 90.0, 59.99])
    >>> rule_band(s, pd.Series([85.0, 84.99, 40.0]), BandLimits()).tolist()
    ['green', 'yellow', 'red']
    """
    return pd.Series(_bands(score.to_numpy(), lowest.to_numpy(), limits), index=score.index)


def _bands(score: Values, lowest: Values, limits: BandLimits) -> NDArray[np.str_]:
    green = (lowest >= limits.green) & (score >= limits.green)
    return np.select([green, score >= limits.yellow], ["green", "yellow"], "red")


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


def _shares(params: RuleParams, weights: PillarWeights) -> Values:
    """(measures,): each one's share of the whole score under these pillar weights (sums to 1)."""
    shares: list[float] = []
    for pillar in PILLARS:
        whole = sum(m.weight for m in params.measures[pillar])
        percent = getattr(weights, pillar)
        shares += [percent / 100 * (m.weight / whole) for m in params.measures[pillar]]
    return np.array(shares)


def _total(parts: Values) -> Values:
    """The sum of each row, column by column: NumPy's own sum and `@` change in the last bits with the
    number of rows, and then a null could seem to raise a score."""
    return reduce(add, parts.T)


def _pillars(sub: Values, params: RuleParams) -> dict[str, Values]:
    found: dict[str, Values] = {}
    start = 0
    for name in PILLARS:
        weights = np.array([m.weight for m in params.measures[name]], dtype=float)
        found[name] = _total(sub[:, start : start + len(weights)] * (weights / weights.sum()))
        start += len(weights)
    return found
