"""The expert's rule (CHS): sub-scores by curve, weighted into pillars, weighted into one score.

Missing evidence never flatters (H2): a missing measure keeps its weight; the score is shown with
the range from all missing at their worst to all at their best; and an account is green only if it
would still be green with everything missing at its worst.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
import pandas as pd

from features.faults import Fault, WrongUse, nearest
from features.params import PILLARS, BandLimits, HardException, Measure, PillarWeights, RuleParams


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
    named = pd.Series("", index=rows.index) if segment is None else segment.astype("object").fillna("")
    shares = _shares_by_row(params, named)
    sub = {when: _sub_scores(rows, params, when) for when in ("worst", "point", "best")}
    points = {when: sub[when] * shares for when in sub}
    totals = {when: _total(points[when]) for when in points}
    any_worst, any_best = _by_profile(sub["worst"], params), _by_profile(sub["best"], params)
    totals["worst"] = totals["worst"].where(named != "", any_worst.min(axis=1))
    totals["best"] = totals["best"].where(named != "", any_best.max(axis=1))
    cap, reason = _caps(rows, params, when_missing=False)
    worst_cap, _ = _caps(rows, params, when_missing=True)
    lowest = totals["worst"].clip(upper=worst_cap)
    score = totals["point"].clip(upper=cap)
    return RuleScores(
        score=score,
        uncapped=totals["point"],
        lowest=lowest,
        highest=totals["best"].clip(upper=cap),
        pillars=_pillars(sub["point"], params),
        points=points["point"],
        band=rule_band(score, lowest, params.bands),
        capped_by=reason.where(score < totals["point"], ""),
        coverage=_total(shares * _present(rows, params)),
    )


def rule_band(score: pd.Series, lowest: pd.Series, limits: BandLimits) -> pd.Series:
    """The band on the unrounded numbers: green needs the lowest possible score to be green.

    >>> s = pd.Series([90.0, 90.0, 59.99])
    >>> rule_band(s, pd.Series([85.0, 84.99, 40.0]), BandLimits()).tolist()
    ['green', 'yellow', 'red']
    """
    green = (lowest >= limits.green) & (score >= limits.green)
    return pd.Series(
        np.select([green, score >= limits.yellow], ["green", "yellow"], "red"), index=score.index
    )


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


def _column(rows: pd.DataFrame, name: str) -> pd.Series:
    return rows[name] if name in rows else pd.Series(np.nan, index=rows.index, dtype="float64")


def _sub_scores(rows: pd.DataFrame, params: RuleParams, when_missing: str) -> pd.DataFrame:
    return pd.DataFrame(
        {m.feature: _sub_score(_column(rows, m.feature), m, when_missing) for m in measures(params)},
        index=rows.index,
    )


def _sub_score(values: pd.Series, measure: Measure, when_missing: str) -> pd.Series:
    """0–100 by linear interpolation; a missing value gets the worst, the point or the best sub-score."""
    at, score = (np.array(side, dtype=float) for side in zip(*measure.curve, strict=True))
    point = np.clip(measure.when_missing, score.min(), score.max())
    missing = {"worst": score.min(), "point": point, "best": score.max()}[when_missing]
    found = np.interp(values.to_numpy(float), at, score)
    return pd.Series(np.where(values.isna(), missing, found), index=values.index)


def _shares(params: RuleParams, weights: PillarWeights) -> pd.Series:
    """Each measure's share of the whole score under these pillar weights (sums to 1)."""
    shares: dict[str, float] = {}
    for pillar in PILLARS:
        whole = sum(m.weight for m in params.measures[pillar])
        percent = getattr(weights, pillar)
        shares |= {m.feature: percent / 100 * (m.weight / whole) for m in params.measures[pillar]}
    return pd.Series(shares)


def _shares_by_row(params: RuleParams, segment: pd.Series) -> pd.DataFrame:
    """The shares that apply to each account: its segment's profile, or the default."""
    names = pd.Index(segment.unique())
    shares = [_shares(params, params.profiles.get(name, params.weights)) for name in names]
    columns = [m.feature for m in measures(params)]
    profiles = pd.DataFrame(shares, index=names, columns=columns, dtype="float64")
    picked: pd.DataFrame = profiles.iloc[names.get_indexer(segment)].set_index(segment.index)
    return picked


def _by_profile(sub: pd.DataFrame, params: RuleParams) -> pd.DataFrame:
    """The totals under each profile: what an account of unknown segment may be worth."""
    every = [params.weights, *params.profiles.values()]
    return pd.concat([_total(sub * _shares(params, weights)) for weights in every], axis=1)


def _total(parts: pd.DataFrame) -> pd.Series:
    """The sum of each row, column by column: pandas' own sum and `@` change in the last bits with the
    number of rows, and then a null could seem to raise a score."""
    return reduce(add, (parts[name] for name in parts))


def _pillars(sub: pd.DataFrame, params: RuleParams) -> pd.DataFrame:
    columns = {}
    for name in PILLARS:
        weights = np.array([m.weight for m in params.measures[name]], dtype=float)
        columns[name] = _total(sub[[m.feature for m in params.measures[name]]] * (weights / weights.sum()))
    return pd.DataFrame(columns, index=sub.index)


def _present(rows: pd.DataFrame, params: RuleParams) -> pd.DataFrame:
    return pd.DataFrame(
        {m.feature: _column(rows, m.feature).notna() for m in measures(params)}, index=rows.index
    )


def _caps(rows: pd.DataFrame, params: RuleParams, when_missing: bool) -> tuple[pd.Series, pd.Series]:
    """The lowest cap that applies to each row (100 where none) and its reason.

    With `when_missing`, an exception whose feature is missing is taken to apply: the worst case.
    """
    cap = pd.Series(100.0, index=rows.index)
    reason = pd.Series("", index=rows.index)
    for exception in params.exceptions:
        applies = _applies(_column(rows, exception.feature), exception, when_missing)
        lower = applies & (exception.cap < cap)
        cap, reason = cap.mask(lower, exception.cap), reason.mask(lower, exception.reason)
    return cap, reason


def _applies(values: pd.Series, exception: HardException, when_missing: bool) -> pd.Series:
    above = exception.at_least is not None
    hit = values >= exception.at_least if above else values <= exception.at_most
    return hit | (values.isna() if when_missing else False)
