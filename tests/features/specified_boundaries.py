"""Every window at its first instant and at its end, `[as_of - w, as_of)`, by literal rows.

What lies at the first instant counts, what lies the instant before does not (or counts in the window
before), and what lies at the as-of instant is not known yet. For what customers say, see
specified_voice_boundaries.py.
"""

from __future__ import annotations

from tests.features.literal_book import Case, Row, at
from tests.features.specified_tickets import ticket
from tests.features.specified_voice import ALL_ROLES, answer
from tests.features.specified_words import GOOD, IN_TICKETS, SAID, WORST, note

LAST = "23:59:59.999999"
LICENSED = {"seats": 10, "modules": "core|api|planner"}


MONTHS = (at(30), at(60), at(31), at(0))


def event(user: str, occurred: str, module: str | None, feature: str, quantity: float = 1) -> Row:
    return {
        "user_id": user,
        "occurred_at": occurred,
        "module": module,
        "feature": feature,
        "quantity": quantity,
    }


USAGE = (
    Case(
        "use at the instants where the month and the month before begin and end",
        {
            "subscriptions": [LICENSED],
            "usage": [
                event("U-1", at(30), "core", "workflow_run", 3),
                event("U-2", at(5), "api", "login"),
                event("U-2", at(1, LAST), "api", "login"),
                event("U-3", at(0), "planner", "api_sync", 5),
                event("U-4", at(31, LAST), None, "login"),
                event("U-4", at(40), None, "login"),
                event("U-5", at(60), "core", "api_sync"),
                event("U-6", at(61, LAST), "planner", "api_sync", 7),
            ],
        },
        {
            "active_users_30d": 2,
            "active_days_30d": 3,
            "dau_over_mau_30d": 3 / (2 * 30),
            "events_per_active_user_30d": 5 / 2,
            "active_users_change_30d": 0,
            "events_change_30d": (5 - 3) / (5 + 3),
            "dau_over_mau_change_30d": (3 - 3) / (2 * 30),
            "days_since_last_use": 1,
            "seat_utilisation_30d": 2 / 10,
            "seat_utilisation_change_30d": (2 - 2) / 10,
            "modules_used_share_30d": 2 / 3,
            "modules_used_share_change_30d": (2 - 1) / 3,
            "sticky_feature_user_share_30d": 1 / 2,
            "sticky_feature_user_share_change_30d": 1 / 2 - 1 / 2,
        },
    ),
    Case(
        "they praise, and use falls between the instants of the two months",
        {
            "contacts": ALL_ROLES,
            "surveys": [answer("C-user", 9, 5)],
            "notes": [note(GOOD, 60)],
            "usage": [event(f"U-{n}", when, None, "login") for n, when in enumerate(MONTHS)],
        },
        {"praise_while_use_falls_30d": 1 / 3, "friendly_notes_while_use_falls_30d": 0.6 / 3},
    ),
)

WORDS = (
    Case(
        "each theme is written at the half year's first instant, and entered again at the as-of instant",
        {
            "notes": [note(text, 180) for text in SAID.values()]
            + [note(text, 1, recorded_at=at(0)) for text in SAID.values()],
            "tickets": [
                {"opened_at": at(age), "text": SAID[theme]} for theme in IN_TICKETS for age in (180, 0)
            ],
        },
        {
            **{f"note_{theme}_180d": 0.125 for theme in SAID},
            **{f"ticket_{theme}_180d": 0.125 for theme in IN_TICKETS},
        },
    ),
    Case(
        "the tone of the half year's first instant, and of the as-of instant",
        {
            "notes": [note(GOOD, 180), note(GOOD, 180, kind="qbr")]
            + [note(WORST, 1, recorded_at=at(0), kind=kind) for kind in ("call", "qbr")],
            "tickets": [{"opened_at": at(age), "text": text} for text, age in ((GOOD, 180), (WORST, 0))],
        },
        {"note_tone_180d": 0.6, "note_tone_change_90d": None, "qbr_tone_180d": 0.6, "ticket_tone_180d": 0.6},
    ),
    Case(
        "the decision maker's words at the first instant of the half year, and entered at the as-of instant",
        {
            "notes": [note(text, 180, role="decision_maker") for text in (GOOD, SAID["price_budget"])]
            + [note(WORST, 1, recorded_at=at(0), role="decision_maker")]
            + [note(SAID["quality"], 1, recorded_at=at(0), role="decision_maker")],
        },
        {"decision_maker_negative_themes_180d": 0.125},
    ),
    Case(
        "the decision maker's tone at the first instant of the half year, and at the as-of instant",
        {
            "contacts": ALL_ROLES,
            "notes": [note(GOOD, 180, role="decision_maker")],
            "tickets": [{"opened_at": at(0), "text": WORST, "contact_id": "C-decision_maker"}],
        },
        {"decision_maker_tone_180d": 0.6},
    ),
)

SERVICE = (
    Case(
        "the only ticket was opened at the quarter's first instant",
        {"tickets": [ticket(90, 80)]},
        {"tickets_90d": 1, "no_tickets_90d": 0},
    ),
    Case(
        "the only ticket was opened at the as-of instant",
        {"tickets": [ticket(0, kind="bug", severity="high")]},
        {
            "no_tickets_90d": 1,
            "ticket_severity_90d": 0,
            "ticket_severity_change_90d": 0,
            "broken_ticket_share_180d": None,
        },
    ),
    Case(
        "tickets resolved at the first instants of two half years, and at the as-of instant",
        {
            "tickets": [
                ticket(
                    190, 180, contacts_to_resolve=2, reopened=False, first_response_at=at(190, "02:00:00")
                ),
                ticket(9, 0, contacts_to_resolve=1, reopened=False, first_response_at=at(9, "01:00:00")),
                ticket(370, 360, contacts_to_resolve=1, reopened=False),
            ]
        },
        {
            "first_contact_resolution_180d": 0,
            "first_contact_resolution_change_180d": 0 - 1,
            "hours_to_resolve_180d": 240,
            "hours_to_first_response_180d": 2,
        },
    ),
)

COMMERCIAL = (
    Case(
        "seats and revenue change at the as-of instant",
        {
            "subscriptions": [
                {"subscription_id": "S-now", "seats": seats, "mrr": 10 * seats, "currency": "EUR", **when}
                for seats, when in ((10, {}), (5, {"changed_at": at(0)}))
            ]
        },
        {"seats": 10, "mrr": 100, "seats_change_180d": 0, "mrr_change_180d": 0},
    ),
    Case(
        "invoices due at the first instants of two half years, and one paid at the as-of instant",
        {
            "invoices": [
                {"issued_at": at(400), "due_at": at(180), "paid_at": at(175)},
                {"issued_at": at(40), "due_at": at(10), "paid_at": at(0)},
                {"issued_at": at(400), "due_at": at(360), "paid_at": at(350)},
            ]
        },
        {"days_late_change_180d": (5 + 10) / 2 - 10},
    ),
)

CASES = (*USAGE, *WORDS, *SERVICE, *COMMERCIAL)
