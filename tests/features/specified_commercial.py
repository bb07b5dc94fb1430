"""Seats and revenue (O7), specified by literal rows. Payment and renewal: see specified_payment.py."""

from __future__ import annotations

from tests.features.literal_book import Case, at

CASES = (
    Case(
        "seats and revenue grow within the half year",
        {
            "subscriptions": [
                {"subscription_id": "S-grow", "seats": 10, "mrr": 100.5, "currency": "EUR"},
                {
                    "subscription_id": "S-grow",
                    "seats": 12,
                    "mrr": 120.6,
                    "currency": "EUR",
                    "changed_at": at(180),
                },
            ]
        },
        {"seats": 12, "mrr": 120.6, "seats_change_180d": 0.2, "mrr_change_180d": 0.2},
    ),
    Case(
        "a change the instant before the half year is the level it starts from",
        {
            "subscriptions": [
                {"subscription_id": "S-old", "seats": 10, "mrr": 100, "currency": "EUR"},
                {
                    "subscription_id": "S-old",
                    "seats": 12,
                    "mrr": 120,
                    "currency": "EUR",
                    "changed_at": at(181, "23:59:59"),
                },
            ]
        },
        {"seats": 12, "mrr": 120, "seats_change_180d": 0, "mrr_change_180d": 0},
    ),
    Case(
        "a change at the as-of instant, and one entered late, are not known yet",
        {
            "subscriptions": [
                {"subscription_id": "S-late", "seats": 10},
                {"subscription_id": "S-late", "seats": 5, "changed_at": at(0)},
                {"subscription_id": "S-late", "seats": 6, "changed_at": at(9), "recorded_at": at(0)},
            ]
        },
        {"seats": 10, "seats_change_180d": 0, "mrr": None, "mrr_change_180d": None},
    ),
    Case(
        "the change counts from the day it was entered, for the level of then as well",
        {
            "subscriptions": [
                {"subscription_id": "S-entered", "seats": 10},
                {
                    "subscription_id": "S-entered",
                    "seats": 8,
                    "changed_at": at(200),
                    "recorded_at": at(100),
                },
            ]
        },
        {"seats": 8, "seats_change_180d": 0},
    ),
    Case(
        "a renewal signed early does not end the period that runs",
        {
            "subscriptions": [
                {"subscription_id": "S-early", "seats": 10, "ends_at": at(-30)},
                {
                    "subscription_id": "S-early",
                    "seats": 15,
                    "changed_at": at(20),
                    "starts_at": at(-30),
                    "ends_at": at(-395),
                },
            ]
        },
        {"seats": 10, "seats_change_180d": 0},
    ),
    Case(
        "an account younger than the half year has no level to compare with",
        {"subscriptions": [{"seats": 10, "mrr": 100, "changed_at": at(50), "starts_at": at(50)}]},
        {"seats": 10, "mrr": 100, "seats_change_180d": None, "mrr_change_180d": None},
    ),
    Case(
        "from no seats to some is no share, and no share of nothing",
        {
            "subscriptions": [
                {"subscription_id": "S-nought", "seats": 0, "mrr": 0},
                {"subscription_id": "S-nought", "seats": 5, "mrr": 9, "changed_at": at(10)},
            ]
        },
        {"seats": 5, "mrr": 9, "seats_change_180d": None, "mrr_change_180d": None},
    ),
    Case(
        "revenue in two currencies has no sum",
        {"subscriptions": [{"seats": 1, "mrr": 5, "currency": c} for c in ("EUR", "CNY")]},
        {"seats": 2, "mrr": None, "seats_change_180d": 0, "mrr_change_180d": None},
    ),
    Case(
        "a currency is one whatever its case and the blanks around it",
        {"subscriptions": [{"mrr": 5, "currency": c} for c in ("EUR", "eur", " Eur ")]},
        {"mrr": 15, "mrr_change_180d": 0},
    ),
    Case(
        "revenue whose currency is not stated is not added to euros",
        {
            "subscriptions": [
                {"seats": 1, "mrr": 5, "currency": "EUR"},
                {"seats": 1, "mrr": 5, "currency": "EUR"},
                {"seats": 1, "mrr": 7, "currency": None, "starts_at": at(9), "changed_at": at(9)},
            ]
        },
        {"seats": 3, "mrr": None, "mrr_change_180d": None},
    ),
    Case(
        "the revenue and the seats of a part are not those of the whole",
        {"subscriptions": [{"seats": 9, "mrr": 5, "currency": "EUR"}, {"currency": "EUR"}]},
        {"seats": None, "seats_change_180d": None, "mrr": None, "mrr_change_180d": None},
    ),
    Case(
        "an add-on that says it costs nothing leaves the revenue as it is",
        {"subscriptions": [{"mrr": 5, "currency": "EUR"}, {"mrr": 0, "currency": "EUR"}]},
        {"mrr": 5, "mrr_change_180d": 0},
    ),
    Case(
        "revenue whose currency changed has no change",
        {
            "subscriptions": [
                {"subscription_id": "S-money", "mrr": 100, "currency": "EUR"},
                {"subscription_id": "S-money", "mrr": 110, "currency": "CHF", "changed_at": at(10)},
            ]
        },
        {"mrr": 110, "mrr_change_180d": None, "seats": None, "seats_change_180d": None},
    ),
    Case(
        "half the seats go with one of two subscriptions",
        {"subscriptions": [{"seats": 10}, {"seats": 10, "ends_at": at(1, "12:00:00")}]},
        {"seats": 10, "seats_change_180d": -0.5},
    ),
)
