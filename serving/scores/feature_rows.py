"""Rows of features on their way to a score: arrays, for a single row costs more as a table than to score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FeatureRows:
    """Of n accounts: `values` (n, k) of the features `names`, NaN = missing; `segment` (n,), None: unknown.

    >>> rows = FeatureRows(["A-1"], ("nps", "seats"), np.array([[np.nan, 10.0]]))
    >>> rows.matrix(["seats", "tenure"]).tolist()
    [[10.0, nan]]
    """

    account_ids: Sequence[str]
    names: tuple[str, ...]
    values: Matrix
    segment: Sequence[object] | None = None

    @classmethod
    def of(cls, rows: Rows, names: Sequence[str]) -> FeatureRows:
        """These features of a table with `account_id` and perhaps `segment`; one not there is missing."""
        if isinstance(rows, FeatureRows):
            return rows
        segment = rows["segment"].tolist() if "segment" in rows else None
        values = rows.reindex(columns=list(names)).to_numpy("float64")
        return cls(rows["account_id"].astype(str).tolist(), tuple(names), values, segment)

    def __len__(self) -> int:
        return len(self.values)

    def matrix(self, names: Sequence[str]) -> Matrix:
        """(n, names): the named features; one that is not here is missing (NaN)."""
        if names == self.names:
            return self.values
        places, absent = _places(self.names, tuple(names))
        found = self.values[:, places] if self.names else np.empty((len(self), len(places)))
        found[:, absent] = np.nan
        return found


Rows = FeatureRows | pd.DataFrame  # what is scored: a call's rows, or a book's


@lru_cache(maxsize=64)
def _places(names: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each of `wanted` stands in `names` (0 where it does not), and which of them do not."""
    place = {name: number for number, name in enumerate(names)}
    places = np.array([place.get(name, 0) for name in wanted], dtype=np.intp)
    return places, np.array([name not in place for name in wanted], dtype=bool)
