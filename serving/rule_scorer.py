"""Answers where no model is champion: health is then the rule's score, and says so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from features.catalog import Feature, load_catalog
from features.params import RuleParams, Windows
from features.rule_score import RuleScores, rule_score
from serving.scoring import Matrix, Verdict, feature_matrix, payloads, segment_of

NO_CHAMPION = "no model is champion: run vitals train, then vitals promote"


@dataclass(frozen=True, eq=False)
class RuleScorer:
    """The rule in the shape of a model. It is no probability, so `churn_probability` is null.

    The drivers start from an account of which nothing is known (every measure at its
    `when_missing`); an exception that caps the score is shown on its own feature. The interval is
    the range of the score under missing evidence.
    """

    rule: RuleParams
    windows: Windows
    reason: str = NO_CHAMPION

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The whole catalogue: the rule reads some of it, a caller may bring all of it."""
        return load_catalog(self.windows)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features that a caller may bring."""
        return tuple(feature.name for feature in self.features)

    @property
    def catalog(self) -> list[dict[str, Any]]:
        """The catalogue's entries as the API shows them."""
        return [feature.model_dump() for feature in self.features]

    @property
    def model(self) -> dict[str, Any]:
        """The `model` object of a payload."""
        return {"kind": "rule", "version": None, "trained_until": None}

    @property
    def comparison(self) -> dict[str, Any]:
        """Nothing was compared, and why."""
        return {"reason": self.reason}

    @property
    def weights(self) -> list[dict[str, Any]]:
        """Nothing was learned: the expert's weights stand alone, in `params.yaml`."""
        return []

    def score(self, rows: pd.DataFrame, top: int = 5, explain: bool = True) -> list[dict[str, Any]]:
        """One payload per row, in order (see `serving.scorer_protocol`)."""
        scores = rule_score(rows, self.rule, segment_of(rows))
        nothing = rule_score(rows[["account_id"]], self.rule, segment_of(rows))
        verdict = Verdict(
            features=self.features,
            X=feature_matrix(rows, self.feature_names),
            health=scores.score.to_numpy(float),
            base=nothing.uncapped.to_numpy(float),
            points=self._points(scores, nothing),
            interval=np.column_stack([scores.lowest, scores.highest]).astype(float),
            band=scores.band.tolist(),
            horizon_days=None,
            typical={},
            model=self.model,
            missing_unseen=np.zeros((len(rows), len(self.feature_names)), dtype=bool),
        )
        return payloads(rows["account_id"], verdict, scores, top if explain else 0)

    def _points(self, scores: RuleScores, nothing: RuleScores) -> Matrix:
        """Each feature's points: its measure's, and what an exception on it took away."""
        points = pd.DataFrame(0.0, index=scores.score.index, columns=list(self.feature_names))
        points[scores.points.columns] = scores.points - nothing.points
        for exception in self.rule.exceptions:
            capped = scores.capped_by == exception.reason
            points.loc[capped, exception.feature] += (scores.score - scores.uncapped)[capped]
        return points.to_numpy(float)
