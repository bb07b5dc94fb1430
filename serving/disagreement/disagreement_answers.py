"""The disagreement of a published snapshot: a page of it for the API, and the whole in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from features.faults import Fault
from features.time_windows import as_of_date
from serving.api.page_cursors import Place
from serving.api.problems import NOTHING_TO_COMPARE, Problem
from serving.api.request_fields import utc_text
from serving.disagreement.disagreement import START, Disagreement, disagreement_of, explains_the_rule
from serving.history.history_answers import snapshot_of_page
from serving.history.opened_store import opened_store
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore

PARTS = 5  # of a gap that are shown
WORDS = {START: "where the rule starts in this segment"}


@dataclass(frozen=True)
class PageAsked:
    """A page of the disagreement: of which date (None: the newest), after which place."""

    limit: int
    as_of: str | None = None
    place: Place | None = None


def page_of(store: ScoreStore, asked: PageAsked) -> dict[str, Any]:
    """The answer of `GET /v1/disagreement`. Raises Problem where there is nothing to compare."""
    snapshot = snapshot_of_page(store, asked.as_of, asked.place)
    found, start = compared(store, snapshot), 0 if asked.place is None else asked.place.start
    after = start + asked.limit
    return {
        "accounts": found.accounts_shown(start, asked.limit, PARTS),
        "families": found.shares(),
        "agreement": found.agreement,
        "book": len(found.gap),
        "next_cursor": Place(snapshot.id, after).encode() if after < len(found.gap) else None,
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
