"""What the data believe the pillars should weigh, beside the expert: "usage 30 → 41 ± 6".

Everything the re-weighted rule makes of a pillar's features is set against what the expert makes of them: the
slope of the one on the other, over the training rows, says how many times the expert's weight the data give
the pillar. The weights so found are scaled to 100 in all, as the expert's are; a pillar that works against
the expert's direction has a weight below 0. The error is one standard error of the posterior, by the delta
method.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from features.catalog import Feature
from features.params import PILLARS
from training.calibration import Matrix
from training.linear_member import LinearMember


def believed_weights(
    member: LinearMember, columns: Matrix, catalog: Sequence[Feature], log_odds_per_point: float
) -> list[dict[str, Any]]:
    """One entry per pillar, in percent: `pillar`, `expert` (by default), `believed`, `error`.

    `columns` (n, p): the centred columns of the training rows. Empty where there is no rule.
    """
    if member.rule is None:
        return []
    expert = np.array([getattr(member.rule.rule.weights, pillar) for pillar in PILLARS])
    directions = _multiples(member, columns, catalog) / -log_odds_per_point
    weights = expert * (directions @ member.coefficients)
    total = np.abs(weights).sum()
    if total == 0:
        return []
    scaled = 100 * weights / total
    slopes = 100 * expert[:, None] * directions / total
    slopes -= scaled[:, None] * (np.sign(weights) * expert) @ directions / total
    errors = np.linalg.norm(slopes @ member.factor[1:], axis=1)
    return [
        {"pillar": pillar, "expert": float(e), "believed": float(b), "error": float(error)}
        for pillar, e, b, error in zip(PILLARS, expert, scaled, errors, strict=True)
    ]


def weights_in_words(weights: Sequence[dict[str, Any]]) -> str:
    """The weights in one line.

    >>> weights_in_words([{"pillar": "usage", "expert": 30.0, "believed": 41.2, "error": 6.4}])
    'usage 30 → 41 ± 6'
    """
    parts = (f"{w['pillar']} {w['expert']:.0f} → {w['believed']:.0f} ± {w['error']:.0f}" for w in weights)
    return ", ".join(parts)


def _multiples(member: LinearMember, columns: Matrix, catalog: Sequence[Feature]) -> Matrix:
    """(4, p): what a coefficient adds to how many times a pillar's points are counted."""
    assert member.rule is not None
    pillar_of_feature = np.array([feature.pillar for feature in catalog])
    owners = member.owners
    owned = np.where(owners >= 0, pillar_of_feature[owners], "")  # the cap is no pillar's
    measured = np.array(member.rule.pillar_of)
    found = np.zeros((len(PILLARS), len(owners)))
    for place, pillar in enumerate(PILLARS):
        here = np.flatnonzero(measured == pillar)
        points = columns[:, here].sum(axis=1)
        spread = float(points @ points)
        if spread > 0:
            found[place] = np.where(owned == pillar, points @ columns / spread, 0.0)
        else:
            shares = member.rule.shares[None][here]
            found[place, here] = shares / shares.sum()
    return found
