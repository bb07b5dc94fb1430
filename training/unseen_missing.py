"""Values that are missing now and never were in training: what is put in their place.

LightGBM reads a missing value of a feature that it never saw missing as 0, without a word. Here the typical
value (the training median) stands in, for every member; the row is flagged, and its interval grows by what
the feature's contribution varied by in training.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.calibration import Matrix


@dataclass(frozen=True, eq=False)
class UnseenMissing:
    """`seen` (k,): whether a feature was ever missing in training (also: always, or nothing was seen at all).

    `typical` (k,): its training median. `variance` (k,): of its contribution in log-odds, over training
    rows (some of them, where there are many).

    >>> unseen = UnseenMissing(np.array([True, False]), np.array([1.0, 5.0]), np.array([0.1, 0.2]))
    >>> X = np.array([[np.nan, np.nan], [2.0, 3.0]])
    >>> unseen.filled(X).tolist()
    [[nan, 5.0], [2.0, 3.0]]
    >>> unseen.where(X).tolist(), unseen.added_variance(X).tolist()
    ([[False, True], [False, False]], [0.2, 0.0])
    """

    seen: NDArray[np.bool_]
    typical: Matrix
    variance: Matrix

    @classmethod
    def of(cls, X: Matrix, typical: Matrix) -> UnseenMissing:
        """Read from training rows (n, k); the variance is still unknown, and 0."""
        missing = np.isnan(X)
        seen = missing.any(axis=0) if len(X) else np.ones(X.shape[1], dtype=bool)
        return cls(np.asarray(seen), typical, np.zeros(X.shape[1]))

    def where(self, X: Matrix) -> NDArray[np.bool_]:
        """(n, k): missing here, and never missing in training."""
        return np.isnan(X) & ~self.seen

    def filled(self, X: Matrix) -> Matrix:
        """(n, k): the rows with the typical value in those places."""
        return np.where(self.where(X), self.typical, X)

    def added_variance(self, X: Matrix) -> Matrix:
        """(n,): what those places add to the variance of the log-odds."""
        there = np.where(self.where(X), self.variance, 0.0)
        # From left to right, so that a row has the same bits in any batch.
        return np.asarray(np.add.accumulate(there, axis=1)[:, -1]) if there.shape[1] else np.zeros(len(X))
