"""What each table adds: the features that are missing without it."""

from __future__ import annotations

from features.catalog import load_catalog
from features.params import Windows

TABLE_OF_FAMILY = {
    **dict.fromkeys(("login", "breadth", "depth"), "usage"),
    **dict.fromkeys(("nps", "touchpoint", "silence", "comments", "conflict"), "surveys"),
    **dict.fromkeys(("people", "decision_maker_words"), "contacts"),
    **dict.fromkeys(("ticket_volume", "ticket_severity", "resolution", "ticket_words"), "tickets"),
    **dict.fromkeys(("notes", "learned_text"), "notes"),
    **dict.fromkeys(("seats_and_revenue", "seat_use"), "subscriptions"),
    "payment": "invoices",
    "renewal": "renewals",
}


def what_tables_add() -> dict[str, str]:
    """For each table but the accounts, the features that need it, in words.

    >>> what_tables_add()["invoices"].split(":")[0]
    '5 features'
    """
    titles: dict[str, list[str]] = {}
    for feature in load_catalog(Windows()):
        if "tenure" in feature.name:  # told by the account alone
            continue
        titles.setdefault(TABLE_OF_FAMILY[feature.family], []).append(feature.title.en)
    added = {
        table: f"{len(found)} features: {', '.join(dict.fromkeys(found))}" for table, found in titles.items()
    }
    return {**added, "churns": "the losses to learn from: without it health is the rule"}
