"""What a learned health could be, were the missing measures known: a range, as the rule has one (H2).

Bounds of the log-odds, with every missing feature at the value that is worst, or best, for it:

    linear member   a feature adds on its own, so its extremes are worked out once, over every bend of its
                    columns; the cap's term is bounded by the caps and scores that missing measures allow
    trees           of each tree the extreme leaf among those that the known answers leave open

The bounds hold each for itself, so the range may be wider than any single set of values makes it; and what
is known can only narrow it: setting a feature to null never raises the lower health. NumPy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.additive_model import BLOCK, AdditiveTrees
from training.linear_member import LinearMember
from training.linear_terms import CUTS, RAMP, Chosen, Matrix, RuleColumns, ValueColumns
from training.tree_checks import NODES, Arrays

# Of a byte whose bits are a tree's leaves, which are open: the first of them, and the last.
LOWEST = np.array([0] + [(byte & -byte).bit_length() - 1 for byte in range(1, 256)])
HIGHEST = np.array([0] + [byte.bit_length() - 1 for byte in range(1, 256)])

Bytes = NDArray[np.uint8]
Sides = tuple[Matrix, Matrix]
Segment = Sequence[Any] | None


@dataclass(frozen=True, eq=False)
class LinearRange:
    """The extremes of a linear member's log-odds; `filled` is X as it is shown to it (`unseen_missing`)."""

    member: LinearMember

    def sides(self, X: Matrix, filled: Matrix, segment: Segment) -> Sides:
        """Lowest and highest log-odds (n,) each, where NaN in X (n, k) may be anything."""
        rule = self.member.rule
        if rule is None or not rule.rule.stage_profiles:
            return self._under(X, filled, segment)
        # A stage that is missing may be any: every profile that it could lead to is tried.
        own = rule.profiles(X, segment)
        low, high = self._under(X, filled, [Chosen(int(place)) for place in own.places])
        for rows, place in own.others():
            if rows.any():
                least, most = self._under(X[rows], filled[rows], [Chosen(place)] * int(rows.sum()))
                low[rows], high[rows] = np.minimum(low[rows], least), np.maximum(high[rows], most)
        return low, high

    def _under(self, X: Matrix, filled: Matrix, segment: Segment) -> Sides:
        """The same under one profile of each row."""
        missing, terms = np.isnan(X), self.member.feature_terms(filled, segment)
        profile = self._profiles(filled, segment)
        caps = self._cap_sides(X, segment)
        return (
            _summed(np.where(missing, self._extremes[0][profile], terms), self.member.intercept + caps[0]),
            _summed(np.where(missing, self._extremes[1][profile], terms), self.member.intercept + caps[1]),
        )

    @cached_property
    def _extremes(self) -> Sides:
        """(profiles, k) each: the least and the most that each feature adds, over all of its values."""
        rule, k = self.member.rule, len(self.member.features)
        found = []
        for place in range(1 if rule is None else len(rule.shares)):
            bends = [_bends(j, self.member.values, rule) for j in range(k)]
            grid = np.full((max(map(len, bends)), k), np.nan)
            for j, values in enumerate(bends):
                grid[: len(values), j] = values
            terms = self.member.feature_terms(grid, [Chosen(place)] * len(grid))
            found.append((terms.min(axis=0), terms.max(axis=0)))
        low, high = zip(*found, strict=True)
        return np.array(low), np.array(high)

    def _profiles(self, X: Matrix, segment: Segment) -> NDArray[np.intp]:
        rule = self.member.rule
        return np.zeros(len(X), dtype=np.intp) if rule is None else rule.places(X, segment)

    def _cap_sides(self, X: Matrix, segment: Segment) -> Sides:
        """The extremes of the cap's term (n,): 0 where there is no rule."""
        if self.member.rule is None:
            return np.zeros(len(X)), np.zeros(len(X))
        place = len(self.member.rule.feature_of)
        deepest, shallowest = self.member.rule.cap_sides(X, segment)
        both = [
            (side - self.member.mean[place]) * self.member.coefficients[place]
            for side in (deepest, shallowest)
        ]
        return np.minimum(*both), np.maximum(*both)


