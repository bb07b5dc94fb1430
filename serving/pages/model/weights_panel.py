"""What the data believe the pillars should weigh, beside the expert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from serving.pages.model.model_read import ModelRead
from serving.pages.visits import Visit

WIDTH, ROW, LEFT = 360, 34, 84


@dataclass(frozen=True)
class Believed:
    """A pillar: percent, and where expert, belief and its error are drawn, along x and at height `y`."""

    pillar: str
    expert: float
    believed: float
    error: float
    x_expert: float
    x: float
    x_low: float
    x_high: float
    y: float


def believed(_: Visit, read: ModelRead) -> dict[str, Any] | None:
    """One line per pillar; `lines` empty where the data were too few to say."""
    if read.comparison is None:
        return None
    weights = read.comparison.get("weights", [])
    ends = [0.0, *(end for each in weights for end in (each["expert"], *_ends(each)))]
    low, span = min(ends), (max(ends) - min(ends)) or 1.0

    def x(percent: float) -> float:
        return round(LEFT + (WIDTH - LEFT - 8) * (percent - low) / span, 1)

    lines = []
    for place, each in enumerate(weights):
        least, most = _ends(each)
        drawn = (x(each["expert"]), x(each["believed"]), x(least), x(most), ROW * (place + 0.5))
        lines.append(Believed(each["pillar"], each["expert"], each["believed"], each["error"], *drawn))
    return {"lines": lines, "zero": x(0.0), "width": WIDTH, "height": ROW * len(lines)}


def _ends(each: Mapping[str, Any]) -> tuple[float, float]:
    return each["believed"] - each["error"], each["believed"] + each["error"]
