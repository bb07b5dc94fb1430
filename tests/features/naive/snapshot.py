"""Naively: one row per account that is a customer, every feature of the catalogue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from features.params import FeatureParams
from tests.features.naive import contract, nps, payment, silence, tickets, usage, voice, written_words
from tests.features.naive.known_facts import Facts, as_known, plain_rows

Features = dict[str, float | None]
Room = Callable[[Facts, dt.datetime, FeatureParams], Features]

ROOMS: tuple[tuple[Room, tuple[str, ...]], ...] = (  # and the tables without which it has nothing to say
    (usage.use, ("usage",)),
    (usage.seats_in_use, ("usage", "subscriptions")),
    (nps.nps, ("surveys",)),
    (voice.touchpoints, ("surveys",)),
    (silence.silence, ("surveys",)),
    (silence.people, ("contacts",)),
    (written_words.notes, ("notes",)),
    (written_words.ticket_texts, ("tickets",)),
    (written_words.comments, ("surveys",)),
    (written_words.decision_makers, ()),
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
    customers = {account: facts for account, facts in books.items() if contract.is_customer(facts, as_of)}
    half_widths = _half_widths(customers, as_of, params)
    return [
        {
            "account_id": account,
            "as_of": as_of,
            **_features(customers[account], as_of, params),
            f"nps_account_half_width_{params.windows.year}d": half_widths[account],
            f"learned_text_signal_{params.windows.half_year}d": None,  # made in training
        }
        for account in sorted(customers)
    ]


def _half_widths(
    customers: dict[str, Facts], as_of: dt.datetime, params: FeatureParams
) -> dict[str, float | None]:
    """How sure each account NPS is: the one feature that looks at the other accounts as well."""
    heard = {
        account: nps.heard_of({"surveys": [], **facts}, as_of, params) for account, facts in customers.items()
    }
    everybody = list(heard.values())
    return {
        account: nps.half_width(facts, heard[account], everybody, params)
        for account, facts in customers.items()
    }


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
    _add_what_left(books)
    return books


def _add_what_left(books: dict[str, Facts]) -> None:
    """To each account the states of its subscriptions that name another account."""
    states = [row for facts in books.values() for row in facts.get("subscriptions", [])]
    for facts in books.values():
        own = facts.get("subscriptions", [])
        ids = {row["subscription_id"] for row in own}
        own.extend([row for row in states if row["subscription_id"] in ids and row not in own])


def _features(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    found: Features = {}
    for room, needs in ROOMS:
        there = all(name in facts for name in needs)
        # What would be said of empty tables tells the names of what is missing.
        said = room(facts if there else {**facts, **{n: facts.get(n, []) for n in needs}}, as_of, params)
        found |= said if there else dict.fromkeys(said)
    return found | voice.conflict(found, params)
