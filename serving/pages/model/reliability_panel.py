"""Does what is foretold happen? The reliability curve of the answering model and of the rule, out of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from features.faults import VitalsFault
from serving.batch.run_documents import LoggedRun
from serving.pages.model.model_read import ModelRead
from serving.pages.visits import Visit
from training.ranked_rows import Outcomes, Ranking
from training.reliability import LEVEL, Reliability, reliability

SIZE, LEFT, RIGHT, TOP, BOTTOM = 340, 40, 10, 10, 34
COLUMNS = {"answer": "model", "rule": "rule"}  # of the predictions, and what each is called


@dataclass(frozen=True)
class Point:
    """A group: shares of churn 0–1, and where they are drawn."""

    foretold: float
    seen: float
    low: float
    high: float
    accounts: int
    x: float
    y: float
    y_low: float
    y_high: float


@dataclass(frozen=True)
class Curves:
    """The curves by what they are of, on axes from 0 to `top`."""

    curves: Mapping[str, Sequence[Point]]
    top: float
    size: int = SIZE
    left: int = LEFT
    ground: int = SIZE - BOTTOM
    right: int = SIZE - RIGHT
    head: int = TOP

    def line(self, name: str) -> str:
        """The SVG point list of a curve."""
        return " ".join(f"{point.x},{point.y}" for point in self.curves[name])

    @property
    def ticks(self) -> list[tuple[float, float, float]]:
        """Shares along the axes, and where they are: (share, x, y)."""
        shares = [self.top * part / 4 for part in range(5)]
        return [(share, _x(share, self.top), _y(share, self.top)) for share in shares]


def reliability_curve(_: Visit, read: ModelRead) -> dict[str, Any] | None:
    """The curves; None where nothing was trained. `curves` None where the predictions cannot be read."""
    return None if read.run is None else {"curves": _curves(read.run), "level": f"{LEVEL:.0%}"}


@lru_cache(maxsize=4)
def _curves(run: LoggedRun) -> Curves | None:
    """A run's predictions never change."""
    tested = run.table("predictions.parquet", ["account_id", "as_of", "churned", *COLUMNS])
    if tested is None:
        return None
    try:
        outcomes = Outcomes.of(tested["churned"], tested["account_id"].to_numpy(str))
        found = {name: reliability(Ranking.of(outcomes, tested[column])) for column, name in COLUMNS.items()}
    except VitalsFault:  # no probabilities, or outcomes of one kind only
        return None
    ends = [max(float(each.foretold.max()), float(each.high.max())) for each in found.values()]
    top = min(1.0, 1.05 * max(ends))
    return Curves({name: _points(each, top) for name, each in found.items()}, top)


def _points(found: Reliability, top: float) -> list[Point]:
    columns = zip(found.foretold, found.seen, found.low, found.high, found.accounts, strict=True)
    points = []
    for *shares, accounts in columns:
        foretold, seen, low, high = (float(share) for share in shares)
        places = (_x(foretold, top), _y(seen, top), _y(low, top), _y(high, top))
        points.append(Point(foretold, seen, low, high, int(accounts), *places))
    return points


def _x(share: float, top: float) -> float:
    return round(float(LEFT + (SIZE - LEFT - RIGHT) * share / top), 1)


def _y(share: float, top: float) -> float:
    return round(float(TOP + (SIZE - TOP - BOTTOM) * (1 - share / top)), 1)
