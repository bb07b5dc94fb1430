"""The measures of a tabular world: a small catalogue, and how a state of health shows in each measure.

An account's state is 24 standard normal numbers, one behind each measure, that grow with its health:
six for each pillar, the last of which has no agreed direction. A measure shows its number one to one,
so that whoever sees the value knows the number:

    shown as    value               unit
    change      number              change
    share       Phi(number)         share, 0–1
    days        30 exp(0.8 number)  days, skewed as delays are

Where more is worse (every third measure) the number is turned round before it is shown.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import ndtr

from features.catalog import Feature
from features.params import PILLARS
from training.simulation.arrays import Floats

Shape = Literal["change", "share", "days"]

PER_PILLAR = 6
MEASURES = PER_PILLAR * len(PILLARS)
PILLAR_OF = np.arange(MEASURES) // PER_PILLAR
NO_DIRECTION = np.arange(MEASURES) % PER_PILLAR == PER_PILLAR - 1
SIGN = np.where(np.arange(MEASURES) % 3 == 1, -1.0, 1.0)  # -1: more is worse, as the catalogue tells
SHAPES: tuple[Shape, ...] = ("change", "share", "days")
RANGES = {"change": (None, None), "share": (0.0, 1.0), "days": (0.0, None)}


def names() -> list[str]:
    """The measures' names, pillar by pillar: `usage_0` … `service_5`."""
    return [f"{pillar}_{number}" for pillar in PILLARS for number in range(PER_PILLAR)]


def shapes(plain: bool) -> list[Shape]:
    """How each measure is shown; all as a change where the world is plain."""
    return ["change" if plain else SHAPES[(i // 2) % 3] for i in range(MEASURES)]


def small_catalog(shown: list[Shape]) -> tuple[Feature, ...]:
    """A feature per measure; every two measures of a pillar are a family."""
    words = {"en": "a measure of a drawn world: {value} (typical: {typical})", "zh": "{value} {typical}"}
    return tuple(
        Feature.model_validate(
            {
                "name": name,
                "family": f"{PILLARS[PILLAR_OF[i]]}_family_{i % PER_PILLAR // 2}",
                "pillar": PILLARS[PILLAR_OF[i]],
                "unit": shown[i],
                "range": RANGES[shown[i]],
                "direction": "not_monotone" if NO_DIRECTION[i] else ("better" if SIGN[i] > 0 else "worse"),
                "actionable": True,
                "missing": words,
                "title": words,
                "text": words,
            }
        )
        for i, name in enumerate(names())
    )


def shown_values(states: Floats, shown: list[Shape]) -> Floats:
    """The measures of these states, (n, 24) -> (n, 24); NaN stays NaN."""
    turned = states * SIGN
    columns = [shown_value(turned[:, i], shape) for i, shape in enumerate(shown)]
    return np.column_stack(columns)


def shown_value(number: Floats, shape: Shape) -> Floats:
    """One measure's values.

    >>> shown_value(np.array([0.0]), "share").tolist(), shown_value(np.array([0.0]), "days").tolist()
    ([0.5], [30.0])
    """
    if shape == "change":
        return number
    return np.asarray(ndtr(number) if shape == "share" else 30 * np.exp(0.8 * number))
