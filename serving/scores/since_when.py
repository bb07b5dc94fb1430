"""Since when a value has been on that side of what is typical on which it is now.

Read from the features that every published snapshot keeps: going back date by date, the earliest of those at
which the value was on the same side of what is typical *today*, or missing as it is today. The past is as it
was known then. Where an account (or a feature) has no earlier snapshot nothing is said, rather than guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.typical_values import TypicalValues

Matrix = NDArray[np.float64]
ABOVE, BELOW, MISSING, NO_SIDE = 1, -1, 2, 0


@dataclass(frozen=True, eq=False)
class PastFeatures:
    """Of the accounts scored as of a date: `values` (n, k) of `features`, NaN = missing."""

    as_of: str
    accounts: Sequence[str]
    features: Sequence[str]
    values: Matrix

    def of(self, accounts: pd.Series, names: Sequence[str]) -> tuple[Matrix, NDArray[np.bool_]]:
        """(m, names): these accounts' values; and where both the account and the feature were scored.

        >>> past = PastFeatures("2026-08-31T00:00:00Z", ["A-1"], ["seats"], np.array([[5.0]]))
        >>> values, known = past.of(pd.Series(["A-1", "A-2"]), ["seats", "mrr"])
        >>> values.tolist(), known.tolist()
        ([[5.0, nan], [nan, nan]], [[True, False], [False, False]])
        """
        row = pd.Index(self.accounts).get_indexer(pd.Index(accounts))
        column = pd.Index(self.features).get_indexer(pd.Index(names))
        known = (row >= 0)[:, None] & (column >= 0)[None, :]
        wider = np.pad(self.values, ((0, 1), (0, 1)), constant_values=np.nan)  # the place −1 is missing
        return wider[np.ix_(row, column)], known


class Since(NamedTuple):
    """An as-of date (`2026-08-31T00:00:00Z`). `or_before`: it is the first that is known of the account."""

    as_of: str
    or_before: bool


@dataclass(frozen=True, eq=False)
class SinceWhen:
    """Of n accounts and k features: `first` (n, k) is a place in `dates` (newest first), −1 where nothing is
    said; `or_before` (n, k) says that the past which is known ends there."""

    place: Mapping[str, int]
    dates: Sequence[str]
    first: NDArray[np.intp]
    or_before: NDArray[np.bool_]

    def of(self, account: int, feature: str) -> Since | None:
        """Since when, for the account in this place of the rows; None where nothing is said."""
        if (column := self.place.get(feature)) is None or (first := self.first[account, column]) < 0:
            return None
        return Since(self.dates[first], bool(self.or_before[account, column]))


def since_when(
    rows: pd.DataFrame,
    names: Sequence[str],
    typical: TypicalValues,
    as_of: str,
    past: Iterable[PastFeatures],
) -> SinceWhen:
    """Of rows (account_id, the features `names`, segment or none) as of a date, by earlier dates, newest
    first. `past` is read only as far as any value has stayed on its side."""
    usual = _typical_of_rows(rows, names, typical)
    sides = _sides(rows[list(names)].to_numpy("float64"), usual)
    going_on = sides != NO_SIDE
    first = np.where(going_on, 0, -1).astype(np.intp)
    or_before = np.zeros(first.shape, dtype=bool)
    dates = [as_of]
    for number, then in enumerate(past, start=1):
        dates.append(then.as_of)
        values, known = then.of(rows["account_id"], names)
        or_before |= going_on & ~known
        going_on &= known & (_sides(values, usual) == sides)
        first[going_on] = number
        if not going_on.any():
            break
    or_before |= going_on
    first[or_before & (first == 0)] = -1  # no earlier date is known of it
    return SinceWhen({name: n for n, name in enumerate(names)}, dates, first, or_before)


def _typical_of_rows(rows: pd.DataFrame, names: Sequence[str], typical: TypicalValues) -> Matrix:
    """(n, k): what is typical of each row's segment, NaN where that is not known."""
    segments = rows["segment"].tolist() if "segment" in rows else [None] * len(rows)
    by_segment = {
        segment: [typical.of(name, segment)[0] for name in names]
        for segment in {own if isinstance(own, str) else None for own in segments}
    }
    found = [by_segment[own if isinstance(own, str) else None] for own in segments]
    return np.array(found, dtype="float64").reshape(len(rows), len(names))


def _sides(values: Matrix, usual: Matrix) -> NDArray[np.int8]:
    above, below = values > usual, values < usual  # neither where one of the two is not known
    return np.select([np.isnan(values), above, below], [MISSING, ABOVE, BELOW], NO_SIDE).astype(np.int8)
