"""Values with intervals as horizontal bars from a common zero, ready to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, LABELS, ROW, EDGE = 640, 170, 26, 10


@dataclass(frozen=True)
class Bar:
    """A bar from zero to the value: its left end, its length, and the ends of the interval along x."""

    name: str
    value: float
    x: float
    length: float
    low: float
    high: float
    y: float


@dataclass(frozen=True)
class Bars:
    """The bars from above, and where zero is; the names stand left of `labels`."""

    bars: Sequence[Bar]
    zero: float
    height: int
    width: int = WIDTH
    labels: int = LABELS


def horizontal_bars(values: Sequence[tuple[str, float, float, float]]) -> Bars:
    """A bar for every (name, value, low, high).

    >>> drawn = horizontal_bars([("a", 10.0, -10.0, 30.0), ("b", -10.0, -10.0, 0.0)])
    >>> drawn.zero, [(bar.x, bar.length) for bar in drawn.bars]
    (285.0, [(285.0, 115.0), (170.0, 115.0)])
    """
    ends = [0.0, *(end for _, *numbers in values for end in numbers)]
    least, span = min(ends), (max(ends) - min(ends)) or 1.0

    def x(value: float) -> float:
        return round(LABELS + (WIDTH - LABELS - EDGE) * (value - least) / span, 1)

    zero = x(0.0)
    bars = [
        Bar(
            name,
            value,
            min(zero, x(value)),
            round(abs(x(value) - zero), 1),
            x(low),
            x(high),
            ROW * (place + 0.5),
        )
        for place, (name, value, low, high) in enumerate(values)
    ]
    return Bars(bars, zero, ROW * len(bars))
