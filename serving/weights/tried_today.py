"""Proposed weights on today's book, at once: who changes band by the rule, and what revenue stands in each.

The accounts of a snapshot are measured once; weighing them anew is then a sum. What is counted is what
`vitals what-if` counts, and a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import select

from features.measured_rows import MeasuredRows
from features.params import RuleParams
from features.rule_weights import RuleWeights
from features.weighed_rows import Weighing
from serving.history.score_tables import score_history
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore
from serving.scores.shown_points import tenths_down

BANDS = ("green", "yellow", "red")
SHOWN = 20
Texts = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class TodaysBook:
    """The n accounts of a snapshot: what is known of them, and their measures under `rule`."""

    rule: RuleParams
    table: MeasuredRows
    facts: pd.DataFrame  # account_id, name, owner, segment, mrr


@dataclass(frozen=True)
class Counted:
    """Accounts and their monthly revenue, before and after."""

    name: str
    before: int
    after: int
    mrr_before: float
    mrr_after: float


@dataclass(frozen=True)
class Mover:
    """An account that changes band; scores as shown, rounded down to a tenth."""

    account_id: str
    name: str
    owner: str | None
    segment: str | None
    mrr: float | None
    score_before: float
    score_after: float
    band_before: str
    band_after: str


@dataclass(frozen=True)
class TriedToday:
    """`moves`: from band, to band, accounts; `movers`: the first of `moved`, those that end in red first."""

    accounts: int
    bands: Sequence[Counted]
    moves: Sequence[tuple[str, str, int]]
    movers: Sequence[Mover]
    moved: int


def todays_book(store: ScoreStore, snapshot: Snapshot) -> TodaysBook | None:
    """The snapshot's accounts, measured once and remembered; None where its features were not kept."""
    found: TodaysBook | None = store.remember(
        "todays_book", snapshot.id, lambda: _measured(store, snapshot), 2
    )
    return found


def tried_today(
    store: ScoreStore, snapshot: Snapshot, before: RuleWeights, after: RuleWeights
) -> TriedToday | None:
    """Both weights on the accounts that the store's caller may see; None as in `todays_book`."""
    book = todays_book(store, snapshot)
    if book is None:
        return None
    sides = [Weighing(weights.over(book.rule)).scores(book.table) for weights in (before, after)]
    mine = slice(None) if store.owner is None else (book.facts["owner"] == store.owner).to_numpy()
    facts = book.facts[mine].reset_index(drop=True)
    return _compared(facts, *((side.score[mine], side.band[mine]) for side in sides))


def _measured(store: ScoreStore, snapshot: Snapshot) -> TodaysBook | None:
    inputs, columns = store.seen_by(None).inputs_of(snapshot), score_history.c
    if inputs is None:
        return None
    wanted = (columns.account_id, columns.name, columns.owner, columns.segment, columns.details)
    query = select(*wanted).where(columns.snapshot_id == snapshot.id).order_by(columns.account_id)
    with store.begin() as connection:
        rows = [(*row[:4], row.details.get("mrr")) for row in connection.execute(query)]
    facts = pd.DataFrame(rows, columns=["account_id", "name", "owner", "segment", "mrr"], dtype=object)
    # Both by account id, though databases order texts each in their own way.
    facts = facts.sort_values("account_id", ignore_index=True)
    values = inputs.rows.sort_values("account_id", ignore_index=True)
    return TodaysBook(inputs.rule, MeasuredRows.of(values, inputs.rule, facts["segment"]), facts)


Side = tuple[NDArray[np.float64], NDArray[np.str_]]


def _compared(facts: pd.DataFrame, before: Side, after: Side) -> TriedToday:
    mrr = facts["mrr"].astype("float64").fillna(0.0).to_numpy()
    bands = [
        Counted(
            band,
            int((before[1] == band).sum()),
            int((after[1] == band).sum()),
            _cents(mrr[before[1] == band]),
            _cents(mrr[after[1] == band]),
        )
        for band in BANDS
    ]
    moved = np.flatnonzero(before[1] != after[1])
    place = {"red": 0, "yellow": 1, "green": 2}
    order = sorted(moved, key=lambda n: (place[str(after[1][n])], -mrr[n], facts["account_id"][n]))
    pairs = [(a, b, int(((before[1] == a) & (after[1] == b)).sum())) for a in BANDS for b in BANDS if a != b]
    shown = [tenths_down(side[0]) / 10 for side in (before, after)]
    movers = [
        Mover(
            **{str(name): _known(value) for name, value in facts.loc[n].items()},
            score_before=float(shown[0][n]),
            score_after=float(shown[1][n]),
            band_before=str(before[1][n]),
            band_after=str(after[1][n]),
        )
        for n in order[:SHOWN]
    ]
    return TriedToday(len(facts), bands, [pair for pair in pairs if pair[2]], movers, len(moved))


def _cents(mrr: NDArray[np.float64]) -> float:
    """Added exactly and rounded once, as in `serving.what_ifs.what_if`."""
    return round(float(np.rint(mrr * 100).sum()) / 100, 2)


def _known(value: Any) -> Any:
    return None if value is None or value != value else value
