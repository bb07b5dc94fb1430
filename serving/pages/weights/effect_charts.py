"""What a proposal would do, ready to be drawn: today's bands as bars, and who was seen in time before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from serving.weights.tried_today import TriedToday
from training.account_sums import Span
from training.band_backtest import Backtest, Compared

WIDTH, LABELS, ROW, EDGE = 420, 96, 26, 8


@dataclass(frozen=True)
class Part:
    """A band's part of a bar."""

    band: str
    accounts: int
    x: float
    width: float


@dataclass(frozen=True)
class BandBars:
    """Two bars of the same length, before and after, in parts by band."""

    before: Sequence[Part]
    after: Sequence[Part]
    width: int = WIDTH
    left: int = LABELS


def band_bars(today: TriedToday) -> BandBars:
    """The accounts by band on both sides."""
    sides = []
    for side in ("before", "after"):
        at, parts = float(LABELS), []
        for counted in reversed(today.bands):
            accounts = getattr(counted, side)
            width = (WIDTH - LABELS - EDGE) * accounts / max(today.accounts, 1)
            parts.append(Part(counted.name, accounts, round(at, 1), round(width, 1)))
            at += width
        sides.append(parts)
    return BandBars(sides[0], sides[1])


@dataclass(frozen=True)
class Drawn:
    """A share with its interval along x; None where there was nothing to divide by."""

    found: Span
    x: float | None
    low: float | None
    high: float | None
    y: float


@dataclass(frozen=True)
class LeadRow:
    """The churners so many days ahead: which share of them was red, both ways."""

    days: int
    churners: int
    compared: Compared
    before: Drawn
    after: Drawn


@dataclass(frozen=True)
class LeadChart:
    """A row per lead, on an axis from none to all."""

    rows: Sequence[LeadRow]
    height: int
    width: int = WIDTH
    left: int = LABELS
    right: int = WIDTH - EDGE


def lead_chart(replay: Backtest) -> LeadChart:
    """The share of the churners who were red in time, by lead."""
    rows = []
    for place, lead in enumerate(replay.leads):
        y = 2 * ROW * place + ROW * 0.7
        sides = (_drawn(lead.red.before, y), _drawn(lead.red.after, y + ROW * 0.6))
        rows.append(LeadRow(lead.days, lead.churners, lead.red, *sides))
    return LeadChart(rows, 2 * ROW * len(rows) + 16)


def _drawn(found: Span, y: float) -> Drawn:
    def x(share: float | None) -> float | None:
        return None if share is None else round(LABELS + (WIDTH - LABELS - EDGE) * share, 1)

    return Drawn(found, x(found.value), x(found.low), x(found.high), y)
