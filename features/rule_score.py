"""The expert's rule (CHS): sub-scores by curve, weighted into pillars, weighted into one score.

Missing evidence never flatters (H2): a missing measure keeps its weight; the score is shown with
the range from all missing at their worst to all at their best; and an account is green only if it
would still be green with everything missing at its worst.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import add

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.faults import Fault, WrongUse, nearest
from features.params import PILLARS, BandLimits, HardException, Measure, PillarWeights, RuleParams

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

    `segment` picks the profile of pillar weights, where `params.profiles` has one of that name; an
    unknown segment (empty or missing) is scored by the default, and its range by every profile.
    An account's numbers are the same to the bit whatever rows it is scored with. A feature of the
    rule that no row could ever have is refused by `check_rule`, not here.
    """
    table = _Measured.of(rows, params)
    named = np.full(len(rows), "") if segment is None else segment.astype("object").fillna("").to_numpy()
    shares = _shares_by_row(params, named)
    sub = {when: table.sub_scores(when) for when in ("worst", "point", "best")}
    points, lowest, highest = (
        sub["point"] * shares,
        _total(sub["worst"] * shares),
        _total(sub["best"] * shares),
    )
    if (unknown := named == "").any():
        every = [_shares(params, weights) for weights in (params.weights, *params.profiles.values())]
        lowest = np.where(unknown, np.min([_total(sub["worst"] * own) for own in every], axis=0), lowest)
        highest = np.where(unknown, np.max([_total(sub["best"] * own) for own in every], axis=0), highest)
    cap, reason = table.caps(when_missing=False)
    uncapped = _total(points)
    score = np.minimum(uncapped, cap)
    lowest = np.minimum(lowest, table.caps(when_missing=True)[0])
    series = partial(pd.Series, index=rows.index)
    return RuleScores(
        score=series(score),
        uncapped=series(uncapped),
        lowest=series(lowest),
        highest=series(np.minimum(highest, cap)),
        pillars=pd.DataFrame(_pillars(sub["point"], params), index=rows.index),
        points=pd.DataFrame(points, index=rows.index, columns=[m.feature for m in table.measures]),
        band=series(_bands(score, lowest, params.bands)),
        capped_by=series(np.where(score < uncapped, reason, ""), dtype="str"),
        coverage=series(_total(shares * ~np.isnan(table.values))),
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


def measures(params: RuleParams) -> list[Measure]:
    """Every measure, pillar by pillar."""
    return [measure for pillar in PILLARS for measure in params.measures[pillar]]


@dataclass(frozen=True, eq=False)
class _Measured:
    """The rule's `measures` and `exceptions`, and their features' values: (n, measures), (n, exceptions).

    Plain NumPy: a service scores single rows, for which pandas takes a hundred times as long.
    """

    measures: Sequence[Measure]
    exceptions: Sequence[HardException]
    values: Values
    facts: Values

    @classmethod
    def of(cls, rows: pd.DataFrame, params: RuleParams) -> _Measured:
        every, names = measures(params), [e.feature for e in params.exceptions]
        read = rows.reindex(columns=[*(m.feature for m in every), *names]).to_numpy("float64")
        return cls(every, params.exceptions, read[:, : len(every)], read[:, len(every) :])

    def sub_scores(self, when_missing: str) -> Values:
        """0–100 by linear interpolation; a missing value gets the worst, the point or the best sub-score."""
        found = np.empty(self.values.shape)
        for place, measure in enumerate(self.measures):
            at, score = np.array(measure.curve, dtype=float).T
            point = np.clip(measure.when_missing, score.min(), score.max())
            missing = {"worst": score.min(), "point": point, "best": score.max()}[when_missing]
            own = self.values[:, place]
            found[:, place] = np.where(np.isnan(own), missing, np.interp(own, at, score))
        return found

    def caps(self, when_missing: bool) -> tuple[Values, NDArray[np.object_]]:
        """The lowest cap that applies to each row (100 where none) and its reason.

        With `when_missing`, an exception whose feature is missing is taken to apply: the worst case.
        """
        cap = np.full(len(self.facts), 100.0)
        reason = np.full(len(self.facts), "", dtype="object")
        for exception, facts in zip(self.exceptions, self.facts.T, strict=True):
            lower = _applies(facts, exception, when_missing) & (exception.cap < cap)
            cap[lower], reason[lower] = exception.cap, exception.reason
        return cap, reason


def _shares(params: RuleParams, weights: PillarWeights) -> Values:
    """(measures,): each one's share of the whole score under these pillar weights (sums to 1)."""
    shares: list[float] = []
    for pillar in PILLARS:
        whole = sum(m.weight for m in params.measures[pillar])
        percent = getattr(weights, pillar)
        shares += [percent / 100 * (m.weight / whole) for m in params.measures[pillar]]
    return np.array(shares)


def _shares_by_row(params: RuleParams, segment: NDArray[np.object_]) -> Values:
    """(n, measures): the shares that apply to each account: its segment's profile, or the default."""
    found = np.tile(_shares(params, params.weights), (len(segment), 1))
    for name, weights in params.profiles.items():
        found[segment == name] = _shares(params, weights)
    return found


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


def _applies(values: Values, exception: HardException, when_missing: bool) -> NDArray[np.bool_]:
    if exception.at_least is not None:
        hit = values >= exception.at_least
    else:
        assert exception.at_most is not None
        hit = values <= exception.at_most
    return np.asarray(hit | (np.isnan(values) & when_missing))
