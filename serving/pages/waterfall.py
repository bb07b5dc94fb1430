"""The way from the portfolio's health to the account's, pillar by pillar, in steps that add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.catalog import Feature
from features.params import PILLARS


@dataclass(frozen=True)
class Step:
    """One bar, from `start` to `end` health. `level`: base, pillar, family (with its `drivers`) or health."""

    level: str
    name: str
    points: float
    start: float
    end: float
    drivers: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Waterfall:
    """All steps in their order, and the part of the scale that they are drawn on."""

    steps: Sequence[Step]
    low: float
    high: float

    def x(self, health: float) -> float:
        """A health as a share of the width, 0–100."""
        return round(100 * (health - self.low) / (self.high - self.low), 2)

    def width(self, step: Step) -> float:
        """The bar's width, 0–100, never so small that it is not seen."""
        return max(round(100 * abs(step.end - step.start) / (self.high - self.low), 2), 0.4)


def waterfall(
    payload: Mapping[str, Any], features: Mapping[str, Feature], drivers: Sequence[Mapping[str, Any]]
) -> Waterfall:
    """From base to health: every pillar, then its families that moved something, the largest first.

    `payload`: `base_health` or `base`, `pillar_points`, `family_points`; a step's points are as shown.
    """
    base = payload.get("base_health", payload.get("base"))
    health = payload.get("health", payload.get("score"))
    assert base is not None
    assert health is not None
    pillar_of = {feature.family: feature.pillar for feature in features.values()}
    pillar_of |= {driver["family"]: driver["pillar"] for driver in drivers}
    steps, at = [Step("base", "base", base, 0.0, base)], base
    for pillar in PILLARS:
        points = payload["pillar_points"].get(pillar, 0.0)
        steps.append(Step("pillar", pillar, points, at, at + points))
        for family, part in _families(payload["family_points"], pillar_of, pillar):
            mine = [driver for driver in drivers if driver["family"] == family]
            steps.append(Step("family", family, part, at, at + part, mine))
            at += part
        at = steps_end(steps, pillar)
    steps.append(Step("health", "health", health, 0.0, health))
    ends = [end for step in steps[1:-1] for end in (step.start, step.end)] + [base, health]
    return Waterfall(steps, max(0.0, min(ends) - 5), min(100.0, max(ends) + 3))


def steps_end(steps: Sequence[Step], pillar: str) -> float:
    """Where the pillar's step ends: its families' end there too, but for a difference of the floats."""
    return next(step.end for step in steps if step.level == "pillar" and step.name == pillar)


def _families(
    points: Mapping[str, float], pillar_of: Mapping[str, str], pillar: str
) -> list[tuple[str, float]]:
    mine = [(family, part) for family, part in points.items() if part and pillar_of.get(family) == pillar]
    return sorted(mine, key=lambda each: (-abs(each[1]), each[0]))
