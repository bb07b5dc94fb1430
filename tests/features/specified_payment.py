"""Payment (O8), renewal and tenure (O9), specified by literal rows."""

from __future__ import annotations

from tests.features.literal_book import Case, at

PAYMENT = (
    Case(
        "no invoice: nothing is overdue, and no share of nothing",
        {"invoices": []},
        {
            "paid_on_time_share_365d": None,
            "days_late_365d": None,
            "days_late_change_180d": None,
            "overdue_invoices": 0,
            "overdue_days_longest": 0,
        },
    ),
    Case(
        "days late of two half years compared, an unpaid invoice late until the as-of date",
        {
            "invoices": [
                {"issued_at": at(300), "due_at": at(180), "paid_at": at(170)},  # first day of the later half
                {"issued_at": at(300), "due_at": at(1)},
                {"issued_at": at(300), "due_at": at(181), "paid_at": at(178)},
                {"issued_at": at(400), "due_at": at(360)},  # first day of the earlier half, still unpaid
                {"issued_at": at(400), "due_at": at(361), "paid_at": at(300)},
            ]
        },
        {"days_late_change_180d": (10 + 1) / 2 - (3 + 360) / 2},
    ),
    Case(
        "no invoice due in the half year before: days late have no change",
        {"invoices": [{"issued_at": at(60), "due_at": at(30), "paid_at": at(29)}]},
        {"days_late_365d": 1, "days_late_change_180d": None},
    ),
    Case(
        "one in time, one on the due day, one late, one unpaid",
        {
            "invoices": [
                {"issued_at": at(100), "due_at": at(70), "paid_at": at(80)},
                {"issued_at": at(100), "due_at": at(70), "paid_at": at(70, "23:00:00")},
                {"issued_at": at(100), "due_at": at(70), "paid_at": at(65)},
                {"issued_at": at(100), "due_at": at(7)},
            ]
        },
        {
            "paid_on_time_share_365d": 2 / 4,
            "days_late_365d": (0 + 0 + 5 + 7) / 4,
            "overdue_invoices": 1,
            "overdue_days_longest": 7,
        },
    ),
    Case(
        "an invoice paid at the as-of instant is still unpaid",
        {"invoices": [{"issued_at": at(60), "due_at": at(30), "paid_at": at(0)}]},
        {
            "paid_on_time_share_365d": 0,
            "days_late_365d": 30,
            "overdue_invoices": 1,
            "overdue_days_longest": 30,
        },
    ),
    Case(
        "an invoice paid the day before counts as paid",
        {"invoices": [{"issued_at": at(60), "due_at": at(30), "paid_at": at(1)}]},
        {"days_late_365d": 29, "overdue_invoices": 0, "overdue_days_longest": 0},
    ),
    Case(
        "a payment booked at the as-of instant is not known, one booked the day before has its own date",
        {
            "invoices": [
                {"issued_at": at(60), "due_at": at(30), "paid_at": at(30), "paid_recorded_at": at(0)},
                {"issued_at": at(60), "due_at": at(20), "paid_at": at(20), "paid_recorded_at": at(1)},
            ]
        },
        {
            "paid_on_time_share_365d": 1 / 2,
            "days_late_365d": (30 + 0) / 2,
            "overdue_invoices": 1,
            "overdue_days_longest": 30,
        },
    ),
    Case(
        "an invoice due on the as-of date is not overdue",
        {"invoices": [{"issued_at": at(30), "due_at": at(0)}]},
        {"overdue_invoices": 0, "paid_on_time_share_365d": None, "days_late_365d": None},
    ),
    Case(
        "an invoice due a year ago counts in the shares, an older one only as overdue",
        {
            "invoices": [
                {"issued_at": at(400), "due_at": at(365), "paid_at": at(365)},
                {"issued_at": at(400), "due_at": at(366)},
            ]
        },
        {
            "paid_on_time_share_365d": 1,
            "days_late_365d": 0,
            "overdue_invoices": 1,
            "overdue_days_longest": 366,
        },
    ),
    Case(
        "an invoice entered late is not known before it was entered",
        {"invoices": [{"issued_at": at(60), "due_at": at(30), "recorded_at": at(0)}]},
        {"overdue_invoices": 0, "days_late_365d": None},
    ),
)

RENEWAL = (
    Case(
        "no renewal known",
        {"renewals": []},
        {"days_to_renewal": None, "renewal_at_risk": None, "renewal_committed": None},
    ),
    Case(
        "the newest status known counts",
        {
            "renewals": [
                {"renewal_at": at(-40), "status": "open", "changed_at": at(300)},
                {"renewal_at": at(-40), "status": "at_risk", "changed_at": at(1)},
                {"renewal_at": at(-40), "status": "committed", "changed_at": at(0)},
                {"renewal_at": at(-40), "status": "renewed", "changed_at": at(1), "recorded_at": at(0)},
            ]
        },
        {"days_to_renewal": 40, "renewal_at_risk": 1, "renewal_committed": 0},
    ),
    Case(
        "a renewal on the as-of date is still to come, one of yesterday is over",
        {
            "renewals": [
                {"contract_id": "K-1", "renewal_at": at(0), "status": "committed", "changed_at": at(50)},
                {"contract_id": "K-2", "renewal_at": at(1), "status": "at_risk", "changed_at": at(50)},
            ]
        },
        {"days_to_renewal": 0, "renewal_at_risk": 0, "renewal_committed": 1},
    ),
    Case(
        "the nearest of two renewals, and the statuses of both",
        {
            "renewals": [
                {"contract_id": "K-1", "renewal_at": at(-90), "status": "at_risk", "changed_at": at(5)},
                {"contract_id": "K-2", "renewal_at": at(-20), "status": "renewed", "changed_at": at(5)},
            ]
        },
        {"days_to_renewal": 20, "renewal_at_risk": 1, "renewal_committed": 1},
    ),
    Case(
        "a renewal refused beforehand is at risk",
        {"renewals": [{"renewal_at": at(-10), "status": "churned", "changed_at": at(3)}]},
        {"days_to_renewal": 10, "renewal_at_risk": 1, "renewal_committed": 0},
    ),
    Case(
        "tenure runs from the creation",
        {"accounts": [{"created_at": at(400, "13:00:00")}]},
        {"tenure_days": 400},
    ),
    Case(
        "an account of yesterday has a tenure of one day",
        {
            "accounts": [{"created_at": at(1)}],
            "subscriptions": [{"changed_at": at(1), "starts_at": at(1)}],
        },
        {"tenure_days": 1},
    ),
)

CASES = (*PAYMENT, *RENEWAL)
