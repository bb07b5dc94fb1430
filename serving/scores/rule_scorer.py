"""Answers where no model is champion: health is then the rule's score, and says so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from features.catalog import load_catalog
from features.params import RuleParams, Windows
from serving.scores.column_flags import out_of_range, usual_edges
from serving.scores.explained_features import ExplainedFeatures
from serving.scores.explained_rule import ExplainedRule, ExplainedScores
from serving.scores.fallback import Fallback
from serving.scores.feature_rows import FeatureRows, Matrix, Rows
from serving.scores.scoring import Verdict, payloads
from serving.scores.since_when import SinceWhen
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
    def features(self) -> ExplainedFeatures:
        """The whole catalogue: the rule reads some of it, a caller may bring all of it."""
        return ExplainedFeatures(load_catalog(self.windows))

    @cached_property
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
        self, rows: Rows, top: int = 5, explain: bool = True, since: SinceWhen | None = None
    ) -> list[dict[str, Any]]:
        """One payload per row, in order (see `scorer_protocol`); `since` is of the same rows."""
        rows = FeatureRows.of(rows, self.feature_names)
        scored, shown = self.explained(rows), top if explain else 0
        return payloads(rows.account_ids, self._verdict(rows, scored), scored, shown, since)

    def verdict(self, rows: Rows) -> Verdict:
        """What the rule says of the rows, before rounding."""
        rows = FeatureRows.of(rows, self.feature_names)
        return self._verdict(rows, self.explained(rows))

    def _verdict(self, rows: FeatureRows, scored: ExplainedScores) -> Verdict:
        scores = scored.scores
        extent = np.column_stack([scores.lowest, scores.highest])
        X = rows.matrix(self.feature_names)
        return Verdict(
            features=self.features,
            X=X,
            health=scores.score,
            base=scored.base,
            points=self._points(scored),
            interval=extent,
            extent=extent,
            band=scored.band,
            horizon_days=None,
            typical=self.typical,
            segment=rows.segment,
            model=self.model,
            missing_unseen=np.zeros(X.shape, dtype=bool),
            out_of_range=out_of_range(X, self._edges),
        )

    def explained(self, rows: Rows) -> ExplainedScores:
        """The rule's scores of the rows and their points, before rounding."""
        return self._rule.score(rows)

    @cached_property
    def _edges(self) -> Matrix:
        return usual_edges(self.features, self.usual)

    @cached_property
    def _rule(self) -> ExplainedRule:
        return ExplainedRule(self.rule, self.features)

    def _points(self, scored: ExplainedScores) -> Matrix:
        """The points of all features of the catalogue: 0 of those that the rule does not read."""
        points = np.zeros((len(scored.base), len(self.features)))
        points[:, [self.feature_names.index(feature.name) for feature in scored.features]] = scored.points
        return points
