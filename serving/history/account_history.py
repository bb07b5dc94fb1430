"""The answer of `/history`: an account's published scores, newest first, with what changed between them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, select, tuple_

from features.faults import Fault
from serving.api.problems import INVALID, Problem
from serving.changes.account_past import Past, pasts
from serving.history.history_answers import account_of_snapshot, snapshot_for
from serving.history.score_tables import score_history, snapshots
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore

SHOWN = ("health", "interval", "band", "churn_probability", "base_health", "coverage", "missing", "stale")


def history_of(store: ScoreStore, account_id: str, limit: int, cursor: str | None) -> dict[str, Any]:
    """One page. `markers` say what differs from the account's snapshot before; null where there is none.

    Raises Problem where nothing was scored yet, the account was never scored, or the cursor is not ours.
    """
    newest = snapshot_for(store, None)
    after = None if cursor is None else _snapshot_of(store, cursor)
    ids = _page(store, account_id, limit + 2, after)
    if not ids and after is None:
        account_of_snapshot(store, newest, account_id)  # raises, and names the nearest id
    with store.begin() as connection:
        found = pasts(connection, account_id, ids)
    ordered = [found[number] for number in ids]
    shown = ordered[:limit]
    more = len(ordered) > limit
    return {
        "account_id": account_id,
        "scores": [_score(past, ordered[n + 1 : n + 2]) for n, past in enumerate(shown)],
        "next_cursor": str(shown[-1].snapshot.id) if more else None,
    }


def _page(store: ScoreStore, account_id: str, limit: int, after: Snapshot | None) -> list[int]:
    """The account's snapshots, by as-of date and publication, latest first."""
    joined = snapshots.join(score_history, snapshots.c.id == score_history.c.snapshot_id)
    place = tuple_(snapshots.c.as_of, snapshots.c.id)
    wanted = and_(score_history.c.account_id == account_id, store.owned(score_history.c.account_id))
    if after is not None:
        wanted = and_(wanted, place < (after.as_of, after.id))
    query = select(snapshots.c.id).select_from(joined).where(wanted)
    with store.begin() as connection:
        ordered = query.order_by(snapshots.c.as_of.desc(), snapshots.c.id.desc()).limit(limit)
        return list(connection.scalars(ordered))


def _snapshot_of(store: ScoreStore, cursor: str) -> Snapshot:
    number = int(cursor) if cursor.isascii() and cursor.isdecimal() and len(cursor) < 10 else 0
    found = store.snapshot(number) if number else None
    if found is None:
        allowed = "the next_cursor of an earlier page"
        raise Problem(INVALID, [Fault("cursor", cursor, allowed, "start again without a cursor")])
    return found


def _score(past: Past, before: list[Past]) -> dict[str, Any]:
    told = {name: past.payload[name] for name in SHOWN}
    return {
        "snapshot": past.snapshot.as_dict(),
        **told,
        "rule": past.rule_told,
        "markers": past.changes_since(before[0]) if before else None,
    }
