"""One way of scoring, as a snapshot was scored: by the rule it kept, or by a version of the model.

What a change is split by: health, and on an additive scale each feature's share of it. The scale is log-odds
of churn for a model, points for the rule.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.faults import VitalsFault
from features.params import BandLimits, RuleParams
from features.rule_score import RuleScores, rule_score
from serving.scores.champion import find_version
from training.bundle_signature import vouched_by
from training.health_model import HealthModel, read_health_model

Matrix = NDArray[np.float64]
Segments = Sequence[str | None]


@dataclass(frozen=True, eq=False)
class Measured:
    """n accounts: `health` (n,) 0–100, `scale` (n,), `shares` (n, k) of the scale, `band` (n,).

    `tangent` (n,): health points per unit of the scale, at the account.
    """

    health: Matrix
    scale: Matrix
    tangent: Matrix
    shares: Matrix
    band: list[str]

    def some(self, start: int, end: int) -> Measured:
        """The accounts from `start` up to `end`."""
        some = slice(start, end)
        return Measured(
            self.health[some], self.scale[some], self.tangent[some], self.shares[some], self.band[some]
        )


class Way(Protocol):
    """`measured` takes features `X` (n, k) by the `names` of its columns, and each account's segment.

    The difference of two rows' shares sums to that of their scales, but for features that are not named.
    """

    def measured(self, X: Matrix, names: Sequence[str], segments: Segments) -> Measured: ...

    def reads(self, names: Sequence[str]) -> bool:
        """Whether every feature that it reads is named."""
        ...


@dataclass(frozen=True)
class RuleWay:
    """The rule as it was."""

    rule: RuleParams

    def measured(self, X: Matrix, names: Sequence[str], segments: Segments) -> Measured:
        """Health is the score; its scale is the score itself."""
        rows = pd.DataFrame(X, columns=list(names))
        scores = rule_score(rows, self.rule, pd.Series(list(segments), dtype=object))
        score = scores.score.to_numpy(float)
        return Measured(score, score, np.ones(len(X)), self._shares(scores, names), scores.band.tolist())

    def reads(self, names: Sequence[str]) -> bool:
        """A measure that is not named is a missing one, as everywhere in the rule."""
        return True

    def _shares(self, scores: RuleScores, names: Sequence[str]) -> Matrix:
        """Of each measure its points; what an exception takes away stands on its own feature."""
        shares = np.zeros((len(scores.score), len(names)))
        place = {name: number for number, name in enumerate(names)}
        for name, points in zip(scores.points, scores.points.to_numpy().T, strict=True):
            if name in place:
                shares[:, place[name]] = points
        taken, reason = (scores.score - scores.uncapped).to_numpy(), scores.capped_by.to_numpy()
        for exception in self.rule.exceptions:
            if exception.feature in place:
                capped = reason == exception.reason
                shares[capped, place[exception.feature]] += taken[capped]
        return shares


@dataclass(frozen=True, eq=False)
class ModelWay:
    """A version of the model, under the bands of `limits`. Two are equal where version and bands are."""

    model: HealthModel
    version: str
    limits: BandLimits

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ModelWay):
            return NotImplemented
        return (self.model is other.model or self.version == other.version) and self.limits == other.limits

    def __hash__(self) -> int:
        return hash(self.version)

    def measured(self, X: Matrix, names: Sequence[str], segments: Segments) -> Measured:
        """Health by the model; its scale is the log-odds of churn."""
        place = {name: number for number, name in enumerate(names)}
        read = pd.DataFrame(X, columns=list(names)).reindex(columns=list(self.model.features))
        matrix, segment = read.to_numpy("float64"), list(segments)
        shares = np.zeros(X.shape)
        own = self.model.pooled.contributions(matrix, segment)
        for number, name in enumerate(self.model.features):
            if name in place:
                shares[:, place[name]] = own[:, number]
        health = self.model.health(matrix, segment)
        tangent = -health * (100.0 - health) / 100.0
        limits = [health >= self.limits.green, health >= self.limits.yellow]
        band = np.select(limits, ["green", "yellow"], "red").tolist()
        return Measured(health, self.model.log_odds(matrix, segment), tangent, shares, band)

    def reads(self, names: Sequence[str]) -> bool:
        """A model cannot be asked without the features it was trained on."""
        return set(self.model.features) <= set(names)


def way_of(model: dict[str, Any], rule: RuleParams, registry: Path) -> Way | None:
    """How a snapshot of this `model` and rule was scored; None where the model's bundle is gone."""
    if model["kind"] == "rule":
        return RuleWay(rule)
    try:
        version = find_version(registry, str(model["version"]))
        if version is None:
            return None
        return ModelWay(_read(version.bundle, version.version, registry), version.version, rule.bands)
    except (VitalsFault, OSError, sqlite3.Error):
        return None


@lru_cache(maxsize=4)
def _read(bundle: Path, version: str, registry: Path) -> HealthModel:
    """A bundle lies in a folder of its own and is never rewritten."""
    return read_health_model(bundle, vouched_by(bundle, version, registry))
