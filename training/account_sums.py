"""Sums over resampled accounts, and the ratios of such sums with their intervals.

Shares, rates and counts per month are ratios of two sums over accounts (or a sum over a constant). Drawing
whole accounts and dividing the drawn sums gives each its interval (the pairs cluster bootstrap: Cameron,
Gelbach & Miller 2008), and two ratios of the same draws can be compared draw by draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.bootstrap import LEVEL, account_draws
from training.calibration import Matrix


@dataclass(frozen=True)
class Span:
    """A value with the interval of its resamples; all None where there was nothing to divide by."""

    value: float | None
    low: float | None
    high: float | None

    def as_text(self, form: str = ".0%") -> str:
        """`40% [31%, 49%]`; a dash where there is nothing."""
        if self.value is None or self.low is None or self.high is None:
            return "-"
        return f"{self.value:{form}} [{self.low:{form}}, {self.high:{form}}]"


def resampled_sums(quantities: pd.DataFrame, resamples: int, seed: int) -> dict[str, Matrix]:
    """Each column's sum, first over all accounts, then over each resample: {name: (resamples + 1,)}.

    `quantities` has one row per account. The draws depend on the seed and the number of accounts alone.

    >>> sums = resampled_sums(pd.DataFrame({"red": [1.0, 0.0, 1.0]}), resamples=2, seed=1)
    >>> sums["red"].shape, float(sums["red"][0])
    ((3,), 2.0)
    """
    drawn = account_draws(np.arange(len(quantities)), resamples, seed)
    return drawn_sums({str(name): quantities[name].to_numpy(float) for name in quantities}, drawn)


def drawn_sums(quantities: Mapping[str, Matrix], drawn: Iterable[Matrix]) -> dict[str, Matrix]:
    """The same of draws that were made before (`account_draws`); a quantity is (accounts,)."""
    values = np.column_stack(list(quantities.values()))
    every = [np.ones((1, len(values))), *drawn]
    sums = np.concatenate([weights @ values for weights in every])
    return {name: sums[:, place] for place, name in enumerate(quantities)}


def ratio(part: Matrix, whole: Matrix) -> Matrix:
    """part / whole, draw by draw; NaN where there is nothing to divide by."""
    found: Matrix = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return found


def span(values: Matrix, level: float = LEVEL) -> Span:
    """The first value with the percentile interval of the others that are numbers.

    >>> span(np.array([0.5, 0.4, 0.6, np.nan]), level=1.0)
    Span(value=0.5, low=0.4, high=0.6)
    >>> span(np.array([np.nan, np.nan]))
    Span(value=None, low=None, high=None)
    """
    kept = values[1:][np.isfinite(values[1:])]
    if not np.isfinite(values[0]) or not len(kept):
        return Span(None, None, None)
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return Span(float(values[0]), float(low), float(high))


def share_where(found: Matrix) -> float | None:
    """The share of the resamples (not of the first value) in which it is above 0; ties count half.

    None where no resample is a number.

    >>> share_where(np.array([-9.0, 0.1, 0.0, -0.1, np.nan]))
    0.5
    """
    kept = found[1:][np.isfinite(found[1:])]
    return float((kept > 0).mean() + (kept == 0).mean() / 2) if len(kept) else None
