"""What a published batch of scores is, and its rows in the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

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


class WrittenAccount(NamedTuple):
    """An account whose `details` and `payload` are JSON already, beside the columns that pages sort by."""

    account_id: str
    health: float
    band: str
    name: str
    owner: str | None
    segment: str | None
    details: str
    payload: str


class WrittenJson(str):
    """JSON that is in its final form: the store writes it as it stands."""

    __slots__ = ()


@dataclass(frozen=True)
class Page:
    """A page of a portfolio; `next_cursor` is None on the last one."""

    accounts: list[ScoredAccount]
    next_cursor: str | None


def history_row(snapshot_id: int, account: ScoredAccount | WrittenAccount) -> dict[str, Any]:
    """The account as a row of `score_history`."""
    if isinstance(account, WrittenAccount):
        final = {"details": WrittenJson(account.details), "payload": WrittenJson(account.payload)}
        return {"snapshot_id": snapshot_id, **account._asdict(), **final}
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
