"""Naively: who was asked and kept silent (V5), who is in place and who left."""

from __future__ import annotations

import datetime as dt

from features.params import FeatureParams
from tests.features.naive.known_facts import Facts, Row, in_window, whole_days
from tests.features.naive.numbers import share
from tests.features.naive.voice import role_on

Features = dict[str, float | None]


def silence(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    """A question counts once it is answered, or from the last day of the grace period on."""
    year, asked = params.windows.year, []
    for row in facts["surveys"]:
        answered = row["responded_at"] is not None
        waited = whole_days(as_of, row["sent_at"])
        if waited <= year and (answered or waited >= params.answer_grace):
            role = role_on(facts, row["contact_id"], row["sent_at"].date())
            asked.append({**row, "answered": answered, "role": role})
    top = [row for row in asked if row["role"] == "decision_maker"]
    return {
        f"questions_asked_{year}d": len(asked),
        f"response_rate_{year}d": _rate(asked),
        f"response_rate_decision_maker_{year}d": _rate(top),
        "days_since_decision_maker_answer": _days_since_answer(top, as_of, year),
    }


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
