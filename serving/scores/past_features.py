"""The features that earlier snapshots kept, date by date, newest first: read one date at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sqlalchemy import func, select

from serving.history.score_inputs import FLOAT
from serving.history.score_tables import score_inputs, snapshot_inputs, snapshots
from serving.history.store import ScoreStore
from serving.scores.since_when import PastFeatures

MOST_DATES = 400  # a year and a month of nightly snapshots


def features_before(
    store: ScoreStore, as_of: str, published_before: int | None = None
) -> Iterator[PastFeatures]:
    """What was published last for each date before `as_of`, newest date first, with its features.

    `published_before`: as it was when the snapshot of this number was published.
    """
    earlier = snapshots.c.as_of < as_of
    if published_before is not None:
        earlier &= snapshots.c.id < published_before
    newest = (
        select(func.max(snapshots.c.id), snapshots.c.as_of)
        .join(snapshot_inputs, snapshot_inputs.c.snapshot_id == snapshots.c.id)
        .where(earlier)
        .group_by(snapshots.c.as_of)
        .order_by(snapshots.c.as_of.desc())
        .limit(MOST_DATES)
    )
    with store.begin() as connection:
        dates = connection.execute(newest).all()
    for snapshot_id, date in dates:
        yield _of_snapshot(store, int(snapshot_id), str(date))


def _of_snapshot(store: ScoreStore, snapshot_id: int, as_of: str) -> PastFeatures:
    names = select(snapshot_inputs.c.features).where(snapshot_inputs.c.snapshot_id == snapshot_id)
    kept = select(score_inputs.c.account_id, score_inputs.c.feature_values)
    with store.begin() as connection:
        features = connection.execute(names).scalar_one()
        rows = connection.execute(kept.where(score_inputs.c.snapshot_id == snapshot_id)).all()
    values = np.frombuffer(b"".join(row.feature_values for row in rows), dtype=FLOAT)
    shape = (len(rows), len(features))
    return PastFeatures(as_of, [row.account_id for row in rows], features, values.reshape(shape))
