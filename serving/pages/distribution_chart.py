"""The distribution of health as bars, ready to be drawn: geometry in pixels of the chart's own box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from serving.pages.portfolio_counts import BIN

WIDTH, HEIGHT, TOP, BOTTOM = 480, 170, 14, 22


@dataclass(frozen=True)
class Bar:
    """One bar: `low` to `high` health, the accounts in it, and where it is drawn."""

    low: int
    high: int
    accounts: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Distribution:
    """The bars in a box of `width` by `height`; `ground` is the y of the axis."""

    bars: Sequence[Bar]
    width: int = WIDTH
    height: int = HEIGHT
    ground: int = HEIGHT - BOTTOM


def distribution_bars(counts: Sequence[int]) -> Distribution:
    """A bar for every count, the highest as high as the box allows.

    >>> [bar.height for bar in distribution_bars([0, 5, 10]).bars]
    [0.0, 67.0, 134.0]
    """
    most, step = max(max(counts, default=0), 1), WIDTH / max(len(counts), 1)
    room, ground = HEIGHT - TOP - BOTTOM, HEIGHT - BOTTOM
    bars = [
        Bar(
            place * BIN,
            place * BIN + BIN,
            count,
            round(place * step + 1, 1),
            round(ground - room * count / most, 1),
            round(step - 2, 1),
            round(room * count / most, 1),
        )
        for place, count in enumerate(counts)
    ]
    return Distribution(bars)
