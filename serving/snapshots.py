"""What a published batch of scores is, and its rows in the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row


@dataclass(frozen=True)
class Snapshot:
    """One published batch: the whole book as of one date, by one model, from data of one fingerprint."""

    id: int
    as_of: str
    published_at: str
    model: dict[str, Any]
    data_fingerprint: str

    def as_dict(self) -> dict[str, Any]:
        """The snapshot as the API shows it."""
        shown = ("id", "as_of", "published_at", "model")
        return {name: getattr(self, name) for name in shown}


@dataclass(frozen=True)
class ScoredAccount:
    """One account of a snapshot: `details` of the book (name, owner, segment …), `payload` its health."""

    details: dict[str, Any]
    payload: dict[str, Any]


@dataclass(frozen=True)
class Page:
    """A page of a portfolio; `next_cursor` is None on the last one."""

    accounts: list[ScoredAccount]
    next_cursor: str | None


def history_row(snapshot_id: int, account: ScoredAccount) -> dict[str, Any]:
    """The account as a row of `score_history`."""
    details, payload = account.details, account.payload
    return {
        "snapshot_id": snapshot_id,
        "account_id": payload["account_id"],
        "health": payload["health"],
        "band": payload["band"],
        "name": details.get("name") or payload["account_id"],
        "owner": details.get("owner"),
        "segment": details.get("segment"),
        "details": details,
        "payload": payload,
    }


def scored_account(row: Row[Any]) -> ScoredAccount:
    """The account of a row of `score_history`."""
    return ScoredAccount(row.details, row.payload)
