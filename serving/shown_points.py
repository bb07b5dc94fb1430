"""Points as they are shown: tenths that add up, on every level.

Health is rounded *down* to a tenth, so that a shown 85.0 is always green. What is left for the
drivers is then a whole number of tenths, and it is handed out from the top: pillars first, the
families inside a pillar next, the features inside a family last, each time to the nearest tenth
and the remainder to those that lost most by rounding (largest remainder). So base + pillars,
base + families and base + features are all exactly the health that is shown.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Tenths = NDArray[np.int64]


def tenths_down(values: NDArray[np.float64]) -> Tenths:
    """Whole tenths, rounded down; 84.99999 is 849, never 850."""
    tenths = np.floor(values * 10).astype(np.int64)
    # 64.29999999999999 * 10 is 643 in float64: never more may be shown than there is.
    return tenths - (tenths / 10 > values)


def apportion(values: NDArray[np.float64], total: Tenths) -> Tenths:
    """Whole tenths near `values` that sum to `total` row by row: (n, k), (n,) -> (n, k).

    `values` are in tenths. Each entry is rounded to the nearest whole; what then lacks is given, one
    each, to the entries that lost most, what is too much is taken from those that won most. Where
    more tenths are to be moved than there are entries, each first takes an equal part. An entry of
    nothing (0) stays 0, unless all of the row are.

    >>> apportion(np.array([[1.4, 1.2, -0.3], [0.0, 1.4, 0.0]]), np.array([3, 2])).tolist()
    [[2, 1, 0], [0, 2, 0]]
    """
    whole = np.rint(values).astype(np.int64)
    lacking = total - whole.sum(axis=1)
    takes = (values != 0) | (values == 0).all(axis=1, keepdims=True)
    width = takes.sum(axis=1)
    equal = np.sign(lacking) * (np.abs(lacking) // width)
    whole += np.where(takes, equal[:, None], 0)
    rest = lacking - equal * width
    lost = np.where(takes, (values - whole) * np.sign(rest)[:, None], -np.inf)
    order = np.argsort(-lost, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return whole + np.where(rank < np.abs(rest)[:, None], np.sign(rest)[:, None], 0)


def nested_tenths(
    points: NDArray[np.float64], total: Tenths, pillars: Sequence[str], families: Sequence[str]
) -> Tenths:
    """Tenths per feature that sum to `total`, apportioned by pillar, then family, then feature.

    `points` (n, k) are health points; `pillars` and `families` name each of the k features' groups.
    """
    return _within(points * 10, total, [list(pillars), list(families)])


def _within(values: NDArray[np.float64], total: Tenths, levels: list[list[str]]) -> Tenths:
    if not levels:
        return apportion(values, total)
    groups = list(dict.fromkeys(levels[0]))
    members = {g: [i for i, name in enumerate(levels[0]) if name == g] for g in groups}
    # Added from left to right: `sum` changes in the last bits with the number of rows.
    sums = np.column_stack([np.cumsum(values[:, members[g]], axis=1)[:, -1] for g in groups])
    shown = np.empty(values.shape, dtype=np.int64)
    for share, (_, columns) in zip(apportion(sums, total).T, members.items(), strict=True):
        inner = [[level[i] for i in columns] for level in levels[1:]]
        shown[:, columns] = _within(values[:, columns], share, inner)
    return shown
