"""Planted leaks of subscriptions, invoices and renewals. See planted_leaks.py."""

from __future__ import annotations

from tests.features.literal_book import Row, at
from tests.features.planted_leaks import appears, becomes

BOUGHT: Row = {"subscription_id": "S-1", "seats": 10, "mrr": 100, "currency": "EUR", "modules": "core|api"}
BILL: Row = {"issued_at": at(50), "due_at": at(20)}

SUBSCRIPTIONS = (
    appears(
        "subscriptions",
        "fewer seats, agreed before and entered after the as-of date",
        "seats",
        {**BOUGHT, "seats": 4, "changed_at": at(30), "recorded_at": at(-4)},
    ),
    appears(
        "subscriptions",
        "a downgrade at the as-of instant",
        "seats_change_180d",
        {**BOUGHT, "seats": 2, "changed_at": at(0)},
    ),
    appears(
        "subscriptions",
        "the end of the subscription is known only after the cancellation",
        "seats",
        {"subscription_id": "S-2", "seats": 1, "changed_at": at(-20)},
        {**BOUGHT, "ends_at": at(-20), "changed_at": at(-20)},
    ),
    appears(
        "subscriptions",
        "the end is dated back before the as-of date when they have left",
        "seats",
        {"subscription_id": "S-2", "seats": 1, "changed_at": at(-21)},
        {**BOUGHT, "ends_at": at(10), "changed_at": at(12), "recorded_at": at(-21)},
    ),
    appears(
        "subscriptions",
        "the contract is moved to another currency later",
        "mrr_change_180d",
        {**BOUGHT, "currency": "CNY", "changed_at": at(-2)},
    ),
    appears(
        "subscriptions",
        "a discount against leaving, granted later",
        "mrr",
        {**BOUGHT, "mrr": 60, "changed_at": at(-9)},
    ),
    appears(
        "subscriptions",
        "a module is given up later",
        "modules_used_share_30d",
        {**BOUGHT, "modules": "api", "changed_at": at(-1)},
    ),
    appears(
        "subscriptions",
        "an add-on of last quarter is entered later",
        "seat_utilisation_30d",
        {"subscription_id": "S-3", "seats": 10, "changed_at": at(80), "recorded_at": at(-1)},
    ),
)

INVOICES = (
    becomes("invoices", "an invoice is paid later", "days_late_365d", BILL, {"paid_at": at(-6)}),
    becomes("invoices", "a payment at the as-of instant", "overdue_invoices", BILL, {"paid_at": at(0)}),
    becomes(
        "invoices",
        "a payment in time is booked after the as-of date",
        "paid_on_time_share_365d",
        BILL,
        {"paid_at": at(22), "paid_recorded_at": at(-3)},
    ),
    appears(
        "invoices",
        "an invoice of the past is issued anew when they leave",
        "overdue_days_longest",
        {"issued_at": at(200), "due_at": at(170), "recorded_at": at(-15)},
    ),
    appears(
        "invoices",
        "the last invoice is issued later",
        "overdue_invoices",
        {"issued_at": at(-1), "due_at": at(-2)},
    ),
)

RENEWALS = (
    appears(
        "renewals",
        "the renewal is set to churned on the day of the churn",
        "renewal_at_risk",
        {"renewal_at": at(-200), "status": "churned", "changed_at": at(-11)},
    ),
    appears(
        "renewals",
        "the renewal is said to have been at risk all along",
        "renewal_at_risk",
        {"renewal_at": at(-200), "status": "at_risk", "changed_at": at(60), "recorded_at": at(-12)},
    ),
    appears(
        "renewals",
        "the renewal is committed at the as-of instant",
        "renewal_committed",
        {"renewal_at": at(-200), "status": "committed", "changed_at": at(0)},
    ),
    appears(
        "renewals",
        "the renewal is brought forward later",
        "days_to_renewal",
        {"renewal_at": at(-70), "status": "open", "changed_at": at(-1)},
    ),
    appears(
        "renewals",
        "a second contract is entered later, with its own date",
        "days_to_renewal",
        {"contract_id": "K-2", "renewal_at": at(-60), "changed_at": at(300), "recorded_at": at(-8)},
    ),
)

LEAKS = (*SUBSCRIPTIONS, *INVOICES, *RENEWALS)
