"""Rule and models side by side on the same accounts and dates, each measure with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.pages.model.model_read import ModelRead
from serving.pages.visits import Visit
from training.evaluation import MEASURES

WIDTH, LABELS, ROW, TOP, EDGE = 300, 96, 17, 6, 8
Estimate = Mapping[str, Any]


@dataclass(frozen=True)
class Whisker:
    """A model's estimate, and where its point and the ends of its interval are drawn."""

    estimate: Estimate
    x: float
    low: float
    high: float
    y: float


@dataclass(frozen=True)
class MeasureChart:
    """One measure of every model. `target`: where the best value lies, where that is a number."""

    measure: str
    better: str
    whiskers: Sequence[Whisker]
    target: float | None
    width: int
    height: int


def comparison(_: Visit, read: ModelRead) -> dict[str, Any] | None:
    """Charts and tables of the comparison that was logged with the version."""
    found = read.comparison
    if found is None:
        return None
    estimates = found["estimates"]
    models = list(dict.fromkeys(each["model"] for each in estimates))
    measures = [name for name in dict.fromkeys(each["measure"] for each in estimates) if name in MEASURES]
    at = {(each["model"], each["measure"]): each for each in estimates}
    return {
        "found": found,
        "models": models,
        "measures": measures,
        "at": at,
        "charts": [_chart(name, [at[model, name] for model in models]) for name in measures],
        "member": read.member,
        "against": _against(found["differences"], read.member),
    }


def _against(differences: Sequence[Estimate], member: str | None) -> dict[tuple[str, str], Estimate]:
    """By (other model, measure): the answering member minus the other."""
    return {(each["against"], each["measure"]): each for each in differences if each["model"] == member}


def _chart(measure: str, estimates: Sequence[Estimate]) -> MeasureChart:
    target = MEASURES[measure].target
    ends = [each[end] for each in estimates for end in ("value", "low", "high")]
    ends += [] if target is None else [target]
    low, span = min(ends), (max(ends) - min(ends)) or 1.0

    def x(value: float) -> float:
        return round(float(LABELS + (WIDTH - LABELS - EDGE) * (value - low) / span), 1)

    whiskers = [
        Whisker(each, x(each["value"]), x(each["low"]), x(each["high"]), TOP + ROW * (place + 0.5))
        for place, each in enumerate(estimates)
    ]
    height = TOP + ROW * len(whiskers) + TOP
    marked = None if target is None else x(target)
    return MeasureChart(measure, MEASURES[measure].better, whiskers, marked, WIDTH, height)
