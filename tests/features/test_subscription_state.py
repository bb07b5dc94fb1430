"""Which state of a subscription stood, and was known, at a date."""

from __future__ import annotations

from features.cohort import cohort
from features.subscription_state import running_subscriptions
from tests.features.literal_book import AS_OF, Case, Row, at, literal_warehouse

STAYS = {"subscription_id": "S-0", "seats": 1}


def seats(*rows: Row, days_before: int = 0) -> list[float]:
    """The seats of the running states, beside one subscription that always runs with one seat."""
    changes = [{"subscription_id": "S-1", **row} for row in rows]
    source = literal_warehouse(Case("A", {"subscriptions": [STAYS, *changes]}))
    found = running_subscriptions(source, cohort(source, [AS_OF]), days_before)
    return sorted(found.filter(found.subscription_id == "A S-1").to_pandas()["seats"])


def test_the_newest_change_known_is_the_state() -> None:
    assert seats({"seats": 5}, {"seats": 6, "changed_at": at(1)}, {"seats": 7, "changed_at": at(0)}) == [6]


def test_a_change_entered_late_counts_from_its_entry() -> None:
    late = {"seats": 6, "changed_at": at(10)}
    assert seats({"seats": 5}, {**late, "recorded_at": at(0)}) == [5]
    assert seats({"seats": 5}, {**late, "recorded_at": at(1)}) == [6]


def test_an_earlier_date_has_its_own_state_with_what_is_known_today() -> None:
    rows = ({"seats": 5}, {"seats": 6, "changed_at": at(180)}, {"seats": 7, "changed_at": at(9)})
    assert seats(*rows, days_before=180) == [5]
    assert seats(*rows, days_before=179) == [6]


def test_a_period_runs_on_its_last_day_and_not_after() -> None:
    assert seats({"seats": 5, "ends_at": at(0)}) == [5]
    assert seats({"seats": 5, "ends_at": at(1, "23:59:59.9")}) == []


def test_an_end_that_moves_is_the_newest_one_known() -> None:
    moved = {"seats": 5, "changed_at": at(20)}
    assert seats({"seats": 5}, {**moved, "ends_at": at(2)}) == []
    assert seats({"seats": 5, "ends_at": at(2)}, {**moved, "ends_at": at(-300)}) == [5]


def test_a_renewal_signed_early_replaces_the_state_from_its_start() -> None:
    now, renewed = {"seats": 5, "ends_at": at(-1)}, {"seats": 9, "changed_at": at(40)}
    assert seats(now, {**renewed, "starts_at": at(-1)}) == [5]
    assert seats({**now, "ends_at": at(0)}, {**renewed, "starts_at": at(0)}) == [9]


def owners(*rows: Row) -> dict[str, float]:
    """The seats by account, of one subscription whose rows name A unless they say otherwise."""
    told = [{"subscription_id": "S-1", **row} for row in rows]
    source = literal_warehouse(Case("A", {"subscriptions": told}), Case("B", {"subscriptions": []}))
    found = running_subscriptions(source, cohort(source, [AS_OF])).to_pandas()
    return dict(zip(found["account_id"], found["seats"], strict=True))


def test_a_subscription_belongs_to_the_account_that_its_newest_known_state_names() -> None:
    to_b = {"account_id": "B", "seats": 8}
    assert owners({"seats": 5}, {**to_b, "changed_at": at(3)}) == {"B": 8}
    assert owners({"seats": 5}, {**to_b, "changed_at": at(0)}) == {"A": 5}
    assert owners({"seats": 5}, {**to_b, "changed_at": at(3), "recorded_at": at(0)}) == {"A": 5}
    assert owners({"seats": 5}, {**to_b, "changed_at": at(3)}, {"seats": 6, "changed_at": at(2)}) == {"A": 6}


def test_a_subscription_that_ended_at_its_new_account_runs_at_none() -> None:
    assert owners({"seats": 5}, {"account_id": "B", "changed_at": at(9), "ends_at": at(3)}) == {}
