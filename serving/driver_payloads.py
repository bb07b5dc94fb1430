"""How a shown score comes about, for payloads: drivers, families and pillars that add up as shown.

The learned health and the rule's score are explained by the same code, in the same shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.catalog import Feature
from features.params import PILLARS
from serving.driver_words import driver_sentence, has_side
from serving.shown_points import Tenths, nested_tenths
from serving.since_when import SinceWhen
from serving.words import LANGUAGES
from training.typical_values import TypicalValues

Matrix = NDArray[np.float64]


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


def explained(reasons: Reasons, shown: Tenths, families: Mapping[str, str], top: int) -> list[dict[str, Any]]:
    """Per account `base`, `drivers` (the `top` largest), `other_points`, `pillar_points`, `family_points`.

    `shown` (n,) are the tenths of the score as displayed; `families` names the pillar of every family to be
    listed, those without points too. `base` + all `drivers[].points` + `other_points` is exactly what is
    displayed, and so are `base` + all `pillar_points` and `base` + all `family_points`.
    """
    base = np.rint(reasons.base * 10).astype(np.int64)
    pillar_of, family_of = ([getattr(f, level) for f in reasons.features] for level in ("pillar", "family"))
    tenths = nested_tenths(reasons.points, shown - base, pillar_of, family_of)
    order = np.argsort(-np.abs(reasons.points), axis=1, kind="stable")[:, :top]
    by_family, by_pillar = _sums(tenths, family_of, families), _sums(tenths, pillar_of, PILLARS)
    found = []
    for i, row in enumerate(tenths):
        first = [j for j in order[i] if row[j] != 0]
        found.append(
            {
                "base": int(base[i]) / 10,
                "drivers": [_driver(reasons, i, j, int(row[j])) for j in first],
                "other_points": int(shown[i] - base[i] - row[first].sum()) / 10,
                "pillar_points": dict(zip(PILLARS, (by_pillar[i] / 10).tolist(), strict=True)),
                "family_points": dict(zip(families, (by_family[i] / 10).tolist(), strict=True)),
            }
        )
    return found


def _sums(tenths: Tenths, group_of: Sequence[str], groups: Sequence[str] | Mapping[str, str]) -> Tenths:
    """(n, k) -> (n, groups): the tenths of each group's features, 0 where it has none."""
    member = np.array([[name == group for group in groups] for name in group_of], dtype=np.int64)
    return tenths @ member.reshape(len(group_of), len(groups))


def _driver(reasons: Reasons, i: int, j: int, tenths: int) -> dict[str, Any]:
    feature, value = reasons.features[j], float(reasons.X[i, j])
    usual, whose = reasons.typical.of(feature.name, reasons.segment[i] if reasons.segment else None)
    told = reasons.since is not None and has_side(feature, value, usual)
    since = reasons.since.of(i, feature.name) if reasons.since is not None and told else None
    return {
        "feature": feature.name,
        "family": feature.family,
        "pillar": feature.pillar,
        "role": feature.role,
        "value": None if np.isnan(value) else round(value, 4),
        "typical": None if usual is None else round(usual, 4),
        "typical_of": whose,
        "since": None if since is None else since.as_of,
        "points": tenths / 10,
        "actionable": feature.actionable,
        "text": {
            language: driver_sentence(feature, value, usual, whose, tenths, language, since)
            for language in LANGUAGES
        },
    }