@dataclass(frozen=True, eq=False)
class TreesRange:
    """The extremes of a bag of trees: which leaves are still open, tree by tree."""

    trees: AdditiveTrees

    def sides(self, X: Matrix, filled: Matrix) -> Sides:
        """Lowest and highest log-odds (n,) each, where NaN in X (n, k) may be anything."""
        rows = max(1, BLOCK // max(len(self._first), 1))
        low, high = np.zeros(len(X)), np.zeros(len(X))
        for start in range(0, len(X), rows):
            part = slice(start, start + rows)
            low[part], high[part] = self._of(X[part], filled[part])
        return low / self.trees.bags, high / self.trees.bags

    def _of(self, X: Matrix, filled: Matrix) -> Sides:
        leaves = self._open(self.trees.answers(filled), ~self._unknown(X))
        low, high = (np.take(self._value, self._first + of_byte[leaves]) for of_byte in (LOWEST, HIGHEST))
        return _summed(low, 0.0), _summed(high, 0.0)

    def _open(self, answers: Bytes, known: Bytes) -> Bytes:
        """(n, T): the leaves, as bits, that the known of these answers leave open."""
        care, wanted, _ = self._leaves
        found = np.zeros_like(answers)
        for leaf in range(NODES + 1):  # leaf by leaf, for a loop over eight is slow where it is the innermost
            closed = (answers ^ wanted[:, leaf]) & care[:, leaf] & known
            found |= (closed == 0).view(np.uint8) << np.uint8(leaf)
        return found

    def _unknown(self, X: Matrix) -> Bytes:
        """(n, T): the nodes, as bits, whose feature is missing."""
        missing, arrays = np.isnan(X).view(np.uint8), self.trees.arrays
        found = np.zeros((len(X), len(self._first)), dtype=np.uint8)
        for node in range(NODES):
            there = (node < arrays["leaves"] - 1).view(np.uint8)
            found |= (missing[:, arrays["feature"][:, node]] & there) << np.uint8(node)
        return found

    @cached_property
    def _leaves(self) -> tuple[Bytes, Bytes, Matrix]:
        return _paths(self.trees.arrays)

    @property
    def _value(self) -> Matrix:
        return self._leaves[2]

    @cached_property
    def _first(self) -> NDArray[np.intp]:
        """(T,): the place of each tree's first leaf among all."""
        return np.arange(len(self.trees.arrays["leaves"])) * (NODES + 1)


def _paths(arrays: Arrays) -> tuple[Bytes, Bytes, Matrix]:
    """(T, 8) each: the nodes on the way to a leaf, as bits; the answers it needs there; what it is worth.

    A tree's leaves rise in what they are worth, so that the first open one is the worst, or the last. A leaf
    that is not there repeats another.
    """
    trees = len(arrays["leaves"])
    care, wanted = np.zeros((2, trees, NODES + 1), dtype=np.uint8)
    value = np.zeros((trees, NODES + 1))
    for tree in range(trees):
        leaves = int(arrays["leaves"][tree])
        way = {0 if leaves > 1 else ~0: (0, 0)}
        for node in range(leaves - 1):  # parents come before their children
            asked, left = way[node]
            bit = 1 << node
            way[int(arrays["left"][tree, node])] = (asked | bit, left | bit)
            way[int(arrays["right"][tree, node])] = (asked | bit, left)
        for leaf in range(NODES + 1):
            there = leaf if leaf < leaves else 0
            care[tree, leaf], wanted[tree, leaf] = way[~there]
            value[tree, leaf] = arrays["leaf_value"][tree, there]
    rising = np.argsort(value, axis=1, kind="stable")
    care, wanted = (np.take_along_axis(bits, rising, axis=1) for bits in (care, wanted))
    return care, wanted, np.take_along_axis(value, rising, axis=1)


def _bends(j: int, values: ValueColumns, rule: RuleColumns | None) -> Matrix:
    """Values of feature j between which all its columns are straight lines; NaN, which is missing, too."""
    centre, scale = values.centre[j], values.scale[j]
    corners = np.concatenate([CUTS - RAMP / 2, CUTS + RAMP / 2]) * scale + centre
    found = [values.knots[j], np.interp(corners, values.scores[j], values.knots[j]), [values.typical[j]]]
    if rule is not None:
        places = zip(rule.measures, rule.feature_of, strict=True)
        found += [[at for at, _ in measure.curve] for measure, place in places if place == j]
    return np.append(np.unique(np.concatenate(found)), np.nan)


def _summed(terms: Matrix, start: Matrix | float) -> Matrix:
    """(n, m) -> (n,): from left to right, so that a row has the same bits in any batch."""
    first = np.broadcast_to(np.asarray(start, dtype=np.float64), (len(terms),))[:, None]
    return np.asarray(np.cumsum(np.concatenate([first, terms], axis=1), axis=1)[:, -1])
