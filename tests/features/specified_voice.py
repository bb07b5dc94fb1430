"""What customers say (V1–V4), specified by literal rows. Who said it: see specified_roles.py."""

from __future__ import annotations

from tests.features.literal_book import Case, Row, at


def person(contact: str, role: str, **more: object) -> Row:
    return {"contact_id": contact, "role": role, **more}


def answer(contact: str | None, score: float | None, age: int, **more: object) -> Row:
    return {"contact_id": contact, "score": score, "sent_at": at(age + 2), "responded_at": at(age), **more}


def of(kind: str, touchpoint: str, score: float | None, age: int = 5, **more: object) -> Row:
    return answer(None, score, age, kind=kind, touchpoint=touchpoint, **more)


ROLES = ("decision_maker", "manager", "user", "it_manager", "finance")
ALL_ROLES = [person(f"C-{role}", role) for role in ROLES]

NPS = (
    Case(
        "nobody was asked",
        {},
        {
            **{f"nps_{role}_365d": None for role in ROLES},
            "nps_account_365d": None,
            "nps_account_half_width_365d": None,
            "nps_account_change_180d": None,
            "nps_decision_maker_change_180d": None,
            "nps_drop_probability_180d": None,
            "nps_answers_365d": 0,
            "decision_maker_score_365d": None,
            "decision_maker_detractors_365d": 0,
            "role_conflict_365d": None,
            "users_above_decision_maker_365d": None,
            "praise_while_use_falls_30d": None,
        },
    ),
    Case(
        "one promoter who decides",
        {"contacts": ALL_ROLES, "surveys": [answer("C-decision_maker", 9, 10)]},
        {
            "nps_decision_maker_365d": 100,
            "nps_manager_365d": None,
            "nps_account_365d": 100,
            "nps_answers_365d": 1,
            "decision_maker_score_365d": 9,
            "decision_maker_detractors_365d": 0,
            "role_conflict_365d": None,
        },
    ),
    Case(
        "every role answers and each has its weight",
        {
            "contacts": ALL_ROLES,
            "surveys": [
                answer(f"C-{role}", score, 10) for role, score in zip(ROLES, (6, 9, 10, 7, 8), strict=True)
            ],
        },
        {
            "nps_decision_maker_365d": -100,
            "nps_manager_365d": 100,
            "nps_user_365d": 100,
            "nps_it_manager_365d": 0,
            "nps_finance_365d": 0,
            "nps_account_365d": -50 + 20 + 10,
            "nps_answers_365d": 5,
            "decision_maker_score_365d": 6,
            "decision_maker_detractors_365d": 1,
            "role_conflict_365d": 200,
            "users_above_decision_maker_365d": 200,
        },
    ),
    Case(
        "the weights are renewed over the roles that answered",
        {"contacts": ALL_ROLES, "surveys": [answer("C-user", 9, 1), answer("C-manager", 3, 1)]},
        {
            "nps_account_365d": (0.1 * 100 - 0.2 * 100) / 0.3,
            "nps_decision_maker_365d": None,
            "decision_maker_detractors_365d": 0,
            "role_conflict_365d": 200,
            "users_above_decision_maker_365d": None,
        },
    ),
    Case(
        "of each person the latest answer counts",
        {"contacts": ALL_ROLES, "surveys": [answer("C-user", 2, 50), answer("C-user", 10, 20)]},
        {"nps_user_365d": 100, "nps_answers_365d": 1},
    ),
    Case(
        "of two answers at one instant the later response_id counts",
        {
            "contacts": ALL_ROLES,
            "surveys": [
                answer("C-user", 2, 20, response_id="R-2"),
                answer("C-user", 10, 20, response_id="R-1"),
            ],
        },
        {"nps_user_365d": -100, "nps_answers_365d": 1},
    ),
    Case(
        "answers at the window's first instant and the last before the as-of instant count",
        {
            "contacts": ALL_ROLES,
            "surveys": [
                answer("C-user", 9, 365),
                answer("C-manager", 9, 1, responded_at=at(1, "23:59:59.7")),
            ],
        },
        {"nps_user_365d": 100, "nps_manager_365d": 100, "nps_answers_365d": 2},
    ),
    Case(
        "answers a day too old, at the as-of instant, or not yet known do not count",
        {
            "contacts": ALL_ROLES,
            "surveys": [
                answer("C-user", 9, 366),
                answer("C-manager", 9, 0),
                answer("C-decision_maker", 0, 5, recorded_at=at(0)),
            ],
        },
        {"nps_answers_365d": 0, "nps_account_365d": None, "decision_maker_detractors_365d": 0},
    ),
    Case(
        "7 is passive and 6.9 detracts on every scale",
        {
            "contacts": ALL_ROLES,
            "surveys": [
                answer("C-user", 70, 5, scale_max=100),
                answer("C-manager", 69, 5, scale_max=100),
                answer("C-finance", 90, 5, scale_max=100),
                answer("C-it_manager", 4.6, 5, scale_min=1, scale_max=5),
            ],
        },
        {
            "nps_user_365d": 0,
            "nps_manager_365d": -100,
            "nps_finance_365d": 100,
            "nps_it_manager_365d": 100,
        },
    ),
    Case(
        "only the relational question makes the NPS",
        {"contacts": ALL_ROLES, "surveys": [answer("C-user", 9, 5, touchpoint="qbr")]},
        {"nps_user_365d": None, "nps_answers_365d": 0},
    ),
)

TOUCHPOINTS = (
    Case(
        "no touchpoint was asked about",
        {},
        {
            "ces_ticket_resolved_365d": None,
            "ces_onboarding_completed_365d": None,
            "ces_renewal_completed_365d": None,
            "csat_qbr_365d": None,
            "csat_training_365d": None,
        },
    ),
    Case(
        "effort is a mean on 0 to 100, whatever the scale",
        {
            "surveys": [
                of("ces", "ticket_resolved", 7, scale_min=1, scale_max=7),
                of("ces", "ticket_resolved", 3, scale_min=1, scale_max=5),
                of("ces", "ticket_resolved", None),
                of("ces", "onboarding_completed", 1, age=365, scale_min=1, scale_max=7),
                of("ces", "renewal_completed", 25, scale_max=100),
            ]
        },
        {
            "ces_ticket_resolved_365d": (100 + 50) / 2,
            "ces_onboarding_completed_365d": 0,
            "ces_renewal_completed_365d": 25,
        },
    ),
    Case(
        "satisfied are the best two boxes of five",
        {
            "surveys": [
                of("csat", "qbr", 4, scale_min=1, scale_max=5),
                of("csat", "qbr", 3, scale_min=1, scale_max=5),
                of("csat", "qbr", 5, scale_min=1, scale_max=5),
                of("csat", "qbr", None, scale_min=1, scale_max=5),
                of("csat", "training", 74, scale_max=100),
            ]
        },
        {"csat_qbr_365d": 2 / 3, "csat_training_365d": 0},
    ),
    Case(
        "answers too old, at the as-of instant, or without a score tell nothing",
        {
            "surveys": [
                of("ces", "ticket_resolved", 7, age=366),
                of("csat", "training", 5, age=0),
                of("csat", "qbr", None),
            ]
        },
        {"ces_ticket_resolved_365d": None, "csat_training_365d": None, "csat_qbr_365d": None},
    ),
)

CASES = (*NPS, *TOUCHPOINTS)
