"""The specification itself: it speaks of every feature, with a value and, where there is one, a null."""

from __future__ import annotations

from collections import Counter

from features.catalog import load_catalog
from features.params import Windows
from tests.features.literal_book import Case, differences
from tests.features.specification import CASES, specified_rows

# Never missing where their table is there: what the null of these means is in test_missing_tables.py.
ALWAYS_KNOWN = {
    "active_users_30d",
    "active_days_30d",
    "days_since_last_use",
    "nps_answers_365d",
    "questions_asked_365d",
    "questions_to_decision_maker_365d",
    "decision_makers_in_place",
    "decision_makers_left_180d",
    "key_contacts_left_180d",
    "decision_maker_negative_themes_180d",
    "overdue_invoices",
    "overdue_days_longest",
    "tickets_90d",
    "no_tickets_90d",
    "open_tickets",
    "ticket_severity_90d",
    "open_critical_tickets",
    "tenure_days",
}
THEMES = ("note_", "ticket_missing", "ticket_quality", "ticket_service")


def catalogued() -> set[str]:
    return {feature.name for feature in load_catalog(Windows()) if not feature.learned}


def always_known(name: str) -> bool:
    return name in ALWAYS_KNOWN or (name.startswith(THEMES) and "tone" not in name)


def test_every_feature_of_the_catalogue_is_specified() -> None:
    assert {name for case in CASES for name in case.expected} == catalogued()


def test_every_feature_has_two_different_answers() -> None:
    answers: dict[str, set[float | None]] = {}
    for case in CASES:
        for name, value in case.expected.items():
            answers.setdefault(name, set()).add(value)
    assert {name for name, values in answers.items() if len(values) < 2} == set()


def test_every_feature_that_can_be_missing_is_missing_in_some_case() -> None:
    missing = {name for case in CASES for name, value in case.expected.items() if value is None}
    assert missing == {name for name in catalogued() if not always_known(name)}


def test_no_two_cases_are_the_same_account() -> None:
    assert [says for says, times in Counter(case.says for case in CASES).items() if times > 1] == []


def test_a_case_that_does_not_hold_is_told_with_both_values() -> None:
    wrong = Case(CASES[0].says, CASES[0].rows, {"active_users_30d": 3, "open_tickets": None})
    assert differences(wrong, specified_rows()) == {"active_users_30d": (0.0, 3), "open_tickets": (0.0, None)}
