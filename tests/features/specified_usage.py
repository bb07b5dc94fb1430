"""Use (O1), breadth (O2) and depth (O3), specified by literal rows. As-of date 2026-10-31."""

from __future__ import annotations

from tests.features.literal_book import Case, at

CASES = (
    Case(
        "nobody has ever used the product",
        {"usage": []},
        {
            "active_users_30d": 0,
            "active_days_30d": 0,
            "dau_over_mau_30d": None,
            "dau_over_mau_change_30d": None,
            "events_per_active_user_30d": None,
            "active_users_change_30d": 0,
            "events_change_30d": 0,
            "days_since_last_use": 90,
            "seat_utilisation_30d": None,
            "seat_utilisation_change_30d": None,
            "modules_used_share_30d": None,
            "sticky_feature_user_share_30d": None,
            "sticky_feature_user_share_change_30d": None,
        },
    ),
    Case(
        "two people on three days",
        {
            "usage": [
                {"user_id": "U-1", "occurred_at": at(1), "quantity": 2},
                {"user_id": "U-1", "occurred_at": at(1, "12:00:00"), "quantity": 0.5},
                {"user_id": "U-1", "occurred_at": at(4)},
                {"user_id": "U-2", "occurred_at": at(4)},
                {"user_id": "U-2", "occurred_at": at(9)},
            ]
        },
        {
            "active_users_30d": 2,
            "active_days_30d": 3,
            "dau_over_mau_30d": 4 / 60,
            "events_per_active_user_30d": 5.5 / 2,
            "active_users_change_30d": 1,
            "events_change_30d": 1,
            "days_since_last_use": 1,
        },
    ),
    Case(
        "an account a day younger than two windows has begun, and has not grown",
        {
            "accounts": [{"created_at": at(59)}],
            "subscriptions": [{"seats": 2}],
            "usage": [{"occurred_at": at(1)}, {"occurred_at": at(31)}],
        },
        {
            "active_users_30d": 1,
            "active_users_change_30d": None,
            "events_change_30d": None,
            "dau_over_mau_change_30d": None,
            "seat_utilisation_30d": 0.5,
            "seat_utilisation_change_30d": None,
        },
    ),
    Case(
        "an account as old as two windows has grown",
        {
            "accounts": [{"created_at": at(60)}],
            "subscriptions": [{"seats": 2}],
            "usage": [{"occurred_at": at(1)}],
        },
        {
            "active_users_30d": 1,
            "active_users_change_30d": 1,
            "events_change_30d": 1,
            "seat_utilisation_change_30d": 0.5,
        },
    ),
    Case(
        "use at the as-of instant is not known yet",
        {"usage": [{"occurred_at": at(0)}]},
        {"active_users_30d": 0, "days_since_last_use": 90},
    ),
    Case(
        "use a microsecond before the as-of instant counts",
        {"usage": [{"occurred_at": at(1, "23:59:59.999999")}]},
        {"active_users_30d": 1, "active_days_30d": 1, "days_since_last_use": 1},
    ),
    Case(
        "use at the window's first instant counts in this month",
        {"usage": [{"occurred_at": at(30)}]},
        {"active_users_30d": 1, "active_users_change_30d": 1, "days_since_last_use": 30},
    ),
    Case(
        "use the instant before the window counts in the month before",
        {"usage": [{"occurred_at": at(31, "23:59:59.9")}]},
        {
            "active_users_30d": 0,
            "active_users_change_30d": -1,
            "events_change_30d": -1,
            "days_since_last_use": 31,
        },
    ),
    Case(
        "the month before begins sixty days ago and not earlier",
        {
            "usage": [
                {"occurred_at": at(60)},
                {"user_id": "U-2", "occurred_at": at(61)},
                {"occurred_at": at(3)},
            ]
        },
        {"active_users_change_30d": 0, "events_change_30d": 0, "days_since_last_use": 3},
    ),
    Case(
        "last use ninety days ago or earlier shows as ninety",
        {"usage": [{"occurred_at": at(300)}]},
        {"days_since_last_use": 90, "active_users_change_30d": 0},
    ),
    Case(
        "an account of three days that nobody has used yet has been waiting for three days",
        {
            "accounts": [{"created_at": at(3)}],
            "subscriptions": [{"starts_at": at(3), "changed_at": at(3)}],
        },
        {"days_since_last_use": 3, "active_users_30d": 0},
    ),
    Case(
        "use that came in late is not known before it came",
        {
            "usage": [
                {"occurred_at": at(5), "recorded_at": at(0)},
                {"occurred_at": at(7), "recorded_at": at(1)},
            ]
        },
        {"active_users_30d": 1, "active_days_30d": 1, "days_since_last_use": 7},
    ),
    Case(
        "a roll-up of nought events is no use",
        {"usage": [{"occurred_at": at(2), "quantity": 0}]},
        {"active_users_30d": 0, "days_since_last_use": 90},
    ),
    Case(
        "two people on three of their days now, one person on two days before",
        {
            "usage": [
                {"user_id": "U-1", "occurred_at": at(1)},
                {"user_id": "U-1", "occurred_at": at(1, "08:00:00")},
                {"user_id": "U-2", "occurred_at": at(1)},
                {"user_id": "U-2", "occurred_at": at(30)},
                {"user_id": "U-1", "occurred_at": at(31)},
                {"user_id": "U-1", "occurred_at": at(60)},
                {"user_id": "U-1", "occurred_at": at(61)},
            ]
        },
        {"dau_over_mau_30d": 3 / 60, "dau_over_mau_change_30d": 3 / 60 - 2 / 30},
    ),
    Case(
        "the average day of the month before has no share while nobody was active then",
        {"usage": [{"occurred_at": at(1)}]},
        {"dau_over_mau_30d": 1 / 30, "dau_over_mau_change_30d": None},
    ),
    Case(
        "use of the month before that came in late is compared, and what came later still is not",
        {
            "subscriptions": [{"seats": 10}],
            "usage": [
                {"user_id": "U-1", "occurred_at": at(2)},
                {"user_id": "U-1", "occurred_at": at(40), "recorded_at": at(1)},
                {"user_id": "U-2", "occurred_at": at(40), "recorded_at": at(1, "23:59:59")},
                {"user_id": "U-3", "occurred_at": at(40), "recorded_at": at(0)},
            ],
        },
        {"active_users_change_30d": -1 / 3, "seat_utilisation_change_30d": -0.1},
    ),
    Case(
        "events halve: the change is measured against both months together",
        {
            "usage": [
                {"occurred_at": at(2), "quantity": 1},
                {"user_id": "U-1", "occurred_at": at(40), "quantity": 1},
                {"user_id": "U-2", "occurred_at": at(40), "quantity": 2},
            ]
        },
        {"events_change_30d": (1 - 3) / (1 + 3), "active_users_change_30d": (1 - 2) / (1 + 2)},
    ),
    Case(
        "three people of ten seats use two of four modules",
        {
            "subscriptions": [{"seats": 10, "modules": "core|reports|api|planner"}],
            "usage": [
                {"user_id": "U-1", "occurred_at": at(1), "module": "core"},
                {"user_id": "U-2", "occurred_at": at(1), "module": "core"},
                {"user_id": "U-3", "occurred_at": at(30), "module": "reports"},
                {"user_id": "U-4", "occurred_at": at(31), "module": "api"},
                {"user_id": "U-1", "occurred_at": at(2)},
            ],
        },
        {
            "seat_utilisation_30d": 0.3,
            "seat_utilisation_change_30d": (3 - 1) / 10,
            "modules_used_share_30d": 0.5,
            "modules_used_share_change_30d": (2 - 1) / 4,
        },
    ),
    Case(
        "seats and modules of all running subscriptions count, a module once",
        {
            "subscriptions": [
                {"seats": 3, "modules": "core|api"},
                {"seats": 1, "modules": "api"},
                {"seats": 50, "modules": "planner", "ends_at": at(1)},
                {"seats": 50, "modules": "planner", "starts_at": at(-1)},
            ],
            "usage": [{"occurred_at": at(1), "module": "core"}],
        },
        {"seat_utilisation_30d": 0.25, "modules_used_share_30d": 0.5},
    ),
    Case(
        "blanks around a module, and a bar too many, license nothing more",
        {
            "subscriptions": [{"modules": "core | api|"}, {"modules": "api"}, {"modules": " |core | "}],
            "usage": [{"occurred_at": at(1), "module": "core"}],
        },
        {"modules_used_share_30d": 0.5},
    ),
    Case(
        "a subscription that does not state its seats, or names no module, leaves the whole licence unknown",
        {
            "subscriptions": [{"seats": 10, "modules": "core|api"}, {"seats": None, "modules": " | "}],
            "usage": [{"occurred_at": at(1), "module": "core"}],
        },
        {
            "seat_utilisation_30d": None,
            "seat_utilisation_change_30d": None,
            "modules_used_share_30d": None,
            "modules_used_share_change_30d": None,
        },
    ),
    Case(
        "what is used without a licence, or has a blank for a name, is no part of the licensed modules",
        {
            "subscriptions": [{"modules": "core|api"}],
            "usage": [
                {"occurred_at": at(1), "module": "planner"},
                {"occurred_at": at(1), "module": "reports"},
                {"occurred_at": at(1), "module": " "},
                {"occurred_at": at(40), "module": "api"},
            ],
        },
        {"modules_used_share_30d": 0, "modules_used_share_change_30d": -0.5},
    ),
    Case(
        "a module is one whatever its case and the blanks around it",
        {
            "subscriptions": [{"modules": "Core|\u00dcbersicht|api"}],
            "usage": [
                {"occurred_at": at(1), "module": " core"},
                {"occurred_at": at(1), "module": "CORE"},
                {"occurred_at": at(1), "module": "\u00fcbersicht"},
            ],
        },
        {"modules_used_share_30d": 2 / 3},
    ),
    Case(
        "without use the licensed seats and modules are unused, which is a fact",
        {"subscriptions": [{"seats": 4, "modules": "core"}]},
        {
            "seat_utilisation_30d": 0,
            "seat_utilisation_change_30d": 0,
            "modules_used_share_30d": 0,
            "modules_used_share_change_30d": 0,
        },
    ),
    Case(
        "no seats at all is no share of seats",
        {"subscriptions": [{"seats": 0, "modules": ""}], "usage": [{"occurred_at": at(1), "module": "core"}]},
        {
            "seat_utilisation_30d": None,
            "seat_utilisation_change_30d": None,
            "modules_used_share_30d": None,
            "modules_used_share_change_30d": None,
        },
    ),
    Case(
        "one of two people uses a sticky feature, and one of one did before",
        {
            "usage": [
                {"user_id": "U-1", "occurred_at": at(3), "feature": "workflow_run"},
                {"user_id": "U-1", "occurred_at": at(4), "feature": "api_sync"},
                {"user_id": "U-2", "occurred_at": at(3), "feature": "login"},
                {"user_id": "U-2", "occurred_at": at(3), "feature": None},
                {"user_id": "U-2", "occurred_at": at(31), "feature": "api_sync"},
            ]
        },
        {"sticky_feature_user_share_30d": 0.5, "sticky_feature_user_share_change_30d": 0.5 - 1},
    ),
    Case(
        "sticky use of the month before alone gives no change, as nobody is active now",
        {"usage": [{"occurred_at": at(45), "feature": "api_sync"}]},
        {"sticky_feature_user_share_30d": None, "sticky_feature_user_share_change_30d": None},
    ),
    Case(
        "a million events of one person in a day are one person and one day",
        {"usage": [{"occurred_at": at(1), "quantity": 1_000_000}]},
        {"active_users_30d": 1, "active_days_30d": 1, "events_per_active_user_30d": 1_000_000},
    ),
)
