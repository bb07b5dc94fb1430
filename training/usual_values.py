"""What was usual of each feature among the training rows, so that what is not can be noticed later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def usual_values(X: NDArray[np.float64], names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Per feature of training rows (n, k): `missing`, the share of rows without it; `same`, the share of
    the commonest value among the rows that have it; `low` and `high`, its finite extremes (None: no value).

    >>> usual_values(np.array([[1.0], [1.0], [4.0], [np.nan]]), ["seats"])
    {'seats': {'missing': 0.25, 'same': 0.6666666666666666, 'low': 1.0, 'high': 4.0}}
    """
    return {name: _usual(column) for name, column in zip(names, X.T, strict=True)}


def _usual(column: NDArray[np.float64]) -> dict[str, Any]:
    known = column[~np.isnan(column)]
    finite = known[np.isfinite(known)]
    _, counts = np.unique(known, return_counts=True)
    return {
        "missing": 1 - len(known) / len(column) if len(column) else 1.0,
        "same": int(counts.max()) / len(known) if len(known) else 1.0,
        "low": float(finite.min()) if len(finite) else None,
        "high": float(finite.max()) if len(finite) else None,
    }
