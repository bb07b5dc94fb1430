"""The rule's score with its own points, in the shape of the learned health's: both stand side by side.

The points start from an account of the same segment of which nothing is known (every measure at its
`when_missing`); what an exception takes away is shown on the exception's own feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from features.catalog import Feature
from features.params import PILLARS, RuleParams
from features.rule_profiles import stage_features
from features.rule_score import RuleScores, rule_score
from serving.driver_payloads import Matrix
from training.linear_terms import Chosen, RuleColumns


@dataclass(frozen=True, eq=False)
class ExplainedScores:
    """The rule's verdict on n accounts: `base` (n,) + `points` (n, k).sum(1) is `scores.score`.

    `features` (k,) are those that the rule reads, and `X` (n, k) their values, NaN = missing.
    """

    scores: RuleScores
    features: tuple[Feature, ...]
    X: Matrix
    base: Matrix
    points: Matrix


@dataclass(frozen=True, eq=False)
class ExplainedRule:
    """A rule over the features of `catalog` (those that it reads must be in it)."""

    rule: RuleParams
    catalog: Sequence[Feature]

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """What the rule reads, in the catalogue's order."""
        read = {measure.feature for pillar in PILLARS for measure in self.rule.measures[pillar]}
        read |= {exception.feature for exception in self.rule.exceptions} | set(stage_features(self.rule))
        return tuple(feature for feature in self.catalog if feature.name in read)

    @cached_property
    def _terms(self) -> RuleColumns:
        return RuleColumns(tuple(feature.name for feature in self.features), self.rule)

    def score(self, rows: pd.DataFrame) -> ExplainedScores:
        """Scores rows of features; a column that is not there is missing. `segment` picks the profile.

        A row's numbers are the same to the bit whatever rows it comes with.
        """
        named = rows.get("segment")
        scores = rule_score(rows, self.rule, named)
        X = rows.reindex(columns=list(self._terms.features)).to_numpy("float64")
        segment = None if named is None else named.tolist()
        known = self._terms.columns(X, segment)[0]
        nothing = self._nothing[self._terms.places(X, segment)]
        points = np.zeros(X.shape)
        for column, owner in zip((known - nothing)[:, :-1].T, self._terms.feature_of, strict=True):
            points[:, owner] += column
        points[np.arange(len(X)), self._terms.cap_feature(X)] += known[:, -1]
        base = np.zeros(len(X))
        for column in nothing.T:
            base += column
        return ExplainedScores(scores, self.features, X, base, points)

    @cached_property
    def _nothing(self) -> Matrix:
        """(profiles, measures + 1): the terms of a row of which nothing but its profile is known."""
        profiles = [Chosen(place) for place in range(len(self._terms.shares))]
        return self._terms.columns(np.full((len(profiles), len(self.features)), np.nan), profiles)[0]
