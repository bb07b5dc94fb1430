"""Naively: answers and whose they are, CES (V3), CSAT (V4), conflict (V6). For the NPS see nps.py."""

from __future__ import annotations

import datetime as dt

from features.params import FeatureParams
from features.source_tables import ROLES
from tests.features.naive.known_facts import Facts, Row, in_window
from tests.features.naive.numbers import difference, share, total

Features = dict[str, float | None]


def role_on(facts: Facts, contact: str | None, day: dt.date) -> str | None:
    """The role the contact held on that day; of two the one that began last, then the first by name."""
    held = [
        row
        for row in facts.get("contacts", [])
        if contact is not None
        and row["contact_id"] == contact
        and row["valid_from"].date() <= day
        and (row["valid_to"] is None or row["valid_to"].date() > day)
    ]
    if not held:
        return None
    began = max(row["valid_from"] for row in held)
    return min(row["role"] for row in held if row["valid_from"] == began)


def answers(facts: Facts, as_of: dt.datetime, params: FeatureParams, kind: str, touchpoint: str) -> list[Row]:
    """Answers of the year to one kind of question, with `best`: 0 … 1 on their own scale, or None."""
    found = []
    for row in facts["surveys"]:
        asked = (row["kind"], row["touchpoint"]) == (kind, touchpoint)
        if asked and in_window(row["responded_at"], as_of, 0, params.windows.year):
            low, high, score = row["scale_min"], row["scale_max"], row["score"]
            found.append({**row, "best": None if score is None else (score - low) / (high - low)})
    return found


def touchpoints(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    """CES: mean on 0–100. CSAT: the share in the best two boxes of five, three quarters up the scale."""
    year, found = params.windows.year, dict[str, float | None]()
    for at in ("ticket_resolved", "onboarding_completed", "renewal_completed"):
        eased = [a["best"] for a in answers(facts, as_of, params, "ces", at) if a["best"] is not None]
        found[f"ces_{at}_{year}d"] = share(total((best * 100 for best in eased), 1_000_000), len(eased))
    for at in ("qbr", "training"):
        rated = [a["best"] for a in answers(facts, as_of, params, "csat", at) if a["best"] is not None]
        found[f"csat_{at}_{year}d"] = share(sum(best >= 0.75 for best in rated), len(rated))
    return found


def conflict(row: Features, params: FeatureParams) -> Features:
    """Roles that disagree, and praise while use falls, from the other features of the row."""
    year, month = params.windows.year, params.windows.month
    heard = [value for role in ROLES if (value := row[f"nps_{role}_{year}d"]) is not None]
    users, top = row[f"nps_user_{year}d"], row[f"nps_decision_maker_{year}d"]
    account, notes = row[f"nps_account_{year}d"], row[f"note_tone_{params.windows.half_year}d"]
    growth = row[f"active_users_change_{month}d"]
    fall = None if growth is None else max(0.0, -growth)
    return {
        f"role_conflict_{year}d": max(heard) - min(heard) if len(heard) >= 2 else None,
        f"users_above_decision_maker_{year}d": difference(users, top),
        f"praise_while_use_falls_{month}d": _both(None if account is None else account / 100, fall),
        f"friendly_notes_while_use_falls_{month}d": _both(notes, fall),
    }


def _both(warmth: float | None, fall: float | None) -> float | None:
    """How much they praise, where they do, times how much use falls."""
    return None if warmth is None or fall is None else max(0.0, warmth) * fall
