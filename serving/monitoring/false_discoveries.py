"""Many columns, one alarm: p-values adjusted so that few of the columns called drifted are not.

Benjamini & Yekutieli (2001), and not Benjamini & Hochberg (1995): the features of an account correlate, some
with others' opposites (answers given, days since the last answer), and their two-sided tests are not known
to be of the one kind of dependence under which the older rule holds. The price is a factor of about the
logarithm of the number of columns, which a change that matters pays easily. Where nothing at all has moved,
the chance of any alarm is at most the level, whatever depends on whatever.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Each p-value's adjusted one, 0 to 1, in their order: at or below the level means found at that level.

    >>> [round(q, 4) for q in adjusted([0.001, 0.5, 0.01])]
    [0.0055, 0.9167, 0.0275]
    >>> adjusted([])
    []
    """
    p = np.asarray(p_values, dtype=np.float64)
    count = len(p)
    if not count:
        return []
    order = np.argsort(p, kind="stable")
    places = np.arange(1, count + 1)
    scaled = p[order] * count / places * (1 / places).sum()
    found = np.empty(count)
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return [float(q) for q in found]
