"""What is known of accounts like this one: kept at training in the bundle, or read from the score history."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from features.catalog import load_catalog
from features.params import Windows
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore
from serving.path_to_green.levers import Known
from serving.path_to_green.standing import Planner
from serving.scores.learned_scorer import LearnedScorer
from training.plausible_moves import DAYS, NEAR, PlausibleMoves, plausible_moves
from training.typical_values import TypicalValues, typical_values

Source = Literal["training", "history", "assumed"]


def known_of(
    scorer: Planner, store: ScoreStore, snapshot: Snapshot, segment: str | None
) -> tuple[Known, Source]:
    """From the bundle's facts; where the rule answers, or the bundle is from before they were kept, from the
    snapshot and the one 60 days before it. `assumed`: there was no such one, and moves are assumed."""
    facts = scorer.health_model.facts if isinstance(scorer, LearnedScorer) else {}
    if "plausible_moves" in facts:
        moves, typical = PlausibleMoves.from_facts(facts["plausible_moves"]), TypicalValues.from_facts(facts)
        return Known(moves, typical, segment), "assumed" if moves.moves is None else "training"
    # A snapshot never changes; reading a whole one takes longer than a plan.
    key, whole = (snapshot.id, scorer.windows.model_dump_json()), store.seen_by(None)
    moves, typical = store.remember(
        "likely_moves", key, lambda: _of_history(whole, snapshot.id, snapshot.as_of, scorer.windows), 4
    )
    return Known(moves, typical, segment), "assumed" if moves.moves is None else "history"


def _of_history(
    store: ScoreStore, snapshot_id: int, as_of: str, windows: Windows
) -> tuple[PlausibleMoves, TypicalValues]:
    now = _rows(store, snapshot_id)
    before = _sixty_days_before(store, as_of)
    every = now if before is None else pd.concat([_rows(store, before), now], ignore_index=True)
    catalog = load_catalog(windows)
    names = [feature.name for feature in catalog if feature.name in now]
    return plausible_moves(every, catalog), typical_values(now, names)


def _rows(store: ScoreStore, snapshot_id: int) -> pd.DataFrame:
    snapshot = store.snapshot(snapshot_id)
    assert snapshot is not None
    inputs = store.inputs_of(snapshot)
    assert inputs is not None, "only a snapshot that was published with its features is asked"
    segments = {
        one.payload["account_id"]: one.details.get("segment") for one in store.all_scores_of(snapshot)
    }
    segment = inputs.rows["account_id"].map(segments).astype("object")
    return inputs.rows.assign(as_of=pd.Timestamp(snapshot.as_of), segment=segment)


def _sixty_days_before(store: ScoreStore, as_of: str) -> int | None:
    """The snapshot, with its features, of the date nearest to 60 days before; None where none is near."""
    moment = pd.Timestamp(as_of)
    apart = {date: abs((moment - pd.Timestamp(date)).days - DAYS) for date in store.as_of_dates(limit=400)}
    for date in sorted((date for date in apart if apart[date] <= NEAR), key=lambda date: apart[date]):
        found = store.newest_snapshot(date)
        if found is not None and store.inputs_of(found, "") is not None:
            return found.id
    return None
