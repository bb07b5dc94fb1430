"""Use by day as bars, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

WIDTH, HEIGHT, TOP, BOTTOM = 720, 120, 14, 20


@dataclass(frozen=True)
class DayBar:
    """A day with its users and events, and where its bar is drawn."""

    day: str
    users: int
    events: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class UsageBars:
    """The bars by day, from `first` to `last`; days without use leave a gap."""

    bars: Sequence[DayBar]
    first: str
    last: str
    most: int
    width: int = WIDTH
    height: int = HEIGHT
    ground: int = HEIGHT - BOTTOM


def usage_bars(records: Sequence[Mapping[str, Any]]) -> UsageBars | None:
    """Bars of active users by day; None without a record."""
    if not records:
        return None
    days = sorted(records, key=lambda record: str(record["day"]))
    first, last = str(days[0]["day"])[:10], str(days[-1]["day"])[:10]
    start = date.fromisoformat(first)
    count = (date.fromisoformat(last) - start).days + 1
    most, step = max(int(record["users"]) for record in days) or 1, WIDTH / count
    room = HEIGHT - TOP - BOTTOM
    bars = []
    for record in days:
        day, users = str(record["day"])[:10], int(record["users"])
        height = round(room * users / most, 1)
        x = round(step * (date.fromisoformat(day) - start).days + step * 0.1, 1)
        y = round(HEIGHT - BOTTOM - height, 1)
        bars.append(DayBar(day, users, float(record["events"]), x, y, round(step * 0.8, 1), height))
    return UsageBars(bars, first, last, most)
