"""Planted leaks of accounts, use and tickets. See planted_leaks.py."""

from __future__ import annotations

from tests.features.literal_book import Row, at
from tests.features.planted_leaks import Leak, appears, becomes
from tests.features.specified_words import SAID, WORST

TICKET: Row = {"opened_at": at(15)}


def renamed(says: str, **column: tuple[object, object]) -> Leak:
    """An account's column edited in place, with no date to tell when: so no feature may rest on it."""
    was, is_ = ({name: values[place] for name, values in column.items()} for place in (0, 1))
    return becomes("accounts", says, None, was, is_, reason="no feature rests on it")


ACCOUNTS = (
    Leak(
        "an account is entered after the as-of date, with all its past",
        {"accounts": []},
        {"accounts": [{"recorded_at": at(-5)}]},
        "tenure_days",
    ),
    renamed("the owner is changed to the win-back team", owner=("Ines", "win-back")),
    renamed("the region is renamed to where customers were lost", region=("EMEA", "lost")),
    renamed("the name says that they were lost", name=("Acme", "Acme (lost)")),
    renamed("the account is no key account any more", is_key=(True, False)),
)

USAGE = (
    appears(
        "usage",
        "use of before arrives after the as-of date",
        "active_users_30d",
        {"user_id": "U-9", "occurred_at": at(3), "recorded_at": at(-2)},
    ),
    appears(
        "usage",
        "everything is exported on the way out",
        "events_per_active_user_30d",
        {"user_id": "U-9", "occurred_at": at(-3), "feature": "api_sync", "quantity": 100_000},
    ),
    appears("usage", "use at the as-of instant", "active_days_30d", {"occurred_at": at(0)}),
    appears(
        "usage",
        "a module is found to have been used when the logs are restored",
        "modules_used_share_30d",
        {"occurred_at": at(4), "module": "api", "recorded_at": at(-1)},
    ),
)

TICKETS = (
    appears(
        "tickets",
        "a ticket says: cancel my account, after the decision",
        "ticket_tone_180d",
        {"opened_at": at(-5), "text": "Cancel my account. It is terrible."},
    ),
    appears(
        "tickets",
        "a complaint by mail is entered as a ticket later",
        "ticket_service_180d",
        {"opened_at": at(8), "text": SAID["service"], "severity": "critical", "recorded_at": at(-2)},
    ),
    becomes(
        "tickets", "a ticket is closed because they left", "open_tickets", TICKET, {"resolved_at": at(-10)}
    ),
    becomes(
        "tickets",
        "a ticket that is still open shows how many contacts it will have taken",
        "first_contact_resolution_180d",
        TICKET,
        {"resolved_at": at(-3), "contacts_to_resolve": 9},
    ),
    becomes(
        "tickets",
        "a ticket that is still open is flagged as reopened",
        "reopened_share_180d",
        TICKET,
        {"resolved_at": at(-4), "reopened": True},
    ),
    becomes(
        "tickets",
        "contacts and a flag stand on a ticket that is never resolved",
        None,
        {"opened_at": at(16)},
        {"contacts_to_resolve": 9, "reopened": True},
        "they are known with the resolution, and there is none",
    ),
    becomes(
        "tickets",
        "the first response comes later",
        "hours_to_first_response_180d",
        {"opened_at": at(5), "resolved_at": at(2)},
        {"first_response_at": at(-1)},
    ),
    appears(
        "tickets",
        "a critical incident at the as-of instant",
        "open_critical_tickets",
        {"opened_at": at(0), "severity": "critical", "kind": "incident", "text": WORST},
    ),
)

LEAKS = (*ACCOUNTS, *USAGE, *TICKETS)
