"""Awkward input that no check refuses and every feature must live with, specified by literal rows."""

from __future__ import annotations

from tests.features.literal_book import Case, Row, at
from tests.features.specified_voice import ALL_ROLES, answer, of, person

SCALES = ((0, 10), (0, 100), (1, 11), (-100, 100), (0, 5))
MONEY = {"subscription_id": "S-money", "seats": 4}
STARTED = {
    "accounts": [{"created_at": at(1)}],
    "subscriptions": [{"starts_at": at(1), "changed_at": at(1), "seats": 2}],
}


def upon(scale: tuple[int, int], mark: float) -> Row:
    low, high = scale
    return {"scale_min": low, "scale_max": high, "score": low + mark * (high - low)}


CASES = (
    *(
        Case(
            f"on a scale of {scale[0]} to {scale[1]} nine tenths promote, seven are passive, six detract",
            {
                "contacts": ALL_ROLES,
                "surveys": [
                    {**answer(f"C-{role}", None, 5), **upon(scale, mark)}
                    for role, mark in (("decision_maker", 0.9), ("manager", 0.7), ("user", 0.6))
                ],
            },
            {
                "nps_decision_maker_365d": 100,
                "nps_manager_365d": 0,
                "nps_user_365d": -100,
                "decision_maker_score_365d": 9,
            },
        )
        for scale in SCALES
    ),
    Case(
        "ease and satisfaction read alike on 0 to 100, and on 1 to 5",
        {
            "surveys": [
                {**of("ces", "ticket_resolved", None), **upon((0, 100), 0.5)},
                {**of("ces", "ticket_resolved", None), **upon((1, 5), 0.5)},
                {**of("csat", "qbr", None), **upon((0, 100), 0.75)},
                {**of("csat", "qbr", None), **upon((1, 5), 0.75)},
            ]
        },
        {"ces_ticket_resolved_365d": 50, "csat_qbr_365d": 1},
    ),
    Case(
        "a contact rises from user to manager to decision maker, and each answer is of the role of its day",
        {
            "contacts": [
                person("C-1", "user", valid_from=at(900), valid_to=at(200)),
                person("C-1", "manager", valid_from=at(200), valid_to=at(100)),
                person("C-1", "decision_maker", valid_from=at(100)),
            ],
            "surveys": [answer("C-1", 2, 150), {"contact_id": "C-1", "sent_at": at(99)}],
        },
        {
            "nps_user_365d": None,
            "nps_manager_365d": -100,
            "nps_decision_maker_365d": None,
            "decision_maker_silent_365d": 1,
            "response_rate_manager_365d": 1,
            "decision_makers_in_place": 1,
            "decision_makers_left_180d": 0,
        },
    ),
    Case(
        "a currency that changed and changed back is the same currency",
        {
            "subscriptions": [
                {**MONEY, "mrr": 100, "currency": "EUR"},
                {**MONEY, "mrr": 110, "currency": "CHF", "changed_at": at(90)},
                {**MONEY, "mrr": 120, "currency": "EUR", "changed_at": at(10)},
            ]
        },
        {"mrr": 120, "mrr_change_180d": 0.2},
    ),
    Case(
        "one of two subscriptions goes over to another currency: there is no sum any more, and no change",
        {
            "subscriptions": [
                {"mrr": 100, "currency": "EUR", "seats": 4},
                {**MONEY, "mrr": 100, "currency": "EUR"},
                {**MONEY, "mrr": 100, "currency": "USD", "changed_at": at(10)},
            ]
        },
        {"mrr": None, "mrr_change_180d": None, "seats": 8, "seats_change_180d": 0},
    ),
    Case(
        "a price in a currency that was not stated before cannot be compared",
        {
            "subscriptions": [
                {**MONEY, "mrr": 100, "currency": None},
                {**MONEY, "mrr": 100, "currency": "EUR", "changed_at": at(10)},
            ]
        },
        {"mrr": 100, "mrr_change_180d": None},
    ),
    Case(
        "an account of yesterday on which everything has happened at once has levels and no changes",
        {
            **STARTED,
            "usage": [{"occurred_at": at(1), "module": "core"}],
            "tickets": [
                {
                    "opened_at": at(1),
                    "resolved_at": at(1, "05:00:00"),
                    "contacts_to_resolve": 1,
                    "reopened": False,
                }
            ],
            "invoices": [{"issued_at": at(1), "due_at": at(1)}],
            "surveys": [answer(None, 9, 1, sent_at=at(1))],
        },
        {
            "active_users_30d": 1,
            "active_users_change_30d": None,
            "events_change_30d": None,
            "seat_utilisation_30d": 0.5,
            "seats_change_180d": None,
            "ticket_volume_vs_history": None,
            "ticket_severity_change_90d": None,
            "first_contact_resolution_180d": 1,
            "first_contact_resolution_change_180d": None,
            "days_late_365d": 1,
            "days_late_change_180d": None,
            "response_rate_365d": 1,
            "response_rate_change_180d": None,
            "praise_while_use_falls_30d": None,
            "tenure_days": 1,
        },
    ),
    Case(
        "an account with no row anywhere but its own and its subscription",
        {},
        {
            "active_users_30d": 0,
            "no_tickets_90d": 1,
            "overdue_invoices": 0,
            "questions_asked_365d": 0,
            "decision_makers_in_place": 0,
            "note_praise_180d": 0,
            "nps_account_365d": None,
            "response_rate_365d": None,
            "days_to_renewal": None,
            "seats": None,
        },
    ),
    Case(
        "empty texts, blanks and signs alone have no theme and no tone",
        {"notes": [{"text": text, "happened_at": at(5)} for text in ("", "   ", "!?", "🙂", "NaN", "null")]},
        {"note_praise_180d": 0, "note_tone_180d": None},
    ),
    Case(
        "a question to a contact nobody knows, answered by nobody, is a question",
        {"surveys": [{"contact_id": "C-unknown", "sent_at": at(30)}]},
        {"questions_asked_365d": 1, "questions_to_decision_maker_365d": 0, "response_rate_365d": 0},
    ),
)
