"""The book at a glance: all that the first page says of a snapshot, whatever its table is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore
from serving.pages.book_lines import Line, lines_of
from serving.pages.book_moves import BookMoves, earlier_snapshot, moves_of
from serving.pages.distribution_chart import Distribution, distribution_bars
from serving.pages.portfolio_counts import (
    Count,
    Group,
    by_band,
    by_both_bands,
    count_of,
    distribution,
    groups,
)

MOST_KEPT = 60  # one for each owner who looks


@dataclass(frozen=True)
class Glance:
    """What the caller of a store may see of a snapshot; `moves` None where there is no earlier one."""

    lines: Sequence[Line]
    moves: BookMoves | None
    bands: Sequence[Count]
    whole: Count
    both_bands: dict[tuple[str, str], int]
    bars: Distribution
    groups: Sequence[Group]
    owners: Sequence[str]
    segments: Sequence[str]


def glance_of(store: ScoreStore, snapshot: Snapshot) -> Glance:
    """The glance at a snapshot against the one before; worked out once for each owner."""
    since = earlier_snapshot(store, snapshot)
    key = (snapshot.id, since and since.id)
    found: Glance = store.remember_seen("glance", key, lambda: _made(store, snapshot, since), MOST_KEPT)
    return found


def _made(store: ScoreStore, snapshot: Snapshot, since: Snapshot | None) -> Glance:
    lines = lines_of(store, snapshot)
    return Glance(
        lines,
        None if since is None else moves_of(store, since, snapshot, lines),
        by_band(lines),
        count_of("all", lines),
        by_both_bands(lines),
        distribution_bars(distribution(lines)),
        groups(lines),
        _choices(lines, "owner"),
        _choices(lines, "segment"),
    )


def _choices(lines: Sequence[Line], name: str) -> list[str]:
    return sorted({value for line in lines if (value := getattr(line, name)) is not None})
