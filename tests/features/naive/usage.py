"""Naively: use (O1), breadth (O2) and depth (O3)."""

from __future__ import annotations

import datetime as dt

from features.params import FeatureParams
from tests.features.naive.contract import running, seats
from tests.features.naive.known_facts import Facts, Row, in_window, whole_days
from tests.features.naive.numbers import difference, relative_change, share, total

Features = dict[str, float | None]


def _events(facts: Facts, as_of: dt.datetime, newest: int, oldest: int) -> list[Row]:
    """What was done in `[as_of - oldest, as_of - newest)`; a roll-up of nought events is no use."""
    return [
        row
        for row in facts["usage"]
        if row["quantity"] > 0 and in_window(row["occurred_at"], as_of, newest, oldest)
    ]


def _users(events: list[Row]) -> set[str]:
    return {row["user_id"] for row in events}


def _modules(events: list[Row]) -> set[str]:
    return {row["module"].strip().casefold() for row in events if row["module"] is not None}


def _licensed(subscriptions: list[Row]) -> set[str] | None:
    """The modules of all of them; None where one of them names none."""
    named = [
        {module.strip().casefold() for module in (row["modules"] or "").split("|")} - {""}
        for row in subscriptions
    ]
    return set().union(*named) if all(named) else None


def _person_days(events: list[Row]) -> set[tuple[str, dt.date]]:
    return {(row["user_id"], row["occurred_at"].date()) for row in events}


def _sticky_share(events: list[Row], params: FeatureParams) -> float | None:
    sticky = [row for row in events if row["feature"] in params.sticky_features]
    return share(len(_users(sticky)), len(_users(events)))


def use(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    month = params.windows.month
    now, before = _events(facts, as_of, 0, month), _events(facts, as_of, month, 2 * month)
    active, active_before = len(_users(now)), len(_users(before))
    done = total((row["quantity"] for row in now), 1000) or 0.0
    done_before = total((row["quantity"] for row in before), 1000) or 0.0
    person_days = _person_days(now)
    daily, daily_before = (
        share(len(_person_days(events)) / month, len(_users(events))) for events in (now, before)
    )
    sticky, sticky_before = _sticky_share(now, params), _sticky_share(before, params)
    grown = _lived(facts, as_of) >= 2 * month
    return {
        f"active_users_{month}d": active,
        f"active_days_{month}d": len({day for _, day in person_days}),
        f"dau_over_mau_{month}d": daily,
        f"dau_over_mau_change_{month}d": difference(daily, daily_before) if grown else None,
        f"events_per_active_user_{month}d": share(done, active),
        f"active_users_change_{month}d": relative_change(active, active_before) if grown else None,
        f"events_change_{month}d": relative_change(done, done_before) if grown else None,
        "days_since_last_use": _days_since_last_use(facts, as_of, params),
        f"sticky_feature_user_share_{month}d": sticky,
        f"sticky_feature_user_share_change_{month}d": difference(sticky, sticky_before),
    }


def _lived(facts: Facts, as_of: dt.datetime) -> int:
    (account,) = facts["accounts"]
    return whole_days(as_of, account["created_at"])


def _days_since_last_use(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> int:
    """At most a quarter; without use in it, no longer than the account exists."""
    quarter = params.windows.quarter
    seen = [whole_days(as_of, row["occurred_at"]) for row in _events(facts, as_of, 0, quarter)]
    return min(seen, default=min(quarter, _lived(facts, as_of)))


def seats_in_use(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    month, subscriptions = params.windows.month, running(facts, as_of)
    now, before = _events(facts, as_of, 0, month), _events(facts, as_of, month, 2 * month)
    licensed = _licensed(subscriptions) or set()
    used, used_before = len(_modules(now) & licensed), len(_modules(before) & licensed)
    more_people = len(_users(now)) - len(_users(before))
    grown = _lived(facts, as_of) >= 2 * month
    return {
        f"seat_utilisation_{month}d": share(len(_users(now)), seats(subscriptions)),
        f"seat_utilisation_change_{month}d": share(more_people, seats(subscriptions)) if grown else None,
        f"modules_used_share_{month}d": share(used, len(licensed)),
        f"modules_used_share_change_{month}d": share(used - used_before, len(licensed)),
    }
