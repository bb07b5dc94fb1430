"""The expert's rule of a tabular world: right, rough or wrong.

right   weighs what matters by how much it matters, with curves that bend where the effects do
rough   knows three in four of the measures that matter and a few that do not, weighs them within a
        factor of two or so, and draws every curve alike
wrong   rough, and upside down in the pillar that matters most
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from features.params import PILLARS, Measure, PillarWeights, RuleParams
from training.simulation.arrays import Flags, Floats
from training.simulation.planted_effects import Effects
from training.simulation.tabular_features import (
    MEASURES,
    NO_DIRECTION,
    PILLAR_OF,
    SIGN,
    Shape,
    names,
    shown_value,
)

Quality = Literal["right", "rough", "wrong"]
AT = np.array([-2.5, -1.0, 0.0, 1.0, 2.0])  # states at which a rule's curve has its corners
SCORES = np.array([0.0, 45.0, 75.0, 92.0, 100.0])


def planted_rule(
    quality: Quality, effects: Effects, shown: list[Shape], rng: np.random.Generator
) -> RuleParams:
    """The rule of a world whose effects are these."""
    weights = _right_weights(effects) if quality == "right" else _rough_weights(effects, rng)
    by_pillar: Floats = np.bincount(PILLAR_OF, weights, minlength=len(PILLARS)).astype(float)
    matters_most = np.argmax(np.bincount(PILLAR_OF, effects.weights))
    upside_down = (matters_most == PILLAR_OF) & (quality == "wrong")
    measures = {
        pillar: tuple(
            Measure(
                feature=names()[i],
                weight=float(weights[i]),
                curve=_curve(int(i), shown[i], quality, effects, upside_down),
            )
            for i in np.flatnonzero((number == PILLAR_OF) & (weights > 0))
        )
        for number, pillar in enumerate(PILLARS)
    }
    return RuleParams(weights=_pillar_weights(by_pillar), measures=measures)


def _right_weights(effects: Effects) -> Floats:
    return _every_pillar(effects.weights)


def _rough_weights(effects: Effects, rng: np.random.Generator) -> Floats:
    known = (effects.weights > 0) & (rng.random(MEASURES) < 0.75)
    thought = (effects.weights == 0) & (rng.random(MEASURES) < 0.3)
    guess = effects.weights * np.exp(0.7 * rng.normal(size=MEASURES))
    weights = np.where(known, guess, np.where(thought, 0.5 * effects.weights.mean(), 0.0))
    return _every_pillar(np.where(NO_DIRECTION, 0.0, weights))


def _every_pillar(weights: Floats) -> Floats:
    """A rule has a measure in every pillar, if only one of little weight."""
    first = np.arange(MEASURES) % (MEASURES // len(PILLARS)) == 0
    bare = np.bincount(PILLAR_OF, weights)[PILLAR_OF] == 0
    return np.where(first & bare, 0.05 * weights.mean(), weights)


def _curve(
    i: int, shape: Shape, quality: Quality, effects: Effects, upside_down: Flags
) -> tuple[tuple[float, float], ...]:
    """(value, sub-score) with rising values: healthier states score higher, unless upside down."""
    healthy, scores, turn = AT, SCORES, SIGN[i]
    if quality == "right":
        (healthy, scores), turn = _bent(effects.steps[i]), SIGN[i] * effects.turn[i]
    if upside_down[i]:
        scores = 100 - scores
    order = np.argsort(healthy * turn)
    values = shown_value((healthy * turn)[order], shape)
    return tuple(zip(values.tolist(), scores[order].tolist(), strict=True))


def _bent(step: float) -> tuple[Floats, Floats]:
    """A line with a step of the same size: half the effect of a mixed world is of either sort."""
    at = np.array([-2.5, step - 0.05, step + 0.05, 2.5])
    line = np.interp(at, [-2.5, 2.5], [0.0, 60.0])
    return at, line + np.array([0.0, 0.0, 40.0, 40.0])


def _pillar_weights(by_pillar: Floats) -> PillarWeights:
    percent = 100 * by_pillar / by_pillar.sum()
    whole = np.append(np.round(percent[:-1], 6), 0)
    whole[-1] = 100 - whole.sum()
    return PillarWeights(**dict(zip(PILLARS, whole.tolist(), strict=True)))
