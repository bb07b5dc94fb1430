"""Which way a row goes at every node of every small tree: one byte of answers per row and tree.

LightGBM's rules, to the letter: values within 1e-35 of zero are zero; a node compares by `<=`; a NaN counts
as zero where the node knows no missing values; where it does, the missing (NaN, or zero and NaN) go the
node's default way. To have one plain comparison do all that, a column is first turned into *views*, in
which each missing value is replaced by what sends it the right way: 0, -inf (left) or NaN (right).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.tree_checks import MISSING_NONE, NODES, PATTERNS, Arrays

# LightGBM's kZeroThreshold, a float32.
ZERO = float(np.float32(1e-35))
# By rule: no missing values; zero and NaN go left, right; NaN goes left, right.
FILL = np.array([0.0, -np.inf, np.nan, -np.inf, np.nan])
ZERO_IS_MISSING = np.array([False, True, True, False, False])


@dataclass(frozen=True, eq=False)
class TreePatterns:
    """The questions of T trees: what each view (of V) is made of, which view a place in a tree compares
    with which threshold ((T, 8): 7 nodes and one place that is always empty, to fill a byte), and where a
    tree's patterns start in a table of T · 128 rows."""

    view_feature: NDArray[np.intp]
    view_fill: NDArray[np.float64]
    view_zero_is_missing: NDArray[np.bool_]
    view: NDArray[np.intp]
    threshold: NDArray[np.float64]
    first_key: NDArray[np.intp]

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> TreePatterns:
        """The questions of trees laid out as in `tree_checks.LAYOUT` (checked beforehand).

        Empty places ask for `<= NaN`, which is never answered by yes.
        """
        node = np.arange(NODES) < arrays["leaves"][:, None] - 1
        missing = arrays["missing"].astype(np.intp)
        rule = np.where(missing == MISSING_NONE, 0, 2 * missing - arrays["default_left"])
        view = np.where(node, arrays["feature"] * len(FILL) + rule, 0)
        views, places = np.unique(_padded(view, 0), return_inverse=True)
        feature, rule = np.divmod(views, len(FILL))
        threshold = _padded(np.where(node, arrays["threshold"], np.nan), np.nan)
        first_key = np.arange(len(node)) * PATTERNS
        return cls(feature, FILL[rule], ZERO_IS_MISSING[rule], places, threshold, first_key)

    def keys(self, X: NDArray[np.float64]) -> NDArray[np.intp]:
        """(n, n_features) -> (n, T): 128 · tree + pattern, where bit i of the pattern is "left at node i"."""
        left = np.take(self._views(X), self.view, axis=1) <= self.threshold
        patterns = np.packbits(left, bitorder="little").reshape(len(X), len(self.first_key))
        keys: NDArray[np.intp] = self.first_key + patterns
        return keys

    def _views(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        values = np.take(X, self.view_feature, axis=1)
        zero = np.abs(values) <= ZERO
        missing = np.isnan(values) | (zero & self.view_zero_is_missing)
        return np.where(missing, self.view_fill, np.where(zero, 0.0, values))


def _padded(entries: NDArray[Any], fill: float) -> NDArray[Any]:
    """(T, 7) -> (T, 8): one more place, so that a tree's answers fill a byte."""
    return np.pad(entries, ((0, 0), (0, 1)), constant_values=fill)
