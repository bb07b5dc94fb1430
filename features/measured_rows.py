"""Accounts as a rule's measures see them: sub-scores and caps, made once and weighed as often as wanted.

Plain NumPy: a service scores single rows, for which pandas takes far too long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.params import PILLARS, HardException, Measure, RuleParams
from features.rule_profiles import FEATURE

Values = NDArray[np.float64]
Places = NDArray[np.intp]


def measures(params: RuleParams) -> list[Measure]:
    """Every measure, pillar by pillar."""
    return [measure for pillar in PILLARS for measure in params.measures[pillar]]


@dataclass(frozen=True, eq=False)
class MeasuredRows:
    """n accounts under a rule's measures and exceptions.

    `worst`, `point`, `best` (n, measures) are the sub-scores, 0–100, with a missing value at its worst, its
    point or its best; `missing` (n, measures). `cap` (n,) is the lowest that applies, 100 where none does,
    `capped_by` (n,) the place of its exception, −1; `lowest_cap` (n,) the same with every exception taken to
    apply whose feature is missing. `segment` (n,) is empty where unknown; `stages` are the features that tell
    a stage, (n,) each.
    """

    worst: Values
    point: Values
    best: Values
    missing: NDArray[np.bool_]
    cap: Values
    lowest_cap: Values
    capped_by: Places
    segment: NDArray[np.object_]
    stages: Mapping[str, Values]

    @classmethod
    def of(cls, rows: pd.DataFrame, params: RuleParams, segment: pd.Series | None) -> MeasuredRows:
        """Rows of features, float64; a column that is not there is missing."""
        measuring = Measuring(params)
        X = rows.reindex(columns=list(measuring.features)).to_numpy("float64")
        return measuring.rows(X, None if segment is None else segment.tolist())


@dataclass(frozen=True, eq=False)
class Measuring:
    """A rule's measures and exceptions, made ready to look at rows (n, k) of its `features`."""

    params: RuleParams

    @cached_property
    def measures(self) -> list[Measure]:
        """Every measure, pillar by pillar."""
        return measures(self.params)

    @cached_property
    def features(self) -> tuple[str, ...]:
        """The features of the measures, of the exceptions, and those that tell a stage; each once."""
        named = [m.feature for m in self.measures] + [e.feature for e in self.params.exceptions]
        return tuple(dict.fromkeys([*named, *FEATURE.values()]))

    @cached_property
    def measured(self) -> Places:
        """(measures,): the place of each one's feature."""
        return np.array([self.features.index(m.feature) for m in self.measures], dtype=np.intp)

    @cached_property
    def excepted(self) -> Places:
        """(exceptions,): the place of each one's feature."""
        return np.array([self.features.index(e.feature) for e in self.params.exceptions], dtype=np.intp)

    @cached_property
    def stand_ins(self) -> tuple[Values, Values, Values]:
        """(measures,) each: the sub-score of a missing value at its worst, at its point, at its best."""
        worst = np.array([score.min() for _, score in self._curves])
        best = np.array([score.max() for _, score in self._curves])
        return worst, np.clip([m.when_missing for m in self.measures], worst, best), best

    def rows(self, X: Values, segment: Sequence[Any] | None = None) -> MeasuredRows:
        """Rows in the order of `features`, NaN = missing; `segment` (n,): anything but a text is unknown."""
        values = X[:, self.measured]
        missing, known = np.isnan(values), self._sub_scores(values)
        worst, point, best = (np.where(missing, stand_in, known) for stand_in in self.stand_ins)
        named = np.full(len(X), "", dtype=object)
        if segment is not None:
            named[:] = [own if isinstance(own, str) else "" for own in segment]
        stages = {name: X[:, self.features.index(name)] for name in FEATURE.values()}
        return MeasuredRows(worst, point, best, missing, *self._caps(X[:, self.excepted]), named, stages)

    @cached_property
    def _curves(self) -> list[tuple[Values, Values]]:
        found = [np.array(measure.curve, dtype=float).T for measure in self.measures]
        return [(at, score) for at, score in found]

    def _sub_scores(self, values: Values) -> Values:
        """(n, measures), linear between the points of the curves; NaN where the value is missing."""
        found = np.empty(values.shape)
        for place, (at, score) in enumerate(self._curves):
            found[:, place] = np.interp(values[:, place], at, score)
        return found

    def _caps(self, facts: Values) -> tuple[Values, Values, Places]:
        cap, lowest = np.full((2, len(facts)), 100.0)
        place = np.full(len(facts), -1, dtype=np.intp)
        for number, exception in enumerate(self.params.exceptions):
            own = facts[:, number]
            applies = _applies(own, exception)
            lower = applies & (exception.cap < cap)
            cap[lower], place[lower] = exception.cap, number
            lowest[(applies | np.isnan(own)) & (exception.cap < lowest)] = exception.cap
        return cap, lowest, place


def _applies(values: Values, exception: HardException) -> NDArray[np.bool_]:
    if exception.at_least is not None:
        return np.asarray(values >= exception.at_least)
    assert exception.at_most is not None
    return np.asarray(values <= exception.at_most)
