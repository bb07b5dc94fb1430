"""A change as it is shown: tenths that add up, part by part and driver by driver, and in words.

The change is that of the two healths shown. It is apportioned to the parts first, then within a part to the
pillars, the families and the features (see `shown_points`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from features.catalog import Feature, load_catalog
from features.params import PILLARS
from serving.changes.account_past import Past
from serving.changes.change_parts import PARTS, SPLIT, Parts
from serving.changes.change_words import driver_words
from serving.history.snapshots import Snapshot
from serving.scores.shown_points import Nesting, apportion, nested_tenths


@dataclass
class Explained:
    """The parts of a whole way, added up stage by stage; all in health points, unrounded.

    `points` is by part and feature, `others` what is left of a part for features that did not move.
    """

    start: float = 0.0
    end: float = 0.0
    parts: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))
    points: dict[str, dict[str, float]] = field(default_factory=lambda: {part: {} for part in SPLIT})
    others: dict[str, float] = field(default_factory=lambda: dict.fromkeys(SPLIT, 0.0))
    band_moves: list[dict[str, Any]] = field(default_factory=list)
    configuration_in_model: set[int] = field(default_factory=set)
    stages: int = 0

    def add(self, names: Sequence[str], found: Parts, to: Sequence[Snapshot]) -> None:
        """Adds stages that follow; `to` are the snapshots they lead to."""
        if not self.stages:
            self.start = float(found.health[0, 0])
        self.end, self.stages = float(found.health[-1, -1]), self.stages + len(to)
        for part, points in zip(PARTS, found.parts.sum(axis=0), strict=True):
            self.parts[part] += float(points)
        for place, part in enumerate(SPLIT):
            self.others[part] += float(found.others[place].sum())
            sums = found.points[place].sum(axis=0)
            for number in np.flatnonzero(found.points[place].any(axis=0)).tolist():
                before = self.points[part].get(names[number], 0.0)
                self.points[part][names[number]] = before + float(sums[number])
        for bands, snapshot in zip(found.bands, to, strict=True):
            for part, (old, new) in zip(PARTS, pairwise(bands), strict=True):
                if old != new:
                    self.band_moves.append({"as_of": snapshot.as_of, "part": part, "from": old, "to": new})
        if not found.configuration_apart:
            self.configuration_in_model |= {snapshot.id for snapshot in to}


def shown_change(
    first_shown: float, last_shown: float, found: Explained, first: Past, last: Past
) -> dict[str, Any]:
    """`change` = Σ `parts`, exactly; of a part that is split, `drivers` and `other_points` sum to it."""
    tenths = round(last_shown * 10) - round(first_shown * 10)
    values = np.array([[found.parts[part] * 10 for part in PARTS]])
    shares = dict(zip(PARTS, apportion(values, np.array([tenths]))[0].tolist(), strict=True))
    known = {f.name: f for past in (first, last) for f in load_catalog(past.windows)}
    split = {part: list(_tenths(found, part, shares[part], known)) for part in SPLIT}
    drivers = [
        _driver(part, known[name], own, points, first, last)
        for part in SPLIT
        for name, points, own in split[part]
        if name in known and own
    ]
    order = sorted(drivers, key=lambda driver: -abs(driver["points"]))
    return {
        "change": tenths / 10,
        "parts": {part: share / 10 for part, share in shares.items()},
        "drivers": order,
        "other_points": {
            part: sum(own for name, _, own in split[part] if name not in known) / 10 for part in SPLIT
        },
        "pillar_points": _by("pillar", split["behaviour"], known, PILLARS),
        "family_points": _by("family", split["behaviour"], known, ()),
        "unrounded": {"from": found.start, "to": found.end, "parts": found.parts},
    }


def _tenths(
    found: Explained, part: str, share: int, known: dict[str, Feature]
) -> Iterator[tuple[str, float, int]]:
    """Each feature's points and tenths; what is left for the others has no name."""
    points = {**found.points[part], "": found.others[part]}
    named = [known.get(name) for name in points]
    pillars = ["" if feature is None else feature.pillar for feature in named]
    families = ["" if feature is None else feature.family for feature in named]
    row = np.array([list(points.values())])
    own = nested_tenths(row, np.array([share]), Nesting.of(pillars, families))[0].tolist()
    yield from zip(points, points.values(), own, strict=True)


def _by(
    group: str, split: list[tuple[str, float, int]], known: dict[str, Feature], start: Sequence[str]
) -> dict[str, float]:
    sums = dict.fromkeys(start, 0)
    for name, _, own in split:
        if name in known:
            key = getattr(known[name], group)
            sums[key] = sums.get(key, 0) + own
    return {key: tenths / 10 for key, tenths in sums.items()}


def _driver(
    part: str, feature: Feature, tenths: int, points: float, first: Past, last: Past
) -> dict[str, Any]:
    before, after = first.value(feature.name), last.value(feature.name)
    return {
        "part": part,
        "feature": feature.name,
        "family": feature.family,
        "pillar": feature.pillar,
        "role": feature.role,
        "from": None if np.isnan(before) else round(before, 4),
        "to": None if np.isnan(after) else round(after, 4),
        "points": tenths / 10,
        "unrounded": points,
        "actionable": feature.actionable,
        "text": driver_words(part, feature, before, after, points),
    }
