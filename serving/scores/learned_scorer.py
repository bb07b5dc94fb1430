"""Scores with the champion's bundle; the rule stands beside it in every payload."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.catalog import load_catalog
from features.faults import DataFault, Fault
from features.params import RuleParams, Windows
from features.weighed_rows import bands
from serving.scores.column_flags import out_of_range, usual_edges
from serving.scores.explained_features import ExplainedFeatures
from serving.scores.explained_rule import ExplainedRule
from serving.scores.fallback import Fallback
from serving.scores.feature_rows import FeatureRows, Matrix, Rows
from serving.scores.scoring import Verdict, payloads
from serving.scores.since_when import SinceWhen
from training.health_model import HealthModel
from training.text_feature import told_by_book
from training.typical_values import TypicalValues

if TYPE_CHECKING:
    from features.warehouse import Warehouse


@dataclass(frozen=True, eq=False)
class LearnedScorer:
    """The learned model at version `version`; `health_model.facts` says what it was trained on.

    `fallback` is said where it answers in the place of another that should.
    """

    health_model: HealthModel
    rule: RuleParams
    windows: Windows
    version: str
    fallback: Fallback | None = None

    @cached_property
    def features(self) -> ExplainedFeatures:
        """The catalogue's entries of the model's features, in the model's order.

        DataFault where the catalogue, under today's windows, has lost one of them.
        """
        known = {feature.name: feature for feature in load_catalog(self.windows)}
        lost = [name for name in self.health_model.features if name not in known]
        if lost:
            step = "train again, or set features.windows back to what the model was trained with"
            faults = [
                Fault("feature of the champion", name, "a feature of the catalogue", step) for name in lost
            ]
            raise DataFault("the champion reads features that no longer exist", faults)
        return ExplainedFeatures(known[name] for name in self.health_model.features)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features it reads, in the model's order."""
        return self.health_model.features

    @property
    def catalog(self) -> list[dict[str, Any]]:
        """The catalogue's entries as the API shows them."""
        return [feature.model_dump() for feature in self.features]

    @property
    def model(self) -> dict[str, Any]:
        """The `model` object of a payload."""
        trained_until = self.health_model.facts["trained_until"]
        told = None if self.fallback is None else self.fallback.as_dict()
        return {
            "kind": "learned",
            "version": self.version,
            "trained_until": trained_until,
            "fallback": told,
        }

    @property
    def comparison(self) -> dict[str, Any]:
        """The models side by side, as measured out of time when this one was trained."""
        found: dict[str, Any] = self.health_model.facts["comparison"]
        return found

    @property
    def usual(self) -> dict[str, dict[str, Any]]:
        """What was usual of each feature in training (see `column_flags`)."""
        found: dict[str, dict[str, Any]] = self.health_model.facts.get("usual", {})
        return found

    @property
    def weights(self) -> list[dict[str, Any]]:
        """What the data believe the pillars should weigh, beside the expert."""
        return self.health_model.weights

    def told_by_book(self, rows: pd.DataFrame, source: Warehouse) -> pd.DataFrame:
        """Snapshot rows with the feature that the model makes itself, from the texts of the book."""
        return told_by_book(rows, self.health_model.text, source, self.windows)

    @cached_property
    def typical(self) -> TypicalValues:
        """What is usual for a feature, by the training portfolio."""
        return TypicalValues.from_facts(self.health_model.facts)

    def score(
        self, rows: Rows, top: int = 5, explain: bool = True, since: SinceWhen | None = None
    ) -> list[dict[str, Any]]:
        """One payload per row, in order (see `scorer_protocol`); `since` is of the same rows."""
        rows, shown = FeatureRows.of(rows, self._reads), top if explain else 0
        return payloads(rows.account_ids, self.verdict(rows), self._rule.score(rows), shown, since)

    def verdict(self, rows: Rows) -> Verdict:
        """What the model says of the rows, before rounding."""
        rows = FeatureRows.of(rows, self.feature_names)
        X, segment = rows.matrix(self.feature_names), rows.segment
        model = self.health_model
        health = model.health(X, segment)
        extent = model.under_missing_evidence(X, segment)
        return Verdict(
            features=self.features,
            X=X,
            health=health,
            base=np.full(len(X), model.base_health),
            points=model.points(X, segment),
            interval=model.interval(X, segment),
            extent=extent,
            band=bands(health, extent[:, 0], self.rule.bands).tolist(),
            horizon_days=model.facts["horizon_days"],
            typical=self.typical,
            segment=segment,
            model=self.model,
            missing_unseen=model.missing_unseen(X),
            out_of_range=out_of_range(X, self._edges),
        )

    @cached_property
    def _edges(self) -> Matrix:
        return usual_edges(self.features, self.usual)

    @cached_property
    def _reads(self) -> tuple[str, ...]:
        """What the model reads, then what the rule reads besides."""
        return tuple(dict.fromkeys([*self.feature_names, *self._rule.names]))

    @cached_property
    def _rule(self) -> ExplainedRule:
        return ExplainedRule(self.rule, load_catalog(self.windows))
