"""Naively: one row per account that is a customer, every feature of the catalogue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from features.params import FeatureParams
from tests.features.naive import contract, payment, silence, tickets, usage, voice, written_words
from tests.features.naive.known_facts import Facts, as_known, plain_rows

Features = dict[str, float | None]
Room = Callable[[Facts, dt.datetime, FeatureParams], Features]

ROOMS: tuple[tuple[Room, tuple[str, ...]], ...] = (  # and the tables without which it has nothing to say
    (usage.use, ("usage",)),
    (usage.seats_in_use, ("usage", "subscriptions")),
    (voice.nps, ("surveys",)),
    (voice.touchpoints, ("surveys",)),
    (silence.silence, ("surveys",)),
    (silence.people, ("contacts",)),
    (written_words.notes, ("notes",)),
    (written_words.ticket_texts, ("tickets",)),
    (written_words.comments, ("surveys",)),
    (tickets.volume, ("tickets",)),
    (tickets.severity, ("tickets",)),
    (tickets.resolution, ("tickets",)),
    (contract.seats_and_revenue, ("subscriptions",)),
    (payment.payment, ("invoices",)),
    (contract.renewal, ("renewals",)),
    (contract.tenure, ("accounts",)),
)


def naive_rows(frames_or_rows: Mapping[str, Any], as_of: dt.datetime, params: FeatureParams) -> list[dict]:
    """One dict per customer at `as_of` (a UTC midnight): `account_id`, `as_of`, then every feature.

    `frames_or_rows` maps canonical tables to data frames or to lists of dicts; None means missing.
    Rows are sorted by account.
    """
    as_of = dt.datetime(as_of.year, as_of.month, as_of.day, tzinfo=dt.UTC)
    books = _facts_by_account({name: plain_rows(name, rows) for name, rows in frames_or_rows.items()}, as_of)
    return [
        {"account_id": account, "as_of": as_of, **_features(facts, as_of, params)}
        for account, facts in sorted(books.items())
        if contract.is_customer(facts, as_of)
    ]


def _facts_by_account(tables: Facts, as_of: dt.datetime) -> dict[str, Facts]:
    """Each account's own rows, cut down to what was known before the as-of date."""
    books: dict[str, Facts] = {
        account["account_id"]: {name: [] for name in tables} for account in tables["accounts"]
    }
    for name, rows in tables.items():
        for row in rows:
            seen = as_known(name, row, as_of)
            if seen is not None and row["account_id"] in books:
                books[row["account_id"]][name].append(seen)
    return books


def _features(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    found: Features = {}
    for room, needs in ROOMS:
        there = all(name in facts for name in needs)
        # What would be said of empty tables tells the names of what is missing.
        said = room(facts if there else {**facts, **{n: facts.get(n, []) for n in needs}}, as_of, params)
        found |= said if there else dict.fromkeys(said)
    return found | voice.conflict(found, params)
