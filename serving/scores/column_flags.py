"""What is wrong with a whole column, and not with a row: a feature that vanished, or that stands still.

A renamed column of an export, or a source that was not loaded, leaves a feature missing for every account;
each row by itself looks like an account of which little is known, and all of them drift to one health. So a
call's or a book's rows are looked at together, against what was usual in training (`training.usual_values`):

    vanished  missing in every row, which by chance would happen to fewer than one call in a thousand
    constant  one value in every row, of at least 20, which by chance would happen as seldom

Chance is that of rows drawn from the training rows. It is a flag and no refusal: a book of new accounts alone
has reason to look alike. `out_of_range` is of each row: outside the catalogue's range, or so far beyond
everything in training that another unit is likelier than another account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.catalog import Feature
from serving.scores.feature_rows import FeatureRows, Rows

SELDOM = 1e-3
FEWEST = 20  # rows of one value that are worth a word
BEYOND = 10.0  # times the width of all that training saw
Usual = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class ColumnsSeen:
    """Of `rows` rows and k features: how many values each has (`known`), the least and the greatest."""

    rows: int
    known: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @classmethod
    def of(cls, columns: NDArray[np.float64]) -> ColumnsSeen:
        """Of values (rows, k), NaN = missing; a feature without any has neither least nor greatest."""
        missing = np.isnan(columns)
        low, high = (
            np.where(missing, np.inf, columns).min(axis=0),
            np.where(missing, -np.inf, columns).max(axis=0),
        )
        return cls(len(columns), (~missing).sum(axis=0), low, high)


def column_flags(rows: Rows, usual: Usual) -> dict[str, list[str]]:
    """`vanished` and `constant`: names of features, in the order of `usual`.

    >>> usual = {"seats": {"missing": 0.01, "same": 0.1, "low": 1.0, "high": 90.0}}
    >>> nothing = FeatureRows(["A", "B"], (), np.empty((2, 0)))
    >>> column_flags(nothing, usual)
    {'vanished': ['seats'], 'constant': []}
    """
    names = tuple(usual)
    if not len(rows) or not names:
        return {"vanished": [], "constant": []}
    return flags_of(ColumnsSeen.of(FeatureRows.of(rows, names).matrix(names)), usual)


def flags_of(seen: ColumnsSeen, usual: Usual) -> dict[str, list[str]]:
    """The same of columns that were looked at already, in the order of `usual`."""
    if not usual:
        return {"vanished": [], "constant": []}
    missing, same = (np.array([was[name] for was in usual.values()]) for name in ("missing", "same"))
    gone = (seen.known == 0) & (missing**seen.rows < SELDOM)
    still = (seen.known >= FEWEST) & (seen.low == seen.high) & (same ** (seen.known - 1.0) < SELDOM)
    names = np.array(list(usual), dtype=object)
    return {"vanished": names[gone].tolist(), "constant": names[still].tolist()}


def out_of_range(X: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n, k): a value outside its feature's `edges` (`usual_edges`), or infinite."""
    return (edges[:, 0] > X) | (edges[:, 1] < X) | np.isinf(X)


def usual_edges(features: Sequence[Feature], usual: Usual) -> NDArray[np.float64]:
    """(k, 2): the catalogue's range of each feature, or ten widths beyond training, if that is less."""
    return np.array([_edges(feature, usual.get(feature.name)) for feature in features]).reshape(-1, 2)


def _edges(feature: Feature, was: Mapping[str, Any] | None) -> tuple[float, float]:
    lowest, highest = feature.range
    low, high = -np.inf if lowest is None else lowest, np.inf if highest is None else highest
    if was is None or was["low"] is None:
        return low, high
    reach = BEYOND * max(was["high"] - was["low"], abs(was["high"]), abs(was["low"]), 1.0)
    return max(low, was["low"] - reach), min(high, was["high"] + reach)
