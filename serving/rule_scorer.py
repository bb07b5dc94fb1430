"""Answers where no model is champion: health is then the rule's score, and says so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from features.catalog import Feature, load_catalog
from features.params import RuleParams, Windows
from serving.column_flags import out_of_range
from serving.driver_payloads import Matrix
from serving.explained_rule import ExplainedRule, ExplainedScores
from serving.fallback import Fallback
from serving.scoring import Verdict, feature_matrix, payloads
from serving.since_when import SinceWhen
from training.typical_values import TypicalValues, typical_values

NO_CHAMPION = "no model is champion: run vitals train, then vitals promote"


@dataclass(frozen=True, eq=False)
class RuleScorer:
    """The rule in the shape of a model. It is no probability, so `churn_probability` is null.

    Its drivers are those of `explained_rule`; the interval is the range of the score under missing
    evidence. It was never trained, so what is `typical` is read of the accounts it is told by, as a book's;
    of rows that a caller brings it knows nothing typical.
    """

    rule: RuleParams
    windows: Windows
    fallback: Fallback = Fallback("no_champion", NO_CHAMPION)  # noqa: RUF009 - frozen
    typical: TypicalValues = field(default_factory=TypicalValues)

    def told_by(self, rows: pd.DataFrame) -> RuleScorer:
        """The same, which says what is typical of these accounts and their segments."""
        names = [name for name in self.feature_names if name in rows]
        return replace(self, typical=typical_values(rows, names))

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
        return {"kind": "rule", "version": None, "trained_until": None, "fallback": self.fallback.as_dict()}

    @property
    def comparison(self) -> dict[str, Any]:
        """Nothing was compared, and why."""
        return {"reason": self.fallback.reason}

    @property
    def usual(self) -> dict[str, dict[str, Any]]:
        """Nothing is known of training; the share of evidence that is there, `coverage`, tells instead."""
        return {}

    @property
    def weights(self) -> list[dict[str, Any]]:
        """Nothing was learned: the expert's weights stand alone, in `params.yaml`."""
        return []

    def score(
        self, rows: pd.DataFrame, top: int = 5, explain: bool = True, since: SinceWhen | None = None
    ) -> list[dict[str, Any]]:
        """One payload per row, in order (see `serving.scorer_protocol`); `since` is of the same rows."""
        scored, shown = self.explained(rows), top if explain else 0
        return payloads(rows["account_id"], self._verdict(rows, scored), scored, shown, since)

    def verdict(self, rows: pd.DataFrame) -> Verdict:
        """What the rule says of the rows, before rounding."""
        return self._verdict(rows, self.explained(rows))

    def _verdict(self, rows: pd.DataFrame, scored: ExplainedScores) -> Verdict:
        scores = scored.scores
        extent = np.column_stack([scores.lowest, scores.highest]).astype(float)
        X = feature_matrix(rows, self.feature_names)
        return Verdict(
            features=self.features,
            X=X,
            health=scores.score.to_numpy(float),
            base=scored.base,
            points=self._points(scored),
            interval=extent,
            extent=extent,
            band=scores.band.tolist(),
            horizon_days=None,
            typical=self.typical,
            segment=None if (named := rows.get("segment")) is None else named.tolist(),
            model=self.model,
            missing_unseen=np.zeros(X.shape, dtype=bool),
            out_of_range=out_of_range(X, self.features, self.usual),
        )

    def explained(self, rows: pd.DataFrame) -> ExplainedScores:
        """The rule's scores of the rows and their points, before rounding."""
        return self._rule.score(rows)

    @cached_property
    def _rule(self) -> ExplainedRule:
        return ExplainedRule(self.rule, self.features)

    def _points(self, scored: ExplainedScores) -> Matrix:
        """The points of all features of the catalogue: 0 of those that the rule does not read."""
        points = np.zeros((len(scored.base), len(self.features)))
        points[:, [self.feature_names.index(feature.name) for feature in scored.features]] = scored.points
        return points
