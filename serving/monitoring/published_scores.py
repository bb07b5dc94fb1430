"""The probabilities that were published, for the dates at which they are held against what came."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import select

from serving.history.score_tables import score_history
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore

MONTHS = 24
RENEWAL = "days_to_renewal"
EDGE = 1e-6  # probabilities are kept this far from 0 and 1


@dataclass(frozen=True, eq=False)
class PublishedDate:
    """What was published for `as_of`: `rows` has account_id, as_of, and p, the probability of churn; where
    it is held against the churns so far, also days_to_renewal."""

    as_of: pd.Timestamp
    version: str
    rows: pd.DataFrame


def published_dates(store: ScoreStore, days: list[int], known_until: pd.Timestamp) -> list[PublishedDate]:
    """Of each month the last as-of date, the newest MONTHS of them, oldest first; and for each of `days` the
    last date that lies at least so long before `known_until`, with the renewals. What the rule said is no
    probability, and is left out."""
    moments = sorted(pd.Timestamp(text) for text in store.as_of_dates(limit=4_000))
    monthly = {(moment.year, moment.month): moment for moment in moments}
    early = set[pd.Timestamp]()
    for count in days:
        before = [moment for moment in moments if moment <= known_until - pd.Timedelta(days=count)]
        early.update(before[-1:])
    found = []
    for moment in sorted({*list(monthly.values())[-MONTHS:], *early}):
        snapshot = store.newest_snapshot(f"{moment:%Y-%m-%dT%H:%M:%SZ}")
        if snapshot is not None and snapshot.model.get("kind") == "learned":
            rows = _rows(store, snapshot, moment)
            if moment in early:
                rows[RENEWAL] = _renewals(store, snapshot, rows["account_id"])
            found.append(PublishedDate(moment, str(snapshot.model["version"]), rows))
    return found


def _renewals(store: ScoreStore, snapshot: Snapshot, accounts: pd.Series) -> pd.Series:
    inputs = store.inputs_of(snapshot)
    if inputs is None or RENEWAL not in inputs.rows:
        return pd.Series(float("nan"), index=accounts.index)
    return accounts.map(inputs.rows.set_index("account_id")[RENEWAL])


def _rows(store: ScoreStore, snapshot: Snapshot, moment: pd.Timestamp) -> pd.DataFrame:
    columns = score_history.c
    query = select(columns.account_id, columns.health).where(columns.snapshot_id == snapshot.id)
    with store.begin() as connection:
        found = connection.execute(query.order_by(columns.account_id)).all()
    rows = pd.DataFrame([tuple(row) for row in found], columns=["account_id", "health"])
    p = (1 - rows["health"].astype("float64") / 100).clip(EDGE, 1 - EDGE)
    return pd.DataFrame({"account_id": rows["account_id"].astype(str), "as_of": moment, "p": p})
