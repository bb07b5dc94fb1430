"""Ticket volume (O4), severity (O5) and resolution (O6), specified by literal rows."""

from __future__ import annotations

from math import log2

from tests.features.literal_book import Case, Row, at


def ticket(opened: int, resolved: int | None = None, **more: object) -> Row:
    solved = {} if resolved is None else {"resolved_at": at(resolved)}
    return {"opened_at": at(opened), **solved, **more}


VOLUME = (
    Case(
        "no ticket in a year and a quarter",
        {"tickets": []},
        {
            "tickets_90d": 0,
            "no_tickets_90d": 1,
            "ticket_volume_vs_history": 0,
            "open_tickets": 0,
            "ticket_severity_90d": 0,
            "ticket_severity_change_90d": 0,
            "broken_ticket_share_180d": None,
            "open_critical_tickets": 0,
            "first_contact_resolution_180d": None,
            "first_contact_resolution_change_180d": None,
            "reopened_share_180d": None,
            "hours_to_resolve_180d": None,
            "hours_to_first_response_180d": None,
        },
    ),
    Case(
        "tickets of the quarter: its first instant counts, the as-of instant does not",
        {"tickets": [ticket(90), ticket(1), ticket(0), ticket(91, 80), ticket(5, recorded_at=at(0))]},
        {
            "tickets_90d": 2,
            "no_tickets_90d": 0,
            "open_tickets": 2,
            "ticket_volume_vs_history": log2(2.5 / (1 * 90 / 365 + 0.5)),
        },
    ),
    Case(
        "silence after a busy year stands out",
        {"tickets": [ticket(91 + n, 90) for n in range(0, 365, 15)]},
        {
            "tickets_90d": 0,
            "no_tickets_90d": 1,
            "ticket_volume_vs_history": log2(0.5 / (25 * 90 / 365 + 0.5)),
            "open_tickets": 0,
        },
    ),
    Case(
        "the history is the year before the quarter and nothing older",
        {"tickets": [ticket(455, 454), ticket(456, 454)]},
        {"ticket_volume_vs_history": log2(0.5 / (90 / 365 + 0.5))},
    ),
    Case(
        "an account of half a year has a history of a quarter",
        {
            "accounts": [{"created_at": at(180)}],
            "subscriptions": [{"changed_at": at(180), "starts_at": at(180)}],
            "tickets": [ticket(100, 99), ticket(10, 9)],
        },
        {"ticket_volume_vs_history": log2(1.5 / 1.5), "tickets_90d": 1},
    ),
    Case(
        "an account younger than half a year has no history",
        {
            "accounts": [{"created_at": at(179)}],
            "subscriptions": [{"changed_at": at(179), "starts_at": at(179)}],
            "tickets": [ticket(10)],
        },
        {"ticket_volume_vs_history": None, "tickets_90d": 1},
    ),
)

SEVERITY = (
    Case(
        "each severity has its weight, within the quarter",
        {
            "tickets": [
                ticket(90, 80, severity="critical"),
                ticket(2, 1, severity="high"),
                ticket(2, 1, severity="medium"),
                ticket(2, 1, severity="low"),
                ticket(91, 80, severity="critical"),
            ]
        },
        {"ticket_severity_90d": 8 + 4 + 2 + 1, "open_critical_tickets": 0},
    ),
    Case(
        "severity of two quarters compared, against both together",
        {
            "tickets": [
                ticket(90, 80, severity="high"),
                ticket(91, 80, severity="critical"),
                ticket(180, 170, severity="low"),
                ticket(181, 170, severity="critical"),
            ]
        },
        {"ticket_severity_90d": 4, "ticket_severity_change_90d": (4 - 9) / (4 + 9)},
    ),
    Case(
        "an account a day younger than two quarters has no change in severity",
        {"accounts": [{"created_at": at(179)}], "tickets": [ticket(5, severity="critical")]},
        {"ticket_severity_90d": 8, "ticket_severity_change_90d": None},
    ),
    Case(
        "an account as old as two quarters has one",
        {"accounts": [{"created_at": at(180)}], "tickets": [ticket(5, severity="critical")]},
        {"ticket_severity_change_90d": 1},
    ),
    Case(
        "bugs and incidents are broken, questions and suggestions are not",
        {
            "tickets": [
                ticket(180, 170, kind="bug"),
                ticket(5, 4, kind="incident"),
                ticket(5, 4, kind="question"),
                ticket(5, 4, kind="suggestion"),
                ticket(181, 170, kind="question"),
            ]
        },
        {"broken_ticket_share_180d": 0.5},
    ),
    Case(
        "a critical ticket resolved at the as-of instant is still open",
        {
            "tickets": [
                ticket(5, 0, severity="critical"),
                ticket(5, 1, severity="critical"),
                ticket(700, severity="critical"),
                ticket(5, severity="high"),
            ]
        },
        {"open_critical_tickets": 2, "open_tickets": 3},
    ),
)

