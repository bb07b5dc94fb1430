"""Answers from the score history: which snapshot a call means, and what it says of the accounts asked for."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from features.faults import Fault
from serving.api.page_cursors import AGAIN, EARLIER, Place
from serving.api.problems import INVALID, NO_SNAPSHOT, UNKNOWN_ACCOUNT, Faults, Problem
from serving.api.request_queries import Cursor, PortfolioQuery
from serving.closed_loop.case_answers import open_case_ids
from serving.closed_loop.overrides import active_overrides, told_of, with_override
from serving.history.snapshots import ScoredAccount, Snapshot
from serving.history.store import ScoreStore


def health_of(
    store: ScoreStore, account_ids: Sequence[str], as_of: str | None, now: datetime | None = None
) -> dict[str, Any]:
    """The answer of `POST /v1/health`: all accounts from one snapshot, in the order asked for.

    Raises Problem where nothing was scored for `as_of`, or naming every account that is not in the snapshot.
    """
    snapshot = snapshot_for(store, as_of)
    found = _accounts(store, snapshot, account_ids)
    if as_of is None:
        found = as_they_are_now(store, found, now)
    return {"accounts": [account.payload for account in found], "snapshot": snapshot.as_dict()}


def account_of(
    store: ScoreStore, account_id: str, as_of: str | None, now: datetime | None = None
) -> dict[str, Any]:
    """The answer of `GET /v1/accounts/{id}`: the account's details in the book, and its health."""
    snapshot = snapshot_for(store, as_of)
    account = account_of_snapshot(store, snapshot, account_id)
    if as_of is None:
        [account] = as_they_are_now(store, [account], now)
    details = details_seen(store, snapshot, account)
    return {"account": details, "health": account.payload, "snapshot": snapshot.as_dict()}


def details_seen(store: ScoreStore, snapshot: Snapshot, account: ScoredAccount) -> dict[str, Any]:
    """The account's details in the book, without the id of a parent that the caller may not see."""
    parent = account.details.get("parent_account_id")
    if parent is None or store.owner is None or store.scores_of(snapshot, [parent]):
        return account.details
    return account.details | {"parent_account_id": None}


def page_of(store: ScoreStore, query: PortfolioQuery, now: datetime | None = None) -> dict[str, Any]:
    """The answer of `GET /v1/accounts`. A page with a cursor stays on the snapshot of the first page."""
    snapshot = snapshot_of_page(store, query.as_of, query.cursor)
    held = overrides_held(store, query, now)
    page = store.portfolio_page(snapshot, query, bands_of(held))
    return {
        "accounts": [only(query.fields, summary_of(account, held)) for account in page.accounts],
        "next_cursor": page.next_cursor,
        "snapshot": snapshot.as_dict(),
    }


def overrides_held(
    store: ScoreStore, query: PortfolioQuery, now: datetime | None
) -> dict[str, dict[str, Any]]:
    """The bands that people set and that hold `now`, by account; none of a date that is replayed."""
    if now is None or query.as_of is not None:
        return {}
    with store.begin() as connection:
        held = active_overrides(connection, now)
    return {account: told_of(row) for account, row in held.items()}


def bands_of(held: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The set band of each account."""
    return {account: str(told["band"]) for account, told in held.items()}


def only(fields: Sequence[str] | None, shown: dict[str, Any]) -> dict[str, Any]:
    """The fields that were asked for; all of them where none were named."""
    return shown if fields is None else {name: shown[name] for name in fields}


def snapshot_for(store: ScoreStore, as_of: str | None) -> Snapshot:
    """The newest snapshot, or the newest of an as-of date. Raises Problem naming the dates there are."""
    if snapshot := store.newest_snapshot(as_of):
        return snapshot
    dates = store.as_of_dates()
    if not dates:
        fault = Fault("as_of", as_of, "a book that has been scored", "run: vitals score data/book")
        raise Problem(NO_SNAPSHOT, [fault], detail="Nothing has been scored yet. Run: vitals score data/book")
    allowed = f"one of {', '.join(dates)}"
    advice = f"use one of them, or run: vitals score data/book --as-of {str(as_of)[:10]}"
    raise Problem(NO_SNAPSHOT, [Fault("as_of", as_of, allowed, advice)])


def snapshot_of_page(store: ScoreStore, as_of: str | None, cursor: Cursor | Place | None) -> Snapshot:
    """That of the cursor: pages that follow one another stay on it while newer ones are published.

    Without one as `snapshot_for`. Raises Problem where it is gone, or another date is asked for.
    """
    if cursor is None:
        return snapshot_for(store, as_of)
    snapshot = store.snapshot(cursor.snapshot_id)
    if snapshot is None:
        raise Problem(INVALID, [Fault("cursor", cursor.encode(), EARLIER, AGAIN)])
    if as_of not in (None, snapshot.as_of):
        allowed = f"{snapshot.as_of}, as the cursor's pages"
        raise Problem(INVALID, [Fault("as_of", as_of, allowed, "leave one of the two out")])
    return snapshot


def as_they_are_now(
    store: ScoreStore, accounts: Sequence[ScoredAccount], now: datetime | None
) -> list[ScoredAccount]:
    """With the bands that people set and that hold `now`, and the open cases.

    What is replayed, by its as-of date, stays as it was published.
    """
    if now is not None:
        with store.begin() as connection:
            held = active_overrides(connection, now)
        accounts = [with_override(a, held.get(a.payload["account_id"])) for a in accounts]
    ids = open_case_ids(store, [account.payload["account_id"] for account in accounts])
    return [
        replace(a, payload=a.payload | {"case_id": ids[a.payload["account_id"]]})
        if a.payload["account_id"] in ids
        else a
        for a in accounts
    ]


def account_of_snapshot(store: ScoreStore, snapshot: Snapshot, account_id: str) -> ScoredAccount:
    """One account of a snapshot. Raises Problem naming the nearest one where it is not in it."""
    [account] = _accounts(store, snapshot, [account_id])
    return account


def summary_of(
    account: ScoredAccount, held: Mapping[str, dict[str, Any]] = MappingProxyType({})
) -> dict[str, Any]:
    """One line of the portfolio; `band` is the score's own, `band_in_force` that which a person may have
    set."""
    details, health = account.details, account.payload
    told = held.get(health["account_id"])
    return {
        "account_id": health["account_id"],
        **{name: details.get(name) for name in ("name", "owner", "segment")},
        **{name: health[name] for name in ("health", "interval", "band", "coverage")},
        "main_driver": health["drivers"][0] if health["drivers"] else None,
        "band_in_force": health["band"] if told is None else told["band"],
        "override": None if told is None else told | {"model_band": health["band"]},
    }


def _accounts(store: ScoreStore, snapshot: Snapshot, account_ids: Sequence[str]) -> list[ScoredAccount]:
    found = store.scores_of(snapshot, account_ids)
    faults = Faults()
    for account_id in account_ids:
        if account_id not in found:
            _add_unknown(store, snapshot, account_id, faults)
    faults.raise_any(UNKNOWN_ACCOUNT)
    return [found[account_id] for account_id in account_ids]


def _add_unknown(store: ScoreStore, snapshot: Snapshot, account_id: str, faults: Faults) -> None:
    def advice() -> str:
        near = difflib.get_close_matches(account_id, store.neighbours(snapshot, account_id), n=1)
        return f"did you mean {near[0]!r}?" if near else "GET /v1/accounts lists the accounts"

    faults.add("account_id", account_id, f"an account scored as of {snapshot.as_of}", advice)
