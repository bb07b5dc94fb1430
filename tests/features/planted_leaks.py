"""Leaks, planted: what only the future could tell, written into the book of an ordinary account.

Each leak is a sentence, the account's rows without it and with it, and the feature it would move if
anybody looked: the test shows that it moves it once known, and no bit of the row before.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.features.literal_book import Case, Rows, at

ORDINARY: Rows = {
    "contacts": [
        {"contact_id": "C-top", "role": "decision_maker", "is_key": True},
        {"contact_id": "C-user", "role": "user", "is_key": True},
    ],
    "surveys": [{"contact_id": "C-user", "score": 9, "sent_at": at(50), "responded_at": at(40)}],
    "usage": [
        {"user_id": "U-1", "occurred_at": at(2), "module": "core"},
        {"user_id": "U-2", "occurred_at": at(33)},
    ],
    "subscriptions": [
        {"subscription_id": "S-1", "seats": 10, "mrr": 100, "currency": "EUR", "modules": "core|api"}
    ],
    "invoices": [{"issued_at": at(90), "due_at": at(60), "paid_at": at(61)}],
    "tickets": [{"opened_at": at(20), "resolved_at": at(19), "contacts_to_resolve": 1, "reopened": False}],
    "notes": [{"happened_at": at(30), "text": "Users love it."}],
    "renewals": [{"renewal_at": at(-200), "changed_at": at(165)}],
}


@dataclass(frozen=True)
class Leak:
    """A leak and the rows, beside those of ORDINARY, that the account has without it and with it.

    `moves` is the feature that would give it away once it is known; None where none ever could,
    because of `reason`.
    """

    says: str
    without: Rows
    planted: Rows
    moves: str | None
    reason: str = ""

    def cases(self) -> tuple[Case, Case]:
        """The account without the leak, and with it."""
        return Case(f"without|{self.says}", _beside(self.without)), Case(
            f"with|{self.says}", _beside(self.planted)
        )


def _beside(rows: Rows) -> Rows:
    return {name: [*ORDINARY.get(name, []), *rows.get(name, [])] for name in {**ORDINARY, **rows}}


def appears(table: str, says: str, moves: str | None, *rows: dict, reason: str = "") -> Leak:
    """A leak that consists in rows that were not there."""
    return Leak(says, {}, {table: list(rows)}, moves, reason)


def becomes(table: str, says: str, moves: str | None, was: dict, is_: dict, reason: str = "") -> Leak:
    """A leak that consists in a row edited in place: `is_` is what the edit changed."""
    return Leak(says, {table: [was]}, {table: [{**was, **is_}]}, moves, reason)
