"""Does the health ever go against the catalogue? Counted over rows of which one value is changed.

A violation: a value is changed for the better, as the catalogue has it, and the health falls; or for the
worse, and it rises. Changes of the last bits (1e-9 points) are rounding and do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.catalog import Feature
from training.calibration import Matrix
from training.pooled_log_odds import Segment

Progress = Callable[[str], None]
Health = Callable[[Matrix, Segment], Matrix]

ROUNDING = 1e-9  # health points
ROWS = 20_000  # changed and scored at a time
BEYOND = np.array([-np.inf, np.inf, 0.0, -1e300, 1e300])


@dataclass(frozen=True)
class DirectionCheck:
    """`changed`: how many of the changes moved the health at all. `worst`: the greatest violation, in points.

    `violations_by_feature` names the features that went against the catalogue.
    """

    perturbations: int
    changed: int
    violations: int
    worst: float
    violations_by_feature: dict[str, int]

    def as_text(self) -> str:
        """One line.

        >>> DirectionCheck(1000, 700, 0, 0.0, {}).as_text()
        '0 violations of the directions in 1000 perturbations, 700 of which moved the health'
        """
        told = (
            f"{self.violations} violations of the directions in {self.perturbations} perturbations, "
            f"{self.changed} of which moved the health"
        )
        by = ", ".join(f"{name} {count}" for name, count in self.violations_by_feature.items())
        return told + (f"; by up to {self.worst:.3g} points: {by}" if by else "")


def check_directions(
    health: Health,
    X: Matrix,
    segment: Segment,
    catalog: Sequence[Feature],
    perturbations: int,
    seed: int = 0,
    progress: Progress = lambda _: None,
) -> DirectionCheck:
    """Changes one value of a row at a time, of features with a direction, and compares the health.

    `X` (n, k) in the catalogue's order, real rows at best, NaN = missing; `segment` (n,). A value is
    replaced by one of another row, by a near one, by one from anywhere in the feature's range, or by an
    absurd one; where it was missing, by two different ones in turn.
    """
    draws = np.random.default_rng(seed)
    direction = np.array([-feature.monotone_in_churn for feature in catalog])
    named = None if segment is None else np.array(segment, dtype=object)
    values = [_values_of(X[:, j], feature) for j, feature in enumerate(catalog)]
    moved, found = 0, np.zeros(len(catalog), dtype=np.int64)
    worst = 0.0
    for start in range(0, perturbations, ROWS):
        progress(f"{start} of {perturbations} perturbations")
        n = min(ROWS, perturbations - start)
        row, column = draws.integers(len(X), size=n), draws.choice(np.flatnonzero(direction), n)
        before, after = _two_values(X, row, column, values, draws)
        step = ((after > before).astype(int) - (after < before)) * direction[column]
        low, high = X[row].copy(), X[row].copy()
        low[np.arange(n), column], high[np.arange(n), column] = before, after
        where = None if named is None else named[row].tolist()
        gained = (health(high, where) - health(low, where)) * step
        moved += int((gained != 0).sum())
        against = gained < -ROUNDING
        found += np.bincount(column[against], minlength=len(catalog))
        worst = max(worst, float(-gained.min()))
    by_feature = {feature.name: int(c) for feature, c in zip(catalog, found, strict=True) if c}
    return DirectionCheck(perturbations, moved, int(found.sum()), worst if by_feature else 0.0, by_feature)


def _two_values(
    X: Matrix,
    row: NDArray[np.intp],
    column: NDArray[np.intp],
    values: list[Matrix],
    draws: np.random.Generator,
) -> tuple[Matrix, Matrix]:
    """A value before (the row's own, if it has one) and one after, for each perturbation."""
    drawn = np.array([values[j][draws.integers(len(values[j]), size=2)] for j in column])
    before = np.where(np.isnan(X[row, column]), drawn[:, 0], X[row, column])
    finite = np.where(np.isfinite(before), before, 0.0)
    near = finite + np.abs(finite) * draws.normal(0, 0.1, len(row))
    after = np.where(draws.random(len(row)) < 0.25, near, drawn[:, 1])
    return before, after


def _values_of(column: Matrix, feature: Feature) -> Matrix:
    """What a value may be replaced by: those of the rows, some of the range, and absurd ones."""
    known = column[~np.isnan(column)]
    low = known.min(initial=0.0) if feature.range[0] is None else feature.range[0]
    high = 2 * known.max(initial=1.0) if feature.range[1] is None else feature.range[1]
    return np.concatenate([known, np.linspace(low, high, 1 + len(known) // 4), BEYOND])
