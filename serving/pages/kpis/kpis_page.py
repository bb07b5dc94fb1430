"""How well the closed loop works: of all, by CSM and by team, with intervals, as charts and as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.api.problems import Faults
from serving.api.request_queries import closed_query
from serving.closed_loop.playbooks_read import read_playbooks
from serving.gaming.gaming_tables import newest_report
from serving.kpis.kpi_answers import kpis_answer, read_period
from serving.pages.visits import Page, Visit
from serving.plays.plays_answer import plays_answer

SHARES = ("closed", "detractors_followed_up", "escalated", "recovered", "precision")
QUANTILES = ("median", "p90")
WIDTH, LABELS, ROW, EDGE = 420, 130, 22, 8
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """A figure of a group, with its interval along x; `x` None where it cannot be told."""

    name: str | None
    found: Document
    x: float | None
    low: float | None
    high: float | None
    y: float


@dataclass(frozen=True)
class FigureChart:
    """One figure of all and of every group. `top`: the end of the axis, in the figure's own unit."""

    figure: str
    groups: Sequence[Told]
    top: float
    height: int
    width: int = WIDTH
    labels: int = LABELS
    right: int = WIDTH - EDGE


def kpis(visit: Visit) -> Page:
    """The page at `/kpis?from=&to=`; without dates, of the year to today."""
    faults, now = Faults(), visit.held.now()
    given = closed_query(visit.request.query_params, ("from", "to"), faults)
    asked = read_period({key: value for key, value in given.items() if value}, now, faults)
    faults.raise_any()
    answer = kpis_answer(visit.held.store, asked, visit.held.cases, visit.caller.owner)
    groups = {kind: [{"name": None, **answer["all"]}, *answer[kind]] for kind in ("csms", "teams")}
    with visit.held.store.begin() as connection:
        gaming = newest_report(connection, visit.caller.owner)
    values = {
        "answer": answer,
        "gaming": gaming,
        "playbooks": {book.name: book.title.model_dump() for book in read_playbooks()},
        "plays": plays_answer(visit.held.store, visit.held.plays, now),
        "shares": SHARES,
        "quantiles": QUANTILES,
        "charts": {kind: _charts(each) for kind, each in groups.items()},
        "groups": groups,
    }
    return Page("kpis/kpis.html", "kpis", values)


def _charts(groups: Sequence[Document]) -> list[FigureChart]:
    shares = [_chart(name, [(g["name"], g[name], "share") for g in groups], 1.0) for name in SHARES]
    hours = [(g["name"], g["first_call"]["median"], "hours") for g in groups]
    ends = [
        end
        for _, found, _ in hours
        for end in (found["hours"], *(found["interval"] or ()))
        if end is not None
    ]
    return [*shares, _chart("first_call", hours, max([1.0, *ends]))]


def _chart(figure: str, groups: Sequence[tuple[str | None, Document, str]], top: float) -> FigureChart:
    def x(value: float | None) -> float | None:
        return None if value is None else round(LABELS + (WIDTH - LABELS - EDGE) * min(value / top, 1.0), 1)

    told = []
    for place, (name, found, unit) in enumerate(groups):
        low, high = found["interval"] or (None, None)
        ends = (x(low), x(top) if found["interval"] and high is None else x(high))
        told.append(Told(name, found, x(found[unit]), *ends, ROW * (place + 0.5)))
    return FigureChart(figure, told, top, ROW * len(told) + 16)
