"""Why health changed, as five parts that sum to the change exactly.

The path from the first snapshot to the last, and the part that each stretch of it is:

    decay             time alone passes: what was known at the first date, as of the last
    missing_evidence  features become known, or unknown
    behaviour         features that are known at both dates take the values that became known since
    configuration     the rule, the bands, the settings by which features are read, the account's segment
    model             the version of the model, or the rule in its place

Until the last two stretches everything is scored the first way. The order matters where effects interact;
it is fixed, and part of the answer. Within the first three, each feature that moves has its share by the
difference of its SHAP values (of the rule: its points) along the straight path of the stretch, as in
`training.health_model`; what features that did not move weigh otherwise now, beside the others, is `others`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from serving.changes.scoring_ways import Matrix, Measured, Segments, Way

PARTS = ("decay", "missing_evidence", "behaviour", "configuration", "model")
SPLIT = PARTS[:3]
DUST = 1e-10  # health points


@dataclass(frozen=True, eq=False)
class Moves:
    """n moves between two ways of scoring. `first`, `decayed`, `known` (n, k) have the columns `names`.

    `decayed` is what was known at first, as of the last date; where that was not kept, `first` once more.
    `known` is what became known, read the first way; `last` (n, m), with the columns `last_names`, is what
    the last way was given. `configured` is the first model, or rule, under the last configuration.
    `learned`: the features that a model makes itself, each version its own.
    """

    way: Way
    configured: Way
    last_way: Way
    names: tuple[str, ...]
    last_names: tuple[str, ...]
    first: Matrix
    decayed: Matrix
    known: Matrix
    last: Matrix
    segments: Segments
    last_segments: Segments
    learned: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Parts:
    """`health` (n, 6): before, and after each part; `bands` likewise. `points` (3, n, k): of SPLIT, by
    feature that moved. Where `configuration_apart` is false, the configuration's part is in the model's.
    """

    health: Matrix
    bands: list[tuple[str, ...]]
    points: Matrix
    configuration_apart: bool

    @cached_property
    def parts(self) -> Matrix:
        """(n, 5): what each part changed, in health points."""
        return np.diff(self.health, axis=1)

    @property
    def others(self) -> Matrix:
        """(3, n): what is left of each of SPLIT for features that did not move; without rounding's dust."""
        left = self.parts.T[: len(SPLIT)] - self.points.sum(axis=2)
        return np.asarray(np.where(np.abs(left) < DUST, 0.0, left))


def parts_of(moves: Moves) -> Parts:
    """Splits the moves. `health[:, 0] + parts.sum(1)` is `health[:, -1]` up to rounding (1e-9)."""
    stations = _stations(moves.first, moves.decayed, moves.known)
    segments = list(moves.segments) * len(stations)
    stacked = moves.way.measured(np.concatenate(stations), moves.names, segments)
    measured = [stacked.some(i * len(moves.first), (i + 1) * len(moves.first)) for i in range(len(stations))]
    stretches = zip(measured, measured[1:], stations, stations[1:], strict=False)
    points = [_shared(*stretch) for stretch in stretches]
    last = moves.last_way.measured(moves.last, moves.last_names, moves.last_segments)
    configured = last if moves.configured == moves.last_way else _configured(moves)
    whole = [*measured, configured or measured[-1], last]
    health = np.stack([one.health for one in whole], axis=1)
    bands = list(zip(*(one.band for one in whole), strict=True))
    return Parts(health, bands, np.stack(points), configured is not None)


def _stations(first: Matrix, decayed: Matrix, known: Matrix) -> list[Matrix]:
    """The features before, after decay, after missing evidence, after behaviour.

    Only a feature that is known all the way decays: one that would have run out and was renewed was never
    missing, and neither is it old.
    """
    appears = np.isnan(first) != np.isnan(known)
    ages = ~(np.isnan(first) | np.isnan(decayed) | np.isnan(known))
    aged = np.where(ages, decayed, first)
    return [first, aged, np.where(appears, known, aged), known]


def _shared(start: Measured, end: Measured, before: Matrix, after: Matrix) -> Matrix:
    """(n, k): the change of health along a stretch, by feature that moved.

    Where features cancel one another, so that the scale stands still, the tangent is their path.
    """
    step = end.scale - start.scale
    still = np.abs(step) < 1e-9
    slope = np.where(still, start.tangent, (end.health - start.health) / np.where(still, 1.0, step))
    moved = (before != after) & ~(np.isnan(before) & np.isnan(after))
    return np.asarray(np.where(moved, (end.shares - start.shares) * slope[:, None], 0.0))


def _configured(moves: Moves) -> Measured | None:
    """Scored by the first model, or rule, under the last configuration.

    None where that cannot be: the windows have changed, and the model knows no features of those names.
    """
    if not moves.configured.reads(moves.last_names):
        return None
    rows = moves.last.copy()
    for name in moves.learned & set(moves.names) & set(moves.last_names):
        rows[:, moves.last_names.index(name)] = moves.known[:, moves.names.index(name)]
    return moves.configured.measured(rows, moves.last_names, moves.last_segments)
