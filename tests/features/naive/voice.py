"""Naively: role NPS (V1), account NPS (V2), CES (V3), CSAT (V4), conflict (V6)."""

from __future__ import annotations

import datetime as dt
import math
from statistics import NormalDist

from features.params import FeatureParams
from features.source_tables import ROLES
from tests.features.naive.known_facts import Facts, Row, in_window, latest_of_each
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


def votes(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> list[Row]:
    """The latest relational answer of each person, with `ten` (0–10) and the `role` held then."""
    relational = answers(facts, as_of, params, "nps", "relational")
    for row in relational:
        row["person"] = row["contact_id"] or row["response_id"]
        row["ten"] = None if row["best"] is None else row["best"] * 10
        row["role"] = role_on(facts, row["contact_id"], row["responded_at"].date())
    return list(latest_of_each(relational, "person", ("responded_at", "response_id")))


def nps(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    year, heard = params.windows.year, votes(facts, as_of, params)
    tens = {role: [v["ten"] for v in heard if v["role"] == role and v["ten"] is not None] for role in ROLES}
    by_role = {role: _nps_of(scores) for role, scores in tens.items()}
    weight = {role: w for role, w in dict(params.role_weights).items() if tens[role]}
    whole = sum(weight.values())
    account = share(sum(w * (by_role[role] or 0.0) for role, w in weight.items()), whole)
    spread = sum((w / whole) ** 2 * _variance(tens[role]) for role, w in weight.items()) if whole else 0.0
    return {
        **{f"nps_{role}_{year}d": value for role, value in by_role.items()},
        f"nps_account_{year}d": account,
        f"nps_account_half_width_{year}d": (
            None if account is None else NormalDist().inv_cdf(0.95) * math.sqrt(spread)
        ),
        f"nps_answers_{year}d": sum(v["ten"] is not None for v in heard),
        f"decision_maker_score_{year}d": min(tens["decision_maker"], default=None),
        f"decision_maker_detractors_{year}d": _detractors(heard),
    }


def _counts(tens: list[float]) -> tuple[int, int, int]:
    """Promoters (9–10), passives, detractors (below 7)."""
    up, down = sum(ten >= 9 for ten in tens), sum(ten < 7 for ten in tens)
    return up, len(tens) - up - down, down


def _nps_of(tens: list[float]) -> float | None:
    up, _, down = _counts(tens)
    return share(100 * (up - down), len(tens))


def _variance(tens: list[float]) -> float:
    """Variance of 100 (p − d) where the shares have a Dirichlet posterior, prior ½ of each class."""
    up, passive, down = (count + 0.5 for count in _counts(tens))
    size = up + passive + down
    covariances = up * (size - up) + down * (size - down) + 2 * up * down
    return 100**2 * covariances / (size * size * (size + 1))


def _detractors(heard: list[Row]) -> int | None:
    """Decision makers below 7; None where none is sure and an unknown score or role may hide one."""
    sure = [v for v in heard if v["role"] == "decision_maker" and v["ten"] is not None and v["ten"] < 7]
    may_be = [
        v
        for v in heard
        if v["role"] in ("decision_maker", None) and (v["ten"] is None or v["ten"] < 7) and v not in sure
    ]
    return None if may_be and not sure else len(sure)


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
