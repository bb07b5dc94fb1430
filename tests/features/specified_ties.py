"""Where several rows compete for one place, and two of them come to the same day or instant."""

from __future__ import annotations

from tests.features.literal_book import Case, at
from tests.features.specified_nps import ONE, TENTH, THIRD, quantile
from tests.features.specified_silence import asked
from tests.features.specified_voice import ALL_ROLES, answer, person
from tests.features.specified_words import GOOD, SAID

TWICE = {"decision_maker": 0, "manager": 0, "user": 8, "it_manager": 0, "finance": None}
BEGAN = {"finance": "C-1", "decision_maker": "C-1", "manager": "C-2", "it_manager": "C-2"}
DAY = {"subscription_id": "S-day", "currency": "EUR"}

CASES = (
    Case(
        "everybody answers twice at one instant: the later response_id counts, with a score or without",
        {
            "contacts": ALL_ROLES,
            "surveys": [answer(f"C-{role}", 9, 20, response_id=f"R-1 {role}") for role in TWICE]
            + [answer(f"C-{role}", score, 20, response_id=f"R-2 {role}") for role, score in TWICE.items()],
        },
        {
            "nps_decision_maker_365d": -100,
            "nps_manager_365d": -100,
            "nps_user_365d": 0,
            "nps_it_manager_365d": -100,
            "nps_finance_365d": None,
            "nps_account_365d": -100 * (0.5 + 0.2 + 0.1) / 0.9,
            "nps_answers_365d": 4,
            "decision_maker_score_365d": 0,
            "decision_maker_detractors_365d": 1,
            "role_conflict_365d": 100,
            "users_above_decision_maker_365d": 100,
        },
    ),
    Case(
        "of two answers at one instant the later response_id says how sure the account NPS is",
        {
            "accounts": [{"segment": "tied"}],
            "contacts": [person("C-top", "decision_maker")],
            "surveys": [answer("C-top", score, 20, response_id=f"R-{score} tied") for score in (7, 9, 8)],
        },
        {
            "nps_account_365d": 100,
            "nps_account_half_width_365d": (100 - quantile(ONE, 1 + THIRD, THIRD + TENTH, 1 + THIRD)) / 2,
        },
    ),
    Case(
        "the other account of that segment, where a passive was heard",
        {
            "accounts": [{"segment": "tied"}],
            "contacts": [person("C-top", "decision_maker")],
            "surveys": [answer("C-top", 8, 20)],
        },
        {"nps_account_365d": 0},
    ),
    Case(
        "of two answers at one instant the later response_id says whether the NPS fell",
        {
            "contacts": [person("C-top", "decision_maker")],
            "surveys": [
                answer("C-top", 9, 300),
                answer("C-top", 0, 20, response_id="R-2 fallen"),
                answer("C-top", 9, 20, response_id="R-1 fallen"),
            ],
        },
        {
            "nps_account_change_180d": -200,
            "nps_decision_maker_change_180d": -200,
            "nps_drop_probability_180d": 0.5,
        },
    ),
    Case(
        "of two roles that began at one instant the first by name is the one asked, and the one that answers",
        {
            "contacts": [
                *(person(contact, role) for role, contact in BEGAN.items()),
                *(person("C-3", role) for role in ("user", "manager")),
            ],
            "surveys": [answer("C-1", 9, 5), answer("C-2", 0, 5), answer("C-3", 9, 5), asked("C-2", 40)],
        },
        {
            "nps_decision_maker_365d": 100,
            "nps_finance_365d": None,
            "nps_it_manager_365d": -100,
            "nps_manager_365d": 100,
            "nps_user_365d": None,
            "response_rate_decision_maker_365d": 1,
            "response_rate_finance_365d": None,
            "response_rate_it_manager_365d": 1 / 2,
            "response_rate_manager_365d": 1,
            "response_rate_user_365d": None,
            "questions_to_decision_maker_365d": 1,
            "decision_maker_silent_365d": 0,
            "days_since_decision_maker_answer": 5,
        },
    ),
    Case(
        "of two roles that began at one instant the first by name is the one that writes",
        {
            "contacts": [person("C-1", role) for role in ("finance", "decision_maker")],
            "tickets": [{"opened_at": at(60), "text": SAID["quality"], "contact_id": "C-1"}],
            "surveys": [answer("C-1", 8, 60, comment=GOOD)],
        },
        {"decision_maker_negative_themes_180d": 0.5},
    ),
    Case(
        "of two roles that began at one instant the first by name sets the tone",
        {
            "contacts": [person("C-1", role) for role in ("finance", "decision_maker")],
            "surveys": [answer("C-1", 8, 60, comment=GOOD)],
        },
        {"decision_maker_tone_180d": 0.6},
    ),
    Case(
        "of two changes of a subscription on one day the later hour counts",
        {
            "subscriptions": [
                {**DAY, "seats": 10, "mrr": 100, "modules": "core"},
                {**DAY, "seats": 6, "mrr": 60, "modules": "core|api", "changed_at": at(20, "17:00:00")},
                {**DAY, "seats": 8, "mrr": 80, "modules": "core", "changed_at": at(20, "08:00:00")},
            ],
            "usage": [{"occurred_at": at(3), "module": "core"}],
        },
        {
            "seats": 6,
            "mrr": 60,
            "seats_change_180d": -0.4,
            "mrr_change_180d": -0.4,
            "seat_utilisation_30d": 1 / 6,
            "seat_utilisation_change_30d": 1 / 6,
            "modules_used_share_30d": 1 / 2,
            "modules_used_share_change_30d": 1 / 2,
        },
    ),
    Case(
        "of two changes of a renewal on one day the later hour counts",
        {
            "renewals": [
                {"contract_id": contract, "renewal_at": at(-due), "status": status, "changed_at": at(9, hour)}
                for contract, due, status, hour in (
                    ("K-1", 40, "at_risk", "15:00:00"),
                    ("K-1", 30, "open", "09:00:00"),
                    ("K-2", 70, "open", "15:00:00"),
                    ("K-2", 60, "committed", "09:00:00"),
                )
            ]
        },
        {"days_to_renewal": 40, "renewal_at_risk": 1, "renewal_committed": 0},
    ),
)
