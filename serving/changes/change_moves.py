"""The stages of an account's way from one snapshot to another, as the matrices that are split into parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.catalog import load_catalog
from serving.changes.account_past import Stage
from serving.changes.change_parts import Moves
from serving.changes.change_tables import Row
from serving.changes.scoring_ways import Way


@dataclass(frozen=True)
class Ways:
    """How the first snapshot was scored, how under the last configuration, how the last was."""

    first: Way
    configured: Way
    last: Way


def moves_of(some: Sequence[Stage], ways: Ways) -> Moves:
    """The moves of stages whose models, rules and names of features are the same."""
    windows = {stage.first.windows for stage in some}
    learned = frozenset(f.name for each in windows for f in load_catalog(each) if f.learned)
    return Moves(
        way=ways.first,
        configured=ways.configured,
        last_way=ways.last,
        names=some[0].first.names,
        last_names=some[0].last.names,
        first=np.stack([_row(stage.first.features) for stage in some]),
        decayed=np.stack([_decayed(stage) for stage in some]),
        known=np.stack([_known(stage, learned) for stage in some]),
        last=np.stack([_row(stage.last.features) for stage in some]),
        segments=[stage.first.segment for stage in some],
        last_segments=[stage.last.segment for stage in some],
        learned=learned,
    )


def _row(features: Row | None) -> Row:
    assert features is not None, "stages are made of snapshots that kept their features"
    return features


def _decayed(stage: Stage) -> Row:
    return _row(stage.first.features) if stage.decayed is None else stage.decayed


def _known(stage: Stage, learned: frozenset[str]) -> Row:
    """What became known, read the first way. Where it was not kept it is what was scored at last.

    What cannot be had from there stays as it was, and counts for the configuration or the model: a feature
    that has another name by then, and one that each version of the model makes itself.
    """
    if stage.known is not None:
        return stage.known
    first, last = stage.first, stage.last
    of_model = learned if first.snapshot.model != last.snapshot.model else frozenset()
    values = dict(zip(last.names, _row(last.features), strict=True))
    pairs = zip(first.names, _row(first.features), strict=True)
    found = [value if name in of_model else values.get(name, value) for name, value in pairs]
    return np.array(found, dtype="float64")
