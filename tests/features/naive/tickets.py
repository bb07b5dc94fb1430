"""Naively: ticket volume (O4), severity (O5) and resolution (O6)."""

from __future__ import annotations

import datetime as dt
import math

from features.params import FeatureParams
from tests.features.naive.known_facts import Facts, Row, in_window, whole_days
from tests.features.naive.numbers import difference, median, relative_change, share, total

Features = dict[str, float | None]


def _opened(facts: Facts, as_of: dt.datetime, newest: int, oldest: int) -> list[Row]:
    return [row for row in facts["tickets"] if in_window(row["opened_at"], as_of, newest, oldest)]


def _still_open(facts: Facts) -> list[Row]:
    return [row for row in facts["tickets"] if row["resolved_at"] is None]


def volume(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    quarter, year = params.windows.quarter, params.windows.year
    recent = len(_opened(facts, as_of, 0, quarter))
    return {
        f"tickets_{quarter}d": recent,
        f"no_tickets_{quarter}d": int(recent == 0),
        "ticket_volume_vs_history": _against_history(
            facts, as_of, recent, len(_opened(facts, as_of, quarter, quarter + year)), params
        ),
        "open_tickets": len(_still_open(facts)),
    }


def _against_history(
    facts: Facts, as_of: dt.datetime, recent: int, earlier: int, params: FeatureParams
) -> float | None:
    """log2 of the tickets over those expected from the account's own year before the quarter."""
    quarter, year = params.windows.quarter, params.windows.year
    history = min(year, _lived(facts, as_of) - quarter)
    if history < quarter:
        return None
    return math.log2((recent + 0.5) / (earlier / history * quarter + 0.5))


def _lived(facts: Facts, as_of: dt.datetime) -> int:
    (account,) = facts["accounts"]
    return whole_days(as_of, account["created_at"])


def severity(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    quarter, half_year = params.windows.quarter, params.windows.half_year
    lately = _opened(facts, as_of, 0, half_year)
    now = _weight(_opened(facts, as_of, 0, quarter), params)
    before = _weight(_opened(facts, as_of, quarter, 2 * quarter), params)
    grown = _lived(facts, as_of) >= 2 * quarter
    broken = [row for row in lately if row["kind"] in ("bug", "incident")]
    return {
        f"ticket_severity_{quarter}d": now,
        f"ticket_severity_change_{quarter}d": relative_change(now, before) if grown else None,
        f"broken_ticket_share_{half_year}d": share(len(broken), len(lately)),
        "open_critical_tickets": sum(row["severity"] == "critical" for row in _still_open(facts)),
    }


def _weight(tickets: list[Row], params: FeatureParams) -> float:
    weights = dict(params.severity_weights)
    return total((weights[row["severity"]] for row in tickets), 1000) or 0.0


def resolution(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    """Of the tickets resolved within half a year; how they went is known from then on."""
    half_year = params.windows.half_year
    solved = [row for row in facts["tickets"] if in_window(row["resolved_at"], as_of, 0, half_year)]
    before = [
        row for row in facts["tickets"] if in_window(row["resolved_at"], as_of, half_year, 2 * half_year)
    ]
    now_at_once, at_once_before = _at_first_contact(solved), _at_first_contact(before)
    silent = any(row["reopened"] is None for row in _with_contacts(solved + before))
    told = [row["reopened"] for row in solved if row["reopened"] is not None]
    answered = [row for row in solved if row["first_response_at"] is not None]
    return {
        f"first_contact_resolution_{half_year}d": now_at_once,
        f"first_contact_resolution_change_{half_year}d": None
        if silent
        else difference(now_at_once, at_once_before),
        f"reopened_share_{half_year}d": share(sum(told), len(told)),
        f"hours_to_resolve_{half_year}d": median(_hours(row, "resolved_at") for row in solved),
        f"hours_to_first_response_{half_year}d": median(_hours(row, "first_response_at") for row in answered),
    }


def _at_first_contact(solved: list[Row]) -> float | None:
    """The share known to be solved in one contact and not reopened, of those whose contacts were counted;
    None where none of these says whether it was reopened."""
    counted = _with_contacts(solved)
    if all(row["reopened"] is None for row in counted):
        return None
    at_once = [row for row in counted if row["contacts_to_resolve"] <= 1 and row["reopened"] is False]
    return share(len(at_once), len(counted))


def _with_contacts(solved: list[Row]) -> list[Row]:
    return [row for row in solved if row["contacts_to_resolve"] is not None]


def _hours(ticket: Row, end: str) -> float:
    hours: float = (ticket[end] - ticket["opened_at"]).total_seconds() / 3600
    return hours
