"""Naively: who was asked and kept silent (V5), who is in place and who left."""

from __future__ import annotations

import datetime as dt

from features.params import FeatureParams
from features.source_tables import ROLES
from tests.features.naive.known_facts import DAY, Facts, Row, in_window, whole_days
from tests.features.naive.numbers import difference, share
from tests.features.naive.voice import role_on

Features = dict[str, float | None]


def silence(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    """Never asked is None; asked and silent is a nought, or a flag."""
    year, half = params.windows.year, params.windows.half_year
    asked = _asked(facts, as_of, year, params)
    of_role = {role: [row for row in asked if row["role"] == role] for role in ROLES}
    top = of_role["decision_maker"]
    now, before = _asked(facts, as_of, half, params), _asked(facts, as_of - half * DAY, half, params)
    return {
        f"questions_asked_{year}d": len(asked),
        f"questions_to_decision_maker_{year}d": len(top) if "contacts" in facts else None,
        f"response_rate_{year}d": _rate(asked),
        **{f"response_rate_{role}_{year}d": _rate(rows) for role, rows in of_role.items()},
        f"response_rate_change_{half}d": difference(_rate(now), _rate(before)),
        f"decision_maker_silent_{year}d": int(not any(row["answered"] for row in top)) if top else None,
        "days_since_decision_maker_answer": _days_since_answer(top, as_of, year),
    }


def _asked(facts: Facts, moment: dt.datetime, days: int, params: FeatureParams) -> list[Row]:
    """The questions of the days before `moment`, as they stood then: one counts once it is answered,
    or from the last day of the grace period on."""
    asked = []
    for row in facts["surveys"]:
        answered = row["responded_at"] is not None and row["responded_at"] < moment
        due = whole_days(moment, row["sent_at"]) >= params.answer_grace
        if in_window(row["sent_at"], moment, 0, days) and (answered or due):
            role = role_on(facts, row["contact_id"], row["sent_at"].date())
            asked.append({**row, "answered": answered, "role": role})
    return asked


def _rate(asked: list[Row]) -> float | None:
    return share(sum(row["answered"] for row in asked), len(asked))


def _days_since_answer(asked: list[Row], as_of: dt.datetime, longest: int) -> int | None:
    if not asked:
        return None
    ages = [whole_days(as_of, row["responded_at"]) for row in asked if row["answered"]]
    return min([*ages, longest])


def people(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    """People and not rows: who takes on another role, or the same one anew, has not left."""
    half_year = params.windows.half_year
    persons: dict[str, list[Row]] = {}
    for row in facts["contacts"]:
        persons.setdefault(row["contact_id"], []).append(row)
    in_place = top_left = key_left = 0
    for rows in persons.values():
        over = [row for row in rows if row["valid_to"] is not None]
        lately = [row for row in over if in_window(row["valid_to"], as_of, 0, half_year)]
        here = [row for row in rows if row not in over]
        decides = any(row["role"] == "decision_maker" for row in here)
        in_place += decides
        top_left += not decides and any(row["role"] == "decision_maker" for row in lately)
        key_left += not here and any(row["is_key"] is True for row in lately)
    return {
        "decision_makers_in_place": in_place,
        f"decision_makers_left_{half_year}d": top_left,
        f"key_contacts_left_{half_year}d": key_left,
    }
