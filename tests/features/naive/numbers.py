"""Shares of nothing, sums over whole units, medians: arithmetic that says None where nothing is known."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal


def share(part: float | None, whole: float | None) -> float | None:
    """`part / whole`; None where either is unknown or there is no whole."""
    return None if part is None or not whole else part / whole


def mean(values: list[float]) -> float | None:
    """The mean; None of nothing."""
    return share(sum(values), len(values))


def difference(now: float | None, before: float | None) -> float | None:
    """`now - before`; None where either is unknown."""
    return None if now is None or before is None else now - before


def total(values: Iterable[float | None], steps: int) -> float | None:
    """The sum over whole units of 1/`steps` each; None where no value is known.

    See docs/decisions/sums-are-taken-over-whole-units-so-that-rows-are-bit-identical.md.
    """
    units = [
        int(Decimal(value * steps).to_integral_value(ROUND_HALF_UP)) for value in values if value is not None
    ]
    return sum(units) / steps if units else None


def median(values: Iterable[float]) -> float | None:
    """The middle value, or the mean of the middle two; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def relative_change(now: float, before: float) -> float:
    """`(now - before) / (now + before)`; no change where both are nought."""
    return 0.0 if now + before == 0 else (now - before) / (now + before)
