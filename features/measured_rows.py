"""Accounts as a rule's measures see them: sub-scores and caps, made once and weighed as often as wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.params import PILLARS, HardException, Measure, RuleParams
from features.rule_profiles import FEATURE

Values = NDArray[np.float64]


def measures(params: RuleParams) -> list[Measure]:
    """Every measure, pillar by pillar."""
    return [measure for pillar in PILLARS for measure in params.measures[pillar]]


@dataclass(frozen=True, eq=False)
class MeasuredRows:
    """n accounts under `measures` and `exceptions`: `values` (n, measures), `facts` (n, exceptions).

    `segment` (n,) is empty where unknown; `stages` are the features that tell a stage, (n,) each. Plain
    NumPy: a service scores single rows, for which pandas takes a hundred times as long.
    """

    measures: Sequence[Measure]
    exceptions: Sequence[HardException]
    values: Values
    facts: Values
    segment: NDArray[np.object_]
    stages: Mapping[str, Values]
    _made: dict[str, Values] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: pd.DataFrame, params: RuleParams, segment: pd.Series | None) -> MeasuredRows:
        """Rows of features, float64; a column that is not there is missing."""
        every, names = measures(params), [e.feature for e in params.exceptions]
        columns = [*(m.feature for m in every), *names, *FEATURE.values()]
        read = rows.reindex(columns=columns).to_numpy("float64")
        named = np.full(len(rows), "") if segment is None else segment.astype("object").fillna("").to_numpy()
        parts = np.split(read, [len(every), len(every) + len(names)], axis=1)
        stages = dict(zip(FEATURE.values(), parts[2].T, strict=True))
        return cls(every, params.exceptions, parts[0], parts[1], named, stages)

    def sub_scores(self, when_missing: str) -> Values:
        """(n, measures), 0–100, linear between; a missing value gets its `worst`, `point` or `best`."""
        if when_missing not in self._made:
            self._made[when_missing] = self._sub_scores(when_missing)
        return self._made[when_missing]

    def _sub_scores(self, when_missing: str) -> Values:
        found = np.empty(self.values.shape, order="F")  # summed column by column
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


def _applies(values: Values, exception: HardException, when_missing: bool) -> NDArray[np.bool_]:
    if exception.at_least is not None:
        hit = values >= exception.at_least
    else:
        assert exception.at_most is not None
        hit = values <= exception.at_most
    return np.asarray(hit | (np.isnan(values) & when_missing))
