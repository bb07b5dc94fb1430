"""What customers say, at the first instant of each window and at the as-of instant, by literal rows."""

from __future__ import annotations

from tests.features.literal_book import Case, at
from tests.features.specified_nps import ONE, TENTH, THIRD, quantile
from tests.features.specified_silence import asked
from tests.features.specified_voice import ALL_ROLES, ROLES, answer, of, person

LAST = "23:59:59.999999"
TOUCHPOINTS = {
    "ces": ("ticket_resolved", "onboarding_completed", "renewal_completed"),
    "csat": ("qbr", "training"),
}

CASES = (
    Case(
        "every role answers at the first instant of the year, and others of it at the as-of instant",
        {
            "contacts": [*ALL_ROLES, *(person(f"D-{role}", role) for role in ROLES)],
            "surveys": [answer(f"C-{role}", 9, 365) for role in ROLES]
            + [answer(f"D-{role}", 8 if role == "user" else 0, 0) for role in ROLES],
        },
        {
            **{f"nps_{role}_365d": 100 for role in ROLES},
            "nps_account_365d": 100,
            "nps_answers_365d": 5,
            "decision_maker_score_365d": 9,
            "decision_maker_detractors_365d": 0,
            "role_conflict_365d": 0,
            "users_above_decision_maker_365d": 0,
        },
    ),
    Case(
        "how sure the account NPS is rests on the answers of the year, from its first instant on",
        {
            "accounts": [{"segment": "bounded"}],
            "contacts": [person(f"C-{n}", "decision_maker") for n in range(2)],
            "surveys": [answer("C-0", 9, 365), answer("C-1", 0, 0)],
        },
        {
            "nps_account_365d": 100,
            "nps_account_half_width_365d": (100 - quantile(ONE, 1 + THIRD, THIRD + TENTH, 1 + THIRD)) / 2,
        },
    ),
    Case(
        "the other account of that segment, where a passive answered at the first instant",
        {
            "accounts": [{"segment": "bounded"}],
            "contacts": [person("C-0", "decision_maker")],
            "surveys": [answer("C-0", 8, 365), answer("C-0", 2, 0)],
        },
        {"nps_account_365d": 0},
    ),
    Case(
        "the earlier NPS is of the year before the half year, and no answer of its own day is in it",
        {
            "contacts": [person("C-0", "decision_maker")],
            "surveys": [answer("C-0", score, age) for score, age in ((9, 545), (8, 180), (0, 0))],
        },
        {
            "nps_account_change_180d": 0 - 100,
            "nps_decision_maker_change_180d": 0 - 100,
            "nps_drop_probability_180d": 0.5,
        },
    ),
    Case(
        "a fall at the as-of instant is none yet",
        {
            "contacts": [person("C-0", "user")],
            "surveys": [answer("C-0", score, age) for score, age in ((9, 300), (3, 0))],
        },
        {"nps_account_change_180d": 0, "nps_drop_probability_180d": 0},
    ),
    Case(
        "a decision maker detracts at the first instant of the year, another one the instant before",
        {
            "contacts": [*ALL_ROLES, person("C-2", "decision_maker")],
            "surveys": [
                answer("C-decision_maker", 2, 365),
                answer("C-2", 1, 366, responded_at=at(366, LAST)),
            ],
        },
        {"decision_maker_detractors_365d": 1, "decision_maker_score_365d": 2},
    ),
    Case(
        "touchpoints are rated at the first instant of the year, and again at the as-of instant",
        {
            "surveys": [
                of(kind, at_touchpoint, score, age)
                for score, age in ((10, 365), (0, 0))
                for kind, touchpoints in TOUCHPOINTS.items()
                for at_touchpoint in touchpoints
            ]
        },
        {
            "ces_ticket_resolved_365d": 100,
            "ces_onboarding_completed_365d": 100,
            "ces_renewal_completed_365d": 100,
            "csat_qbr_365d": 1,
            "csat_training_365d": 1,
        },
    ),
    Case(
        "each role is asked at the year's first instant; later questions it answers at the as-of instant",
        {
            "contacts": ALL_ROLES,
            "surveys": [
                asked(f"C-{role}", *when) for role in ROLES for when in ((365, 300), (20, 0), (5, 0))
            ],
        },
        {
            "questions_asked_365d": 2 * 5,
            "questions_to_decision_maker_365d": 2,
            "response_rate_365d": 1 / 2,
            **{f"response_rate_{role}_365d": 1 / 2 for role in ROLES},
            "decision_maker_silent_365d": 0,
            "days_since_decision_maker_answer": 300,
        },
    ),
    Case(
        "the response rate of a half year and of the one before, as it stood at its end",
        {"surveys": [asked(None, *when) for when in ((180, 170), (20, 0), (360, 300), (200, 180))]},
        {"response_rate_change_180d": 1 / 2 - 1 / 2},
    ),
    Case(
        "key contacts leave at the first instant of the half year and at the as-of instant",
        {"contacts": [{"is_key": True, "valid_to": at(age)} for age in (180, 0)]},
        {"key_contacts_left_180d": 1},
    ),
)
