"""How a shown score comes about, for payloads: drivers, families and pillars that add up as shown.

The learned health and the rule's score are explained by the same code, in the same shape.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.catalog import Feature
from features.params import PILLARS
from serving.scores.explained_features import ExplainedFeatures
from serving.scores.feature_rows import Matrix
from serving.scores.shown_points import Tenths, nested_tenths
from serving.scores.since_when import SinceWhen
from serving.wording.driver_words import driver_text, has_side
from training.typical_values import TypicalValues


@dataclass(frozen=True, eq=False)
class Reasons:
    """Why n accounts score as they do, before rounding.

    `base` (n,) is where the drivers start; `points` (n, k) belong to `features` (k,), of which `X` (n, k)
    holds the values; `base + points.sum(1)` is the score, all on a scale of 0–100. `typical` holds what is
    usual for a feature, of all accounts and of the `segment` (n,) of each; None: no segment is known.
    `since` tells since when a value has been on its side of that; None: no past is known.
    """

    features: Sequence[Feature]
    X: Matrix
    base: Matrix
    points: Matrix
    typical: TypicalValues
    segment: Sequence[object] | None = None
    since: SinceWhen | None = None


def explained(reasons: Reasons, shown: Tenths, families: Iterable[str], top: int) -> list[dict[str, Any]]:
    """Per account `base`, `drivers` (the `top` largest), `other_points`, `pillar_points`, `family_points`.

    `shown` (n,) are the tenths of the score as displayed; `families` names every family to be listed, those
    without points too. `base` + all `drivers[].points` + `other_points` is exactly what is
    displayed, and so are `base` + all `pillar_points` and `base` + all `family_points`.
    """
    features = ExplainedFeatures.of(reasons.features)
    base = np.rint(reasons.base * 10).astype(np.int64)
    tenths = nested_tenths(reasons.points, shown - base, features.nesting)
    order = np.argsort(-np.abs(reasons.points), axis=1, kind="stable")[:, :top]
    by_pillar, by_family = features.by_pillar(tenths) / 10, features.by_family(tenths) / 10
    rest, none = (shown - base).tolist(), dict.fromkeys(families, 0.0)
    # Of many rows columns may lie together in memory, and a row far apart: all are read out at once.
    rows = zip(order.tolist(), tenths.tolist(), reasons.X.tolist(), strict=True)
    found = []
    for i, (places, own, values) in enumerate(rows):
        first = [j for j in places if own[j] != 0]
        found.append(
            {
                "base": int(base[i]) / 10,
                "drivers": [_driver(reasons, features[j], i, values[j], own[j]) for j in first],
                "other_points": (rest[i] - sum(own[j] for j in first)) / 10,
                "pillar_points": dict(zip(PILLARS, by_pillar[i].tolist(), strict=True)),
                "family_points": none | dict(zip(features.pillar_of, by_family[i].tolist(), strict=True)),
            }
        )
    return found


def _driver(reasons: Reasons, feature: Feature, i: int, value: float, tenths: int) -> dict[str, Any]:
    usual, whose = reasons.typical.of(feature.name, reasons.segment[i] if reasons.segment else None)
    told = reasons.since is not None and has_side(feature, value, usual)
    since = reasons.since.of(i, feature.name) if reasons.since is not None and told else None
    return {
        "feature": feature.name,
        "family": feature.family,
        "pillar": feature.pillar,
        "role": feature.role,
        "value": None if math.isnan(value) else round(value, 4),
        "typical": None if usual is None else round(usual, 4),
        "typical_of": whose,
        "since": None if since is None else since.as_of,
        "points": tenths / 10,
        "actionable": feature.actionable,
        "text": driver_text(feature, value, usual, whose, tenths, since),
    }
