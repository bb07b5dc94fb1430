"""An account's health over time, ready to be drawn: lines, the interval's band, and numbered markers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.closed_loop.moments import moment_of

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 220, 30, 12, 16, 24


@dataclass(frozen=True)
class Point:
    """A snapshot in the chart. `number` where its model or configuration is not that of the one before."""

    score: Mapping[str, Any]
    x: float
    y: float
    number: int | None


@dataclass(frozen=True)
class History:
    """Points from the earliest to the latest; `line`, `rule` and `interval` are SVG point lists."""

    points: Sequence[Point]
    line: str
    rule: str
    interval: str
    ticks: Sequence[tuple[float, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    ground: int = HEIGHT - BOTTOM

    def y(self, health: float) -> float:
        """Where a health lies."""
        return _y(health)


def history_chart(scores: Sequence[Mapping[str, Any]]) -> History:
    """The chart of `/history`'s scores, which come latest first."""
    ordered = list(reversed(scores))
    moments = [moment_of(score["snapshot"]["as_of"]).timestamp() for score in ordered]
    first, length = moments[0], max(moments[-1] - moments[0], 1.0)
    room = WIDTH - LEFT - RIGHT
    xs = [round(LEFT + (room * (at - first) / length if len(ordered) > 1 else room / 2), 1) for at in moments]
    numbers = _numbers(ordered)
    points = [
        Point(score, x, _y(score["health"]), n) for score, x, n in zip(ordered, xs, numbers, strict=True)
    ]
    known = [(x, score["interval"]) for x, score in zip(xs, ordered, strict=True) if score["interval"]]
    upper = [(x, _y(interval[1])) for x, interval in known]
    lower = [(x, _y(interval[0])) for x, interval in reversed(known)]
    return History(
        points,
        _path([(point.x, point.y) for point in points]),
        _path([(x, _y(score["rule"]["score"])) for x, score in zip(xs, ordered, strict=True)]),
        _path(upper + lower),
        _ticks(points),
    )


def is_marked(markers: Mapping[str, Any] | None) -> bool:
    """Whether something other than the account changed."""
    return bool(markers and (markers["model"] or markers["configuration"]))


def _numbers(ordered: Sequence[Mapping[str, Any]]) -> list[int | None]:
    found: list[int | None] = []
    for score in ordered:
        number = 1 + sum(each is not None for each in found)
        found.append(number if is_marked(score["markers"]) else None)
    return found


def _ticks(points: Sequence[Point]) -> list[tuple[float, str]]:
    """The first and the last date, and those between that leave room for one another."""
    ticks: list[tuple[float, str]] = []
    for point in points:
        if not ticks or point.x - ticks[-1][0] > 90:
            ticks.append((point.x, point.score["snapshot"]["as_of"][:10]))
    return ticks


def _y(health: float) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (100 - health) / 100, 1)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
