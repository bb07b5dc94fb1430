"""What moved since an earlier snapshot: by how much, into which band, and by what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from serving.api.request_fields import utc_text
from serving.closed_loop.moments import moment_of
from serving.history.score_tables import snapshots
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore
from serving.pages.book_lines import BANDS, Line, lines_of

A_WEEK = timedelta(days=7)
SHOWN = 5


@dataclass(frozen=True)
class Moved:
    """An account that was in both snapshots.

    `family`: the features whose points moved most the way the health did, by `family_moved`; None where
    none did. `driver`: the first of them among the account's drivers of today.
    """

    line: Line
    before: Line
    family: str | None
    family_moved: float
    driver: Mapping[str, Any] | None

    @property
    def change(self) -> float:
        """In health points, as both were shown."""
        return round(self.line.health - self.before.health, 1)


@dataclass(frozen=True)
class BookMoves:
    """The book against the snapshot `since`. `changes`: health points by account id."""

    since: Snapshot
    changes: dict[str, float]
    falls: list[Moved]
    rises: list[Moved]
    crossings: list[tuple[str, str, int]]  # from band, to band, accounts
    joined: int
    left: int


def moves_of(store: ScoreStore, since: Snapshot, newest: Snapshot, lines: Sequence[Line]) -> BookMoves:
    """What moved between the snapshot `since` and the lines of the newest."""
    before = {line.account_id: line for line in lines_of(store, since)}
    both = [(line, was) for line in lines if (was := before.get(line.account_id)) is not None]
    crossed = Counter((was.band, line.band) for line, was in both if was.band != line.band)
    ranked = sorted(both, key=lambda pair: (pair[0].health - pair[1].health, pair[0].account_id))
    shown = [*ranked[:SHOWN], *ranked[::-1][:SHOWN]]
    scores = store.seen_by(None).scores_of(newest, sorted({line.account_id for line, _ in shown}))
    moved = [_moved(line, was, scores[line.account_id].payload["drivers"]) for line, was in shown]
    falls, rises = moved[: len(ranked[:SHOWN])], moved[len(ranked[:SHOWN]) :]
    return BookMoves(
        since,
        {line.account_id: round(line.health - was.health, 1) for line, was in both},
        [each for each in falls if each.change < 0],
        [each for each in rises if each.change > 0],
        sorted(
            ((first, last, n) for (first, last), n in crossed.items()),
            key=lambda each: (BANDS.index(each[1]), BANDS.index(each[0])),
        ),
        len(lines) - len(both),
        len(before) - len(both),
    )


def earlier_snapshot(store: ScoreStore, newest: Snapshot) -> Snapshot | None:
    """The newest snapshot a week older than `newest`, else the newest of any earlier date."""
    week = utc_text(moment_of(newest.as_of) - A_WEEK)
    order = select(snapshots.c.id).order_by(snapshots.c.as_of.desc(), snapshots.c.id.desc()).limit(1)
    with store.begin() as connection:
        for wanted in (snapshots.c.as_of <= week, snapshots.c.as_of < newest.as_of):
            found = connection.execute(order.where(wanted)).scalar()
            if found is not None:
                return store.snapshot(int(found))
    return None


def _moved(line: Line, before: Line, drivers: Sequence[Mapping[str, Any]]) -> Moved:
    change = line.health - before.health
    steps = {name: points - before.families.get(name, 0.0) for name, points in line.families.items()}
    along = {name: step for name, step in steps.items() if step * change > 0}
    if not along:
        return Moved(line, before, None, 0.0, None)
    family = max(along, key=lambda name: abs(along[name]))
    driver = next((each for each in drivers if each["family"] == family), None)
    return Moved(line, before, family, round(along[family], 1), driver)
