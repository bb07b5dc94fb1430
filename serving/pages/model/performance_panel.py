"""What is expected of the model, and what was measured once outcomes had come, on one chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from serving.pages.model.model_read import ModelRead
from serving.pages.model.monitoring_read import monitored
from serving.pages.visits import Visit

CHARTS = {"auc": "higher", "brier": "lower"}
KINDS = ("expected", "measured")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 420, 190, 40, 12, 10, 24
APART = 5.0  # half the distance of the two marks of a date
Span = dict[str, float]


@dataclass(frozen=True)
class Mark:
    """One value with its interval, and where it is drawn."""

    kind: str
    as_of: str
    span: Span
    x: float
    y: float
    y_low: float
    y_high: float


@dataclass(frozen=True)
class Chart:
    """A measure over the dates; `ticks` are values and their heights, `dates` labels and their places."""

    measure: str
    better: str
    marks: Sequence[Mark]
    ticks: Sequence[tuple[float, float]]
    dates: Sequence[tuple[str, float]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    ground: int = HEIGHT - BOTTOM


def performance(visit: Visit, _: ModelRead) -> dict[str, Any] | None:
    """The dates of the newest report, today's last, and its doubts; None before there is a report."""
    report = monitored(visit)
    if report is None:
        return None
    dates = [*report["dates"], report["expected"]]
    charts = [chart for measure, better in CHARTS.items() if (chart := _chart(dates, measure, better))]
    return {"report": report, "dates": dates, "charts": charts, "early": report["early"]}


def _chart(dates: Sequence[dict[str, Any]], measure: str, better: str) -> Chart | None:
    spans = [
        (number, kind, date["as_of"], span)
        for number, date in enumerate(dates)
        for kind in KINDS
        if (span := (date[kind] or {}).get(measure)) and span["value"] is not None
    ]
    if not spans:
        return None
    low = min(span["low"] for *_, span in spans)
    high = max(span["high"] for *_, span in spans)
    margin = 0.05 * (high - low) or 0.01
    low, high = max(0.0, low - margin), min(1.0, high + margin)
    step = (WIDTH - LEFT - RIGHT) / len(dates)

    def y(value: float) -> float:
        return round(float(TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)), 1)

    def x(number: int) -> float:
        return round(LEFT + step * (number + 0.5), 1)

    marks = [
        Mark(
            kind,
            as_of,
            span,
            round(x(number) + (APART if kind == "measured" else -APART), 1),
            y(span["value"]),
            y(span["low"]),
            y(span["high"]),
        )
        for number, kind, as_of, span in spans
    ]
    ticks = [(value, y(value)) for value in (low + (high - low) * part / 4 for part in range(5))]
    every = max(1, -(-len(dates) // 6))
    labels = [(date["as_of"][:7], x(n)) for n, date in enumerate(dates) if n % every == 0]
    return Chart(measure, better, marks, ticks, labels)
