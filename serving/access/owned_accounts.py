"""Which accounts a limited key may see, of whatever date: those of its owner in the newest snapshot."""

from __future__ import annotations

from sqlalchemy import Select, select

from serving.history.score_tables import score_history, snapshots


def accounts_of(owner: str) -> Select[tuple[str]]:
    """The account ids of an owner, to be used as `column.in_(accounts_of(owner))`."""
    return newest_accounts().where(score_history.c.owner == owner)


def newest_accounts() -> Select[tuple[str]]:
    """The account ids of the newest snapshot."""
    newest = select(snapshots.c.id).order_by(snapshots.c.as_of.desc(), snapshots.c.id.desc()).limit(1)
    return select(score_history.c.account_id).where(score_history.c.snapshot_id == newest.scalar_subquery())
