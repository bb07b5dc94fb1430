"""The disagreement of a published snapshot: a page of it for the API, and the whole in words."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from features.faults import Fault
from features.time_windows import as_of_date
from serving.api.problems import INVALID, NOTHING_TO_COMPARE, Problem
from serving.api.request_fields import utc_text
from serving.disagreement.disagreement import START, Disagreement, disagreement_of, explains_the_rule
from serving.history.history_answers import snapshot_for
from serving.history.opened_store import opened_store
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore

PARTS = 5  # of a gap that are shown
WORDS = {START: "where the rule starts in this segment"}


@dataclass(frozen=True)
class PageAsked:
    """A page of the disagreement: of which snapshot (None: the newest, or that of a date), from where on."""

    limit: int
    as_of: str | None = None
    snapshot_id: int | None = None
    start: int = 0


def page_of(store: ScoreStore, asked: PageAsked) -> dict[str, Any]:
    """The answer of `GET /v1/disagreement`. Raises Problem where there is nothing to compare."""
    snapshot = _snapshot(store, asked)
    found = compared(store, snapshot)
    after = asked.start + asked.limit
    return {
        "accounts": found.accounts_shown(asked.start, asked.limit, PARTS),
        "families": found.shares(),
        "agreement": found.agreement,
        "book": len(found.gap),
        "next_cursor": cursor(snapshot.id, after) if after < len(found.gap) else None,
        "snapshot": snapshot.as_dict(),
    }


def compared(store: ScoreStore, snapshot: Snapshot) -> Disagreement:
    """Both sides of a snapshot. Raises Problem where no model answered, or it is an earlier version's."""
    if snapshot.model["kind"] == "rule":
        step = "run vitals train, vitals promote, and vitals score data/book"
        fault = Fault("model", "rule", "a snapshot that a learned model answered", step)
        raise Problem(NOTHING_TO_COMPARE, [fault], detail="The rule answered: it agrees with itself")
    accounts = store.all_scores_of(snapshot)
    if not all(map(explains_the_rule, accounts)):
        step = "publish it anew: vitals score data/book"
        fault = Fault("snapshot", snapshot.id, "a snapshot that holds the rule's own points", step)
        raise Problem(NOTHING_TO_COMPARE, [fault])
    return disagreement_of(accounts)


def cursor(snapshot_id: int, start: int) -> str:
    """The opaque text of a page's end: it stays on its snapshot while newer ones are published.

    >>> cursor_of(cursor(7, 20))
    (7, 20)
    """
    return base64.urlsafe_b64encode(json.dumps([snapshot_id, start]).encode()).decode().rstrip("=")


def cursor_of(text: str) -> tuple[int, int] | None:
    """Snapshot and place of a cursor, or None where the API cannot have given it out."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        snapshot_id, start = json.loads(raw)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return None
    numbers = all(type(n) is int and 0 < n < 2**31 for n in (snapshot_id, start))
    return (snapshot_id, start) if numbers and cursor(snapshot_id, start) == text else None


def _snapshot(store: ScoreStore, asked: PageAsked) -> Snapshot:
    if asked.snapshot_id is None:
        return snapshot_for(store, asked.as_of)
    if (found := store.snapshot(asked.snapshot_id)) is not None:
        return found
    shown = cursor(asked.snapshot_id, asked.start)
    step = "start again without a cursor"
    raise Problem(INVALID, [Fault("cursor", shown, "the next_cursor of an earlier page", step)])


def published_disagreement(as_of: str | None, limit: int, store_url: str | None) -> dict[str, Any]:
    """The first page, of the newest snapshot or the one of an as-of date."""
    moment = None if as_of is None else utc_text(as_of_date(as_of).to_pydatetime())
    with opened_store(store_url) as store:
        return page_of(store, PageAsked(limit, moment))


def in_words(page: dict[str, Any]) -> str:
    """A page as text for people."""
    agreement = "unknown" if page["agreement"] is None else f"{page['agreement']:.2f}"
    shares = [f"{family} {share:.0%}" for family, share in page["families"].items() if share >= 0.01]
    lines = [
        f"{page['book']} accounts as of {page['snapshot']['as_of']}; rank correlation of health and rule "
        f"score {agreement}",
        f"the disagreement is made by: {', '.join(shares) or 'nothing: they do not differ'}",
        "a gap is the model's standing minus the rule's, in standard deviations of the book",
    ]
    return "\n".join([*lines, *(_account_in_words(one, page["book"]) for one in page["accounts"])])


def _account_in_words(one: dict[str, Any], book: int) -> str:
    who = " ".join(str(part) for part in (one["account_id"], one["name"]) if part)
    places = f"{one['health_place']} by the model, {one['rule_place']} by the rule, from the bottom of {book}"
    lines = [
        f"\n{one['gap']:+6.2f}  {who}: health {one['health']:.1f} ({one['band']}), rule "
        f"{one['rule']['score']:.1f} ({one['rule']['band']}); {places}"
    ]
    for part in one["parts"]:
        family = WORDS.get(part["family"], part["family"])
        points = f"{part['points']:+.1f} points by the model, {part['rule_points']:+.1f} by the rule"
        drivers = f" ({', '.join(part['drivers'])})" if part["drivers"] else ""
        lines.append(f"  {part['gap']:+6.2f}  {family}: {points}{drivers}")
    return "\n".join([*lines, f"  {one['other']:+6.2f}  everything else"])