RESOLUTION = (
    Case(
        "solved at the first contact and not reopened",
        {
            "tickets": [
                ticket(9, 8, contacts_to_resolve=1, reopened=False),
                ticket(9, 8, contacts_to_resolve=1, reopened=True),
                ticket(9, 8, contacts_to_resolve=2, reopened=False),
                ticket(9, 8, contacts_to_resolve=1),
                ticket(9, 8, reopened=False),
                ticket(9, contacts_to_resolve=1, reopened=True),
            ]
        },
        {"first_contact_resolution_180d": 1 / 4, "reopened_share_180d": 1 / 4},
    ),
    Case(
        "of no ticket is it said whether it was reopened: none is known to be done",
        {"tickets": [ticket(9, 8, contacts_to_resolve=1), ticket(300, 290, contacts_to_resolve=1)]},
        {"first_contact_resolution_180d": None, "first_contact_resolution_change_180d": None},
    ),
    Case(
        "one ticket of the half year before that does not say it leaves no change",
        {
            "tickets": [
                ticket(9, 8, contacts_to_resolve=1, reopened=False),
                ticket(300, 290, contacts_to_resolve=1, reopened=False),
                ticket(300, 290, contacts_to_resolve=1),
            ]
        },
        {"first_contact_resolution_180d": 1, "first_contact_resolution_change_180d": None},
    ),
    Case(
        "resolved at the as-of instant is not resolved, half a year ago is",
        {
            "tickets": [
                ticket(9, 0, contacts_to_resolve=1, reopened=True),
                ticket(190, 180, contacts_to_resolve=3, reopened=False),
                ticket(190, 181, contacts_to_resolve=1, reopened=False),
            ]
        },
        {
            "first_contact_resolution_180d": 0,
            "reopened_share_180d": 0,
            "hours_to_resolve_180d": 240,
            "hours_to_first_response_180d": None,
        },
    ),
    Case(
        "first-contact resolution of two half years compared",
        {
            "tickets": [
                ticket(190, 180, contacts_to_resolve=1, reopened=False),
                ticket(190, 181, contacts_to_resolve=1, reopened=False),
                ticket(400, 360, contacts_to_resolve=2, reopened=False),
                ticket(400, 361, contacts_to_resolve=2, reopened=False),
            ]
        },
        {"first_contact_resolution_180d": 1, "first_contact_resolution_change_180d": 1 - 1 / 2},
    ),
    Case(
        "no resolution with a contact count half a year ago: no change",
        {"tickets": [ticket(9, 8, contacts_to_resolve=1, reopened=False), ticket(300, 290)]},
        {"first_contact_resolution_180d": 1, "first_contact_resolution_change_180d": None},
    ),
    Case(
        "the median of hours, between the middle two where they are even",
        {
            "tickets": [
                ticket(9, 8, first_response_at=at(9, "00:30:00")),
                ticket(9, 7, first_response_at=at(9, "02:00:00")),
                ticket(9, 6),
                ticket(9, 1, first_response_at=at(9, "04:00:00")),
            ]
        },
        {"hours_to_resolve_180d": (48 + 72) / 2, "hours_to_first_response_180d": 2},
    ),
    Case(
        "a response within the second is no response at once, and half an hour is not rounded",
        {
            "tickets": [
                {
                    "opened_at": at(9, "23:59:59.9"),
                    "first_response_at": at(8, "00:00:00.08"),
                    "resolved_at": at(8, "00:29:59.9"),
                }
            ]
        },
        {"hours_to_resolve_180d": 0.5, "hours_to_first_response_180d": 0.18 / 3600},
    ),
    Case(
        "a first response logged after the resolution is known only when it happens",
        {"tickets": [ticket(9, 8, first_response_at=at(0))]},
        {"hours_to_resolve_180d": 24, "hours_to_first_response_180d": None},
    ),
    Case(
        "tickets of which nothing but the resolution is known",
        {"tickets": [ticket(9, 8)]},
        {"first_contact_resolution_180d": None, "reopened_share_180d": None, "hours_to_resolve_180d": 24},
    ),
)

CASES = (*VOLUME, *SEVERITY, *RESOLUTION)
