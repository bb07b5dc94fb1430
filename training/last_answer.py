"""The last answer for few rows: a health payload asks a model four times of the same ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
MOST_ROWS = 1_000


class LastAnswer:
    """Remembers what was made of the last rows, known again by their bytes and not by their place.

    Where several threads ask at once, one of them makes anew what another has replaced; none is given an
    answer of other rows, since the rows and their answer are one tuple.

    >>> last, made = LastAnswer(), []
    >>> one = np.ones((1, 2))
    >>> for X in (one, one.copy(), one + 1): _ = last.of(X, None, lambda: made.append(1) or one)
    >>> len(made)
    2
    """

    def __init__(self) -> None:
        self._kept: tuple[tuple[bytes, Any, Any], Any] | None = None

    def of(self, X: Matrix, segment: Sequence[Any] | None, make: Callable[[], Any]) -> Any:
        """What `make` returned for these rows and segments, not to be written to."""
        if len(X) > MOST_ROWS:
            return make()
        key = (X.tobytes(), X.shape, None if segment is None else tuple(segment))
        kept = self._kept
        if kept is None or kept[0] != key:
            self._kept = kept = (key, make())
        return kept[1]
