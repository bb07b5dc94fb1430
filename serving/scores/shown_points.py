"""Points as they are shown: tenths that add up, on every level.

Health is rounded *down* to a tenth, so that a shown 85.0 is always green. What is left for the
drivers is then a whole number of tenths, and it is handed out from the top: pillars first, the
families inside a pillar next, the features inside a family last, each time to the nearest tenth
and the remainder to those that lost most by rounding (largest remainder). So base + pillars,
base + families and base + features are all exactly the health that is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Tenths = NDArray[np.int64]


def tenths_down(values: NDArray[np.float64]) -> Tenths:
    """Whole tenths, rounded down; 84.99999 is 849, never 850."""
    tenths = np.floor(values * 10).astype(np.int64)
    # 64.29999999999999 * 10 is 643 in float64: never more may be shown than there is.
    return tenths - (tenths / 10 > values)


def nested_tenths(values: NDArray[np.float64], total: Tenths, nesting: Nesting) -> Tenths:
    """Tenths per feature (n, k) that sum to `total` (n,), apportioned by pillar, then family, then feature.

    `values` (n, k) are health points, in the columns that `nesting` is of.

    >>> nesting = Nesting.of(["voice", "usage", "usage"], ["nps", "depth", "depth"])
    >>> nested_tenths(np.array([[0.14, 0.12, -0.03]]), np.array([3]), nesting).tolist()
    [[2, 1, 0]]
    """
    inner = values[:, nesting.order] * 10
    for_level = [*(_group_sums(inner, starts) for starts in nesting.starts), inner]
    share = total[:, None]
    for level, part_of in zip(for_level, nesting.part_of, strict=True):
        share = apportion_parts(level, share, part_of)
    shown = np.empty_like(share)
    shown[:, nesting.order] = share
    return shown


@dataclass(frozen=True, eq=False)
class Nesting:
    """How k features nest in families, and these in pillars. `order` (k,) puts a family's features side by
    side, and a pillar's families. `starts`: where the pillars begin in that order, where the families do.
    `part_of`: of each pillar (they are parts of one whole), family and feature, what it is a part of.
    """

    order: NDArray[np.intp]
    starts: tuple[NDArray[np.intp], NDArray[np.intp]]
    part_of: tuple[Parts, Parts, Parts]

    @classmethod
    def of(cls, pillars: Sequence[str], families: Sequence[str]) -> Nesting:
        """Of features whose pillar and family are named; each group stands where it is first named."""
        pillar, family = _numbers(pillars), _numbers(list(zip(pillars, families, strict=True)))
        order = np.lexsort((family, pillar))
        first = [np.flatnonzero(np.diff(level[order], prepend=-1)) for level in (pillar, family)]
        of_family = _numbers(pillar[order][first[1]].tolist())
        levels = np.zeros(len(first[0]), np.intp), of_family, _numbers(family[order].tolist())
        return cls(order, (first[0], first[1]), tuple(Parts.of(level) for level in levels))  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Parts:
    """Entries (k,) in groups that stand side by side: the `group` of each, its place `within` it, and where
    the groups start."""

    group: NDArray[np.intp]
    within: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, group: NDArray[np.intp]) -> Parts:
        """`group` (k,) rises from 0 without a gap."""
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        return cls(group, np.arange(len(group)) - starts[group], starts)


def apportion(values: NDArray[np.float64], total: Tenths) -> Tenths:
    """Whole tenths near `values` that sum to `total` row by row: (n, k), (n,) -> (n, k).

    `values` are in tenths. Each entry is rounded to the nearest whole; what then lacks is given, one
    each, to the entries that lost most, what is too much is taken from those that won most. Where
    more tenths are to be moved than there are entries, each first takes an equal part. An entry of
    nothing (0) stays 0, unless all of the row are.

    >>> apportion(np.array([[1.4, 1.2, -0.3], [0.0, 1.4, 0.0]]), np.array([3, 2])).tolist()
    [[2, 1, 0], [0, 2, 0]]
    """
    return apportion_parts(values, total[:, None], Parts.of(np.zeros(values.shape[1], dtype=np.intp)))


def apportion_parts(values: NDArray[np.float64], total: Tenths, parts: Parts) -> Tenths:
    """The same in each of several groups: (n, k), (n, groups) -> (n, k)."""
    if not values.shape[1]:
        return np.zeros(values.shape, dtype=np.int64)
    group, starts = parts.group, parts.starts
    whole = np.rint(values).astype(np.int64)
    lacking = total - np.add.reduceat(whole, starts, axis=1)
    some = values != 0
    takes = some | ~np.logical_or.reduceat(some, starts, axis=1)[:, group]
    width = np.add.reduceat(takes, starts, axis=1, dtype=np.int64)
    sign = np.sign(lacking)
    equal = sign * (np.abs(lacking) // width)
    whole += np.where(takes, equal[:, group], 0)
    rest, sign = np.abs(lacking - equal * width)[:, group], sign[:, group]
    kept = np.where(takes, (whole - values) * sign, np.inf)
    # Group by group those that lost most come first; the groups stay where they are.
    order = np.lexsort((kept, group + np.zeros(kept.shape, dtype=np.intp)), axis=1)
    moved = np.where(parts.within < rest, sign, 0)
    whole[np.arange(len(whole))[:, None], order] += moved
    return whole


def _group_sums(values: NDArray[np.float64], starts: NDArray[np.intp]) -> NDArray[np.float64]:
    """(n, k) -> (n, groups): sums of neighbours. By differences of what is added up from left to right:
    NumPy's own sums change in the last bits with the number of rows."""
    upto = np.zeros((len(values), values.shape[1] + 1))
    np.add.accumulate(values, axis=1, out=upto[:, 1:])
    ends = np.append(starts[1:], values.shape[1])
    return upto[:, ends] - upto[:, starts]


def _numbers(names: Sequence[object]) -> NDArray[np.intp]:
    """Each name's number, in the order in which they are first named."""
    place = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([place[name] for name in names], dtype=np.intp)
