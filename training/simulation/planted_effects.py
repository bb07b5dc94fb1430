"""What the measures of a tabular world do to churn: one kind of effect per kind of world.

Every effect falls, or does not rise, as a measure with a direction gets healthier, so that the catalogue
tells the truth. Weights are exponential: a few measures matter much, some a little, half of them not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.simulation.arrays import Floats
from training.simulation.tabular_features import MEASURES, NO_DIRECTION, PER_PILLAR

ACTIVE = 12  # measures that matter, three for each pillar
SOURCES = 6  # of the world of decoys: every fourth measure matters, the next three only go with it
LIKE_SOURCE = 0.9  # correlation of a decoy with its source


@dataclass(frozen=True)
class Effects:
    """`weights` (24,), 0 where a measure does nothing; `steps` (24,): where its threshold lies;
    `turn` (24,): -1 where more is worse although the catalogue says nothing; `pairs`: for interactions."""

    weights: Floats
    steps: Floats
    turn: Floats
    pairs: tuple[tuple[int, int], ...]


def drawn_effects(kind: str, rng: np.random.Generator) -> Effects:
    """The effects of a world, drawn."""
    weights = rng.exponential(size=MEASURES)
    if kind == "decoys":
        weights[np.arange(MEASURES) % 4 != 0] = 0
    else:
        pillars = range(0, MEASURES, PER_PILLAR)
        idle = [first + rng.choice(PER_PILLAR, PER_PILLAR - ACTIVE // 4, False) for first in pillars]
        weights[np.concatenate(idle)] = 0
    active = np.flatnonzero((weights > 0) & ~NO_DIRECTION)
    a, b = rng.choice(active, 3, False), rng.choice(active, 3, False)
    pairs = tuple((int(x), int(y)) for x, y in zip(a, b, strict=True) if x != y)
    turn = np.where(NO_DIRECTION, rng.choice([-1.0, 1.0], MEASURES), 1.0)
    return Effects(weights, rng.uniform(-1.3, 0.3, MEASURES), turn, pairs)


@dataclass(frozen=True)
class Pull:
    """What a part adds to the log-odds: each measure `alone` (n, 24), and the products of `pairs`
    (measure, measure, factor (n,), factor (n,))."""

    alone: Floats
    pairs: tuple[tuple[int, int, Floats, Floats], ...] = ()

    @property
    def whole(self) -> Floats:
        """All together, (n,)."""
        return np.asarray(sum((u * v for _, _, u, v in self.pairs), self.alone.sum(axis=1)))


def linear(effects: Effects, states: Floats) -> Pull:
    """Each measure pulls evenly over its whole range."""
    return Pull(-states * effects.turn * effects.weights)


def threshold(effects: Effects, states: Floats) -> Pull:
    """A measure counts only below its threshold; one without direction counts at both its ends."""
    low = np.where(NO_DIRECTION, np.abs(states) > 1.3, states < effects.steps)
    return Pull(low * effects.weights)


def both_at_once(effects: Effects, states: Floats) -> Pull:
    """Two troubles together do what neither does alone."""
    trouble = np.maximum(-states, 0)
    return Pull(np.zeros_like(states), tuple((a, b, trouble[:, a], trouble[:, b]) for a, b in effects.pairs))


def for_some(_: Effects, states: Floats) -> Pull:
    """The first measure counts only where the pillar's last is high."""
    last = PER_PILLAR - 1
    return Pull(np.zeros_like(states), ((0, last, -states[:, 0], (states[:, last] > 0).astype(float)),))


Part = Callable[[Effects, Floats], Pull]
LINEAR: tuple[tuple[Part, float], ...] = ((linear, 1.0),)
MIXED: tuple[tuple[Part, float], ...] = ((linear, 1.0), (threshold, 1.0))  # of the worlds that try the rule

PARTS: dict[str, tuple[tuple[Part, float], ...]] = {  # kind of world -> its effects, with their strengths
    "linear": LINEAR,
    "threshold": ((threshold, 1.0),),
    "interaction": ((linear, 1.0), (both_at_once, 1.0), (for_some, 0.5)),
    "decoys": LINEAR,
    "missing_at_random": LINEAR,
    "missing_by_cause": LINEAR,
    "rule_right": MIXED,
    "rule_wrong": MIXED,
}
KINDS = tuple(PARTS)


def covariance(kind: str, rng: np.random.Generator) -> Floats:
    """(24, 24), ones on the diagonal: all measures go together a little, those of a pillar more; a decoy
    goes with its source at 0.9."""
    if kind == "decoys":
        source = np.arange(MEASURES) // 4 * 4
        loading = np.where(np.arange(MEASURES) % 4 == 0, 1.0, LIKE_SOURCE)
        shared = np.outer(loading, loading) * (source[:, None] == source)
    else:
        pillar = np.arange(MEASURES) // PER_PILLAR
        within = rng.uniform(0.2, 0.5)
        shared = np.where(pillar[:, None] == pillar, within, 0.1)
    np.fill_diagonal(shared, 1.0)
    return np.asarray(shared)


def alike(correlation: float) -> Floats:
    """(24, 24): every two measures, of whatever family, go together by as much."""
    return np.full((MEASURES, MEASURES), correlation) + (1 - correlation) * np.eye(MEASURES)
