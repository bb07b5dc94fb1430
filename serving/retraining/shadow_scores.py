"""What the challenger says of a book that the champion has just scored: kept, never published as health."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, and_, insert, select

from serving.history.score_tables import score_history, snapshots
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore
from serving.retraining import attempts
from serving.retraining.retraining_tables import shadow_scores
from serving.scores.champion import Settings, champion_scorer, find_version
from training.all_params import AllParams
from training.text_feature import signal_name

if TYPE_CHECKING:
    from serving.batch.batch_scoring import ScoredBook

logger = logging.getLogger("vitals.retraining")
ROWS_PER_INSERT = 1_000
s = shadow_scores.c


def shadow_scored(
    store: ScoreStore, scored: ScoredBook, snapshot: Snapshot, params: AllParams, registry: Path
) -> int:
    """Has the challenger that is tried score the same book; how many accounts it scored, 0 where none is.

    It never raises: whatever is wrong with a challenger, the champion's scores are published already.
    """
    try:
        return _shadow_scored(store, scored, snapshot, params, registry)
    except Exception as error:
        logger.error("the challenger could not score beside the champion: %s", type(error).__name__)
        return 0


def _shadow_scored(
    store: ScoreStore, scored: ScoredBook, snapshot: Snapshot, params: AllParams, registry: Path
) -> int:
    with store.begin() as connection:
        attempt = attempts.open_one(connection)
        if attempt is None or attempt.state != "shadow" or _is_kept(connection, attempt.id, snapshot.id):
            return 0
    version = find_version(registry, attempt.version)
    if version is None or scored.model["version"] == attempt.version:
        return 0
    scorer = champion_scorer(version, registry, Settings(params.rule, params.features.windows))
    # The feature that a model makes of words is its own: the champion's is taken off first.
    rows = scored.rows.assign(**{signal_name(params.features.windows): np.nan})
    verdict = scorer.verdict(scorer.told_by_book(rows, scored.source))
    told = zip(scored.rows["account_id"], verdict.health, verdict.band, strict=True)
    ids = {"retraining_id": attempt.id, "snapshot_id": snapshot.id}
    made = [ids | {"account_id": str(a), "health": float(h), "band": str(b)} for a, h, b in told]
    with store.writing() as connection:
        if _is_kept(connection, attempt.id, snapshot.id):
            return 0
        for start in range(0, len(made), ROWS_PER_INSERT):
            connection.execute(insert(shadow_scores), made[start : start + ROWS_PER_INSERT])
    return len(made)


def _is_kept(connection: Connection, attempt: int, snapshot: int) -> bool:
    mine = (s.retraining_id == attempt) & (s.snapshot_id == snapshot)
    return connection.execute(select(s.account_id).where(mine).limit(1)).first() is not None


def side_by_side(
    connection: Connection, attempt: int, seen: ColumnElement[bool] | None = None
) -> pd.DataFrame:
    """`as_of`, `account_id`, and of champion and challenger `health` and `band`, by date and account.

    Of an as-of date that was published twice the later one counts. `seen`: which accounts the caller may see
    (`ScoreStore.owned`); None: all of them.
    """
    h, p = score_history.c, snapshots.c
    both = (h.snapshot_id == s.snapshot_id) & (h.account_id == s.account_id)
    told = (p.id, p.as_of, s.account_id, h.health, h.band, s.health, s.band)
    query = select(*told).select_from(
        shadow_scores.join(score_history, both).join(snapshots, p.id == s.snapshot_id)
    )
    wanted = s.retraining_id == attempt if seen is None else and_(s.retraining_id == attempt, seen)
    names = ["snapshot", "as_of", "account_id", "champion", "champion_band", "challenger", "challenger_band"]
    found = pd.DataFrame(connection.execute(query.where(wanted)).all(), columns=names)
    found = found.sort_values(["as_of", "account_id", "snapshot"])
    return found.drop_duplicates(["as_of", "account_id"], keep="last").drop(columns="snapshot")
