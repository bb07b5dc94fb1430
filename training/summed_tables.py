"""Tables of small trees, looked up by the key of each tree and added up by column: a row's sum of sums."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from training.tree_checks import NODES

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SummedTables:
    """`by_key` (T · 128, places): what a tree gives, by its key (`tree_patterns`), in `places` entries.

    `column` (T · places,) says to which of `width` sums an entry goes.
    """

    by_key: Matrix
    column: NDArray[np.intp]
    width: int
    _cells: list[NDArray[np.intp]] = field(default_factory=list)

    @classmethod
    def of(cls, table: Matrix, column: NDArray, width: int) -> SummedTables:
        """`table` (T, 128, places), `column` (T, places) from 0 to `width` - 1."""
        places = table.shape[-1]
        return cls(np.ascontiguousarray(table.reshape(-1, places)), column.astype(np.intp).ravel(), width)

    def sums(self, keys: NDArray[np.intp]) -> Matrix:
        """(n, T) -> (n, width). `bincount` adds in order, tree by tree, whatever the number of rows."""
        n = len(keys)
        found = np.take(self.by_key, keys, axis=0)
        if self.width == 1:  # the same order, and a third of the time
            return np.asarray(np.cumsum(found.reshape(n, len(self.column)), axis=1)[:, -1:])
        weights, cells = found.ravel(), self._cells_of(n)
        flat = np.asarray(np.bincount(cells, weights, minlength=n * self.width), dtype=np.float64)
        return flat.reshape(n, self.width)

    def _cells_of(self, rows: int) -> NDArray[np.intp]:
        """The cell of the result that each entry goes to; kept for the most rows seen, for they cost as much
        as the sums."""
        size = rows * len(self.column)
        if not self._cells or len(self._cells[0]) < size:
            self._cells[:] = [(np.arange(rows)[:, None] * self.width + self.column).ravel()]
        return self._cells[0][:size]


def merged(share: Matrix, column: NDArray[np.intp]) -> tuple[Matrix, NDArray[np.intp]]:
    """Entries of a tree that go to the same column, added up: (T, 128, 7), (T, 7) -> narrower ones.

    >>> share, column = merged(np.ones((1, 128, 7)), np.array([[3, 3, 0, 3, 0, 0, 0]]))
    >>> share[0, 0].tolist(), column.tolist()
    ([4.0, 3.0], [[0, 3]])
    """
    trees = [np.unique(columns, return_inverse=True) for columns in column]
    places = max(len(distinct) for distinct, _ in trees)
    narrow, to = np.zeros((*share.shape[:2], places)), np.zeros((len(share), places), np.intp)
    for tree, (distinct, place) in enumerate(trees):
        to[tree, : len(distinct)] = distinct
        for entry in range(NODES):
            narrow[tree, :, place[entry]] += share[tree, :, entry]
    return narrow, to
