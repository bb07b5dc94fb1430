"""Rows that one account might have: its own features, with some of them moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(eq=False)
class Candidates:
    """`X` (n, k): the moved rows, changed in place. `own` (k,): the row as it is. NaN = missing.

    A feature that the row does not have reads as missing, and setting it does nothing: a model may have been
    trained without it.

    >>> rows = Candidates.of(["seats", "mrr"], np.array([5.0, np.nan]), [{"seats": 6.0}, {}])
    >>> rows["seats"].tolist(), rows.was("seats"), rows.knows("mrr"), rows.moved("seats").tolist()
    ([6.0, 5.0], 5.0, False, [True, False])
    """

    names: Sequence[str]
    own: Values
    X: Values

    @classmethod
    def of(cls, names: Sequence[str], own: Values, moves: Sequence[Mapping[str, float]]) -> Candidates:
        """One row per mapping of moved features to their new values."""
        found = cls(names, own, np.tile(own, (len(moves), 1)))
        for row, moved in zip(found.X, moves, strict=True):
            for name, value in moved.items():
                row[found.places[name]] = value
        return found

    @cached_property
    def places(self) -> dict[str, int]:
        """Each feature's column."""
        return {name: place for place, name in enumerate(self.names)}

    def __getitem__(self, name: str) -> Values:
        place = self.places.get(name)
        return np.full(len(self.X), np.nan) if place is None else self.X[:, place].copy()

    def __setitem__(self, name: str, values: Values) -> None:
        if (place := self.places.get(name)) is not None:
            self.X[:, place] = values

    def was(self, name: str) -> float:
        """The account's own value."""
        place = self.places.get(name)
        return float("nan") if place is None else float(self.own[place])

    def knows(self, *names: str) -> bool:
        """Whether the account's own values of all these are known."""
        return not any(np.isnan(self.was(name)) for name in names)

    def moved(self, name: str) -> NDArray[np.bool_]:
        """(n,): where it is no longer the account's own value; becoming known is a move too."""
        now, was = self[name], self.was(name)
        return np.asarray((now != was) & ~(np.isnan(now) & np.isnan(was)))

    def moved_anywhere(self) -> set[str]:
        """The features that any of the rows moves."""
        moved = (self.own != self.X) & ~(np.isnan(self.X) & np.isnan(self.own))
        return {self.names[place] for place in np.flatnonzero(moved.any(axis=0)).tolist()}
