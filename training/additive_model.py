"""A bag of small boosted trees that is scored and explained by look-up, in plain NumPy.

A row gives each tree a pattern of at most 7 answers (`tree_patterns`); its leaf and its SHAP values for that
pattern stand in a table (`shapley_tables`). Scoring compares, looks up and adds. Rows are dealt with in
blocks that fit the processor's cache, and every sum runs tree by tree in the same order, so that a row's
result is the same to the bit whatever batch it comes in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.faults import Fault, WrongUse
from training.last_answer import LastAnswer
from training.shapley_tables import ShapleyTables, shapley_tables
from training.summed_tables import SummedTables, merged
from training.tree_checks import Arrays, check_trees
from training.tree_patterns import TreePatterns

Matrix = NDArray[np.float64]

BLOCK = 2**18  # values compared, or added up, at a time: 2 MB


@dataclass(frozen=True, eq=False)
class AdditiveTrees:
    """A bag of boosters over named features. Log-odds are of churn: higher is worse.

    Make one with `from_arrays` (checked arrays) or `tree_tables.additive_trees` (LightGBM boosters).
    `bags` is how many boosters there are; `expected` the mean log-odds over the training rows, which
    the contributions start from.
    """

    features: tuple[str, ...]
    arrays: Arrays
    bags: int
    expected: float
    _patterns: TreePatterns
    _tables: ShapleyTables

    @classmethod
    def from_arrays(cls, features: Sequence[str], arrays: Arrays) -> AdditiveTrees:
        """The model of trees laid out as in `tree_checks.LAYOUT`. DataFault with all that is wrong."""
        check_trees(features, arrays)
        tables, bags = shapley_tables(arrays), int(arrays["bag"][-1]) + 1
        expected = float(tables.expected.sum()) / bags
        return cls(tuple(features), arrays, bags, expected, TreePatterns.from_arrays(arrays), tables)

    def log_odds(self, X: ArrayLike) -> Matrix:
        """Log-odds of churn, the mean over the bags: (n, n_features) -> (n,). NaN means missing.

        WrongUse where X is not a matrix with one column per feature, in the order of `features`.
        `tree_tables.additive_trees` has an example.
        """
        return self._sums(X, self._whole)[:, 0] / self.bags

    def bag_log_odds(self, X: ArrayLike) -> Matrix:
        """Log-odds of churn from each bag: (n, n_features) -> (n, bags). Their spread is the bag's doubt."""
        return self._sums(X, self._by_bag)

    def answers(self, X: ArrayLike) -> NDArray[np.uint8]:
        """Which way each row goes in each tree: (n, n_features) -> (n, T), bit i is "left at node i"."""
        keys = self._keys(self._checked(X)) - self._patterns.first_key
        return np.asarray(keys, dtype=np.uint8)

    def contributions(self, X: ArrayLike) -> Matrix:
        """SHAP values in log-odds of churn: (n, n_features) -> (n, n_features).

        `expected + contributions(X).sum(1)` is `log_odds(X)` up to rounding (1e-12).
        """
        return self._sums(X, self._by_feature) / self.bags

    def by_family(self, family_index: ArrayLike) -> Callable[[ArrayLike], Matrix]:
        """A function of rows: their SHAP values in log-odds of churn, added up by family.

        (n, n_features) -> (n, n_families). The tables are added up here, once. `family_index`
        (n_features,) names each feature's family by a number from 0. WrongUse otherwise.
        """
        family = np.asarray(family_index)
        if family.shape != (len(self.features),) or family.dtype.kind not in "iu" or family.min() < 0:
            allowed = f"{len(self.features)} whole numbers from 0, one per feature"
            fault = Fault(
                "family_index", family.tolist(), allowed, "give each feature's family by its number"
            )
            raise WrongUse("these families cannot be used", [fault])
        share, column = merged(self._tables.share, np.take(family, self._tables.feature))
        summed = SummedTables.of(share, column, int(family.max()) + 1)
        return lambda X: self._sums(X, summed) / self.bags

    def family_contributions(self, X: ArrayLike, family_index: ArrayLike) -> Matrix:
        """`by_family` for who asks once: (n, n_features), (n_features,) -> (n, n_families)."""
        return self.by_family(family_index)(X)

    @cached_property
    def _whole(self) -> SummedTables:
        return SummedTables.of(self._tables.value[..., None], np.zeros((len(self.arrays["bag"]), 1)), 1)

    @cached_property
    def _by_bag(self) -> SummedTables:
        return SummedTables.of(self._tables.value[..., None], self.arrays["bag"][:, None], self.bags)

    @cached_property
    def _by_feature(self) -> SummedTables:
        return SummedTables.of(self._tables.share, self._tables.feature, len(self.features))

    def _sums(self, X: ArrayLike, tables: SummedTables) -> Matrix:
        """What each tree gives for each row, added up by column: (n, n_features) -> (n, width)."""
        X = self._checked(X)
        rows = max(1, BLOCK // self._patterns.view.size)
        if len(X) <= rows:
            return tables.sums(self._keys(X))
        found = np.empty((len(X), tables.width))
        for start in range(0, len(X), rows):
            part = tables.sums(self._patterns.keys(X[start : start + rows]))
            found[start : start + len(part)] = part
        return found

    def _keys(self, X: Matrix) -> NDArray[np.intp]:
        """How few rows are treated by every tree: asked for the health, for its points and for its range."""
        keys: NDArray[np.intp] = self._last_keys.of(X, None, lambda: self._patterns.keys(X))
        return keys

    @cached_property
    def _last_keys(self) -> LastAnswer:
        return LastAnswer()

    def _checked(self, X: ArrayLike) -> Matrix:
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != len(self.features):
            wanted = f"(rows, {len(self.features)})"
            step = "bring one column per feature of the model, in the model's order"
            raise WrongUse("these rows cannot be scored", [Fault("X.shape", X.shape, wanted, step)])
        return X
