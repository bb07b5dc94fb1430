"""The page of one account, and its printable brief."""

from __future__ import annotations

from typing import Any

from serving.api.request_queries import BANDS
from serving.history.account_history import history_of
from serving.pages.account_cases import cases_of
from serving.pages.account_read import AccountRead, account_read
from serving.pages.book_conflicts import APART, FEATURE
from serving.pages.history_chart import history_chart
from serving.pages.nps_by_role import nps_by_role
from serving.pages.visits import Page, Visit
from serving.pages.waterfall import waterfall
from serving.review.verdicts import SAID, verdicts_of

HISTORY_SHOWN = 60


def account(visit: Visit) -> Page:
    """The page at `/accounts/{id}`. Raises Problem where the caller may see no such account."""
    read = account_read(visit)
    store = visit.held.store
    values = _told(visit, read) | {
        "rule_steps": waterfall(read.health["rule"], read.features, read.health["rule"]["drivers"]),
        "verdicts": verdicts_of(store, read.account_id, 20),
        "verdict_words": SAID,
        "held_back": _held_back(read),
        "band_names": BANDS[::-1],
        "parent": _parent(visit, read),
    }
    return Page("account.html", "portfolio", values)


def brief(visit: Visit) -> Page:
    """The page at `/accounts/{id}/brief`: one sheet for a review with the customer's team."""
    return Page("brief.html", "portfolio", _told(visit, account_read(visit)))


def _told(visit: Visit, read: AccountRead) -> dict[str, Any]:
    store, now = visit.held.store, visit.held.now()
    scores = history_of(store, read.account_id, HISTORY_SHOWN, None)["scores"]
    kept = store.evidence_of(read.snapshot, read.account_id)
    may_see_cases = visit.caller.may("cases:read")
    return read.shown() | {
        "now": now,
        "steps": waterfall(read.health, read.features, read.drivers),
        "drivers": read.drivers,
        "history": history_chart(scores),
        "scores": scores,
        "nps": nps_by_role(read, kept),
        "conflict": _conflict(read),
        "evidence_kept": kept is not None,
        "cases": cases_of(store, read.account_id, visit.held.cases, now) if may_see_cases else None,
        "may_write": visit.caller.may("cases:write") and visit.form_token is not None,
    }


def _held_back(read: AccountRead) -> str | None:
    """The better band that the health alone would give, where missing evidence keeps the account from it."""
    payload = read.published.payload
    alone = next(name for name, low, _ in reversed(read.zones) if payload["health"] >= low)
    return None if alone == payload["band"] else alone


def _conflict(read: AccountRead) -> dict[str, Any] | None:
    """How far the roles are apart, in NPS points; None where it is not known."""
    names = [name for name in read.past.names if name.startswith(FEATURE)]
    apart = read.past.value(names[0]) if names else float("nan")
    return None if apart != apart else {"feature": names[0], "apart": apart, "is_conflict": apart >= APART}


def _parent(visit: Visit, read: AccountRead) -> dict[str, str] | None:
    """The parent account, where it is scored too and the caller may see it."""
    parent = read.details.get("parent_account_id")
    found = visit.held.store.scores_of(read.snapshot, [parent]) if parent else {}
    if parent not in found:
        return None
    return {"id": parent, "name": found[parent].details.get("name") or parent}
