"""The rule's score with its own points, in the shape of the learned health's: both stand side by side.

The points start from an account of the same segment of which nothing is known (every measure at its
`when_missing`); what an exception takes away is shown on the exception's own feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.catalog import Feature
from features.measured_rows import Measuring
from features.params import RuleParams
from features.rule_profiles import stage_features
from features.weighed_rows import ScoredRows, Weighing, total
from serving.scores.explained_features import ExplainedFeatures
from serving.scores.feature_rows import FeatureRows, Matrix, Rows


@dataclass(frozen=True, eq=False)
class ExplainedScores:
    """The rule's verdict on n accounts: `base` (n,) + `points` (n, k).sum(1) is `scores.score`.

    `features` (k,) are those that the rule reads, `X` (n, k) their values, NaN = missing; `band` (n,).
    """

    scores: ScoredRows
    features: ExplainedFeatures
    X: Matrix
    base: Matrix
    points: Matrix
    band: Sequence[str]


@dataclass(frozen=True, eq=False)
class ExplainedRule:
    """A rule over the features of `catalog` (those that it reads must be in it)."""

    rule: RuleParams
    catalog: Sequence[Feature]

    @cached_property
    def features(self) -> ExplainedFeatures:
        """What the rule reads, in the catalogue's order."""
        read = {m.feature for m in self._measuring.measures} | {e.feature for e in self.rule.exceptions}
        read |= set(stage_features(self.rule))
        return ExplainedFeatures(feature for feature in self.catalog if feature.name in read)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(feature.name for feature in self.features)

    def score(self, rows: Rows) -> ExplainedScores:
        """Scores rows of features; one that is not there is missing. `segment` picks the profile.

        A row's numbers are the same to the bit whatever rows it comes with.
        """
        rows = FeatureRows.of(rows, self.names)
        measured = self._measuring.rows(rows.matrix(self._measuring.features), rows.segment)
        found = self._weighing.scores(measured)
        nothing = self._of_nothing[found.profile]
        points = self._by_feature(found.points - nothing, found, len(rows))
        X, band = rows.matrix(self.names), found.band.tolist()
        return ExplainedScores(found, self.features, X, total(nothing), points, band)

    @cached_property
    def _measuring(self) -> Measuring:
        return Measuring(self.rule)

    @cached_property
    def _weighing(self) -> Weighing:
        return Weighing(self.rule)

    @cached_property
    def _of_nothing(self) -> Matrix:
        """(profiles, measures): the points of a row of which nothing but its profile is known. No exception
        caps it: none applies to what is missing."""
        return self._measuring.stand_ins[1] * self._weighing.shares

    @cached_property
    def _place(self) -> NDArray[np.intp]:
        """The place in `names` of each feature that is measured; 0 for one that only tells a stage."""
        place = {name: number for number, name in enumerate(self.names)}
        return np.array([place.get(name, 0) for name in self._measuring.features], dtype=np.intp)

    def _by_feature(self, points: Matrix, found: ScoredRows, rows: int) -> Matrix:
        """(n, measures) -> (n, k): by feature; what an exception takes is on its own feature."""
        measured, excepted = self._measuring.measured, self._measuring.excepted
        capping = np.append(excepted, measured[:1])[found.capped_by]  # -1, nothing is taken: any feature
        inside = measured + np.zeros((rows, 1), dtype=np.intp)
        owners = self._place[np.concatenate([inside, capping[:, None]], axis=1)]
        terms = np.concatenate([points, (found.score - found.uncapped)[:, None]], axis=1)
        cells = np.arange(rows)[:, None] * len(self.names) + owners
        sums = np.bincount(cells.ravel(), terms.ravel(), minlength=rows * len(self.names))
        return np.asarray(sums, dtype=np.float64).reshape(rows, len(self.names))
