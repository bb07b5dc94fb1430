"""Naively: the contract as it stood at a moment, seats and revenue (O7), renewal and tenure (O9)."""

from __future__ import annotations

import datetime as dt

from features.params import FeatureParams
from tests.features.naive.known_facts import (
    DAY,
    Facts,
    Row,
    latest_of_each,
    whole_days,
)
from tests.features.naive.numbers import share, total

Features = dict[str, float | None]


def running(facts: Facts, as_of: dt.datetime, days_before: int = 0) -> list[Row]:
    """The subscriptions that ran `days_before` the as-of date, each as last changed before then.

    A state that starts later does not count yet; a period that ends on the very day still runs. The facts
    hold what is told of the account's subscriptions, also where they have become another account's.
    """
    (account,) = facts["accounts"]
    moment = as_of - days_before * DAY
    changed = [
        row
        for row in facts["subscriptions"]
        if row["changed_at"] < moment and row["starts_at"].date() <= moment.date()
    ]
    return [
        row
        for row in latest_of_each(changed, "subscription_id", ("changed_at",))
        if row["account_id"] == account["account_id"]
        and (row["ends_at"] is None or row["ends_at"].date() >= moment.date())
    ]


def seats(subscriptions: list[Row]) -> float | None:
    """Licensed seats of all of them together, whole ones; None where one does not state them."""
    return total((row["seats"] for row in subscriptions), 1) if _all_state("seats", subscriptions) else None


def _all_state(name: str, subscriptions: list[Row]) -> bool:
    return all(row[name] is not None for row in subscriptions)


def _revenue(subscriptions: list[Row]) -> tuple[float | None, str | None]:
    """Monthly revenue and its currency ("" where not stated); None in mixed currencies, or of a part."""
    currencies = {(row["currency"] or "").strip().upper() for row in subscriptions}
    if len(currencies) != 1 or not _all_state("mrr", subscriptions):
        return None, None
    return total((row["mrr"] for row in subscriptions), 100), currencies.pop()


def seats_and_revenue(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    half = params.windows.half_year
    now, then = running(facts, as_of), running(facts, as_of, half)
    (money, currency), (money_then, currency_then) = _revenue(now), _revenue(then)
    of_seats = share(seats(now), seats(then))
    of_money = share(money, money_then) if currency == currency_then else None
    return {
        "seats": seats(now),
        "mrr": money,
        f"seats_change_{half}d": None if of_seats is None else of_seats - 1,
        f"mrr_change_{half}d": None if of_money is None else of_money - 1,
    }


def renewal(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    """Of each contract the newest status counts; a renewal date that has passed is over."""
    contracts = latest_of_each(facts["renewals"], "contract_id", ("changed_at",))
    coming = [row for row in contracts if row["renewal_at"] >= as_of]
    if not coming:
        return dict.fromkeys(("days_to_renewal", "renewal_at_risk", "renewal_committed"))
    said = {row["status"] for row in coming}
    return {
        "days_to_renewal": min(whole_days(row["renewal_at"], as_of) for row in coming),
        "renewal_at_risk": int("at_risk" in said or "churned" in said),
        "renewal_committed": int("committed" in said or "renewed" in said),
    }


def tenure(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    (account,) = facts["accounts"]
    return {"tenure_days": whole_days(as_of, account["created_at"])}


def is_customer(facts: Facts, as_of: dt.datetime) -> bool:
    """Known before the as-of date, with a subscription that runs where the book has the table."""
    return bool(facts["accounts"]) and ("subscriptions" not in facts or bool(running(facts, as_of)))
