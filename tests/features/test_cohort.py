"""Who is a customer at an as-of date, as far as was known then."""

from __future__ import annotations

from features.cohort import cohort
from features.time_windows import as_of_date, day_number
from tests.features.literal_book import AS_OF, Case, Row, at, book_of, literal_warehouse, warehouse_of


def members(*cases: Case) -> set[str]:
    return set(cohort(literal_warehouse(*cases), [AS_OF]).to_pandas()["account_id"])


def account(says: str, **columns: str) -> Case:
    return Case(says, {"accounts": [columns]})


def subscribed(says: str, *rows: Row) -> Case:
    return Case(says, {"subscriptions": list(rows)})


def test_an_account_is_in_from_the_day_after_it_became_known() -> None:
    found = members(
        account("created a day before", created_at=at(1, "23:59:59.9")),
        account("created at the instant", created_at=at(0)),
        account("recorded a day before", created_at=at(50), recorded_at=at(1)),
        account("recorded at the instant", created_at=at(50), recorded_at=at(0)),
    )
    assert found == {"created a day before", "recorded a day before"}


def test_one_subscription_must_be_running() -> None:
    found = members(
        subscribed("without end", {}),
        subscribed("ends today", {"ends_at": at(0)}),
        subscribed("ended yesterday", {"ends_at": at(1, "23:59:59")}),
        subscribed("starts today", {"starts_at": at(0), "changed_at": at(5)}),
        subscribed("starts tomorrow", {"starts_at": at(-1), "changed_at": at(5)}),
        subscribed("signed today", {"changed_at": at(0)}),
        subscribed("entered today", {"recorded_at": at(0)}),
        subscribed("one of two ended", {"ends_at": at(9)}, {}),
        subscribed("never"),
    )
    assert found == {"without end", "ends today", "starts today", "one of two ended"}


def test_without_subscriptions_every_known_account_is_a_customer() -> None:
    book = book_of([subscribed("never"), account("later", created_at=at(-5))])
    del book["subscriptions"]
    assert cohort(warehouse_of(book), [AS_OF]).to_pandas()["account_id"].tolist() == ["never"]


def test_each_date_has_its_own_cohort_and_counts_once() -> None:
    source = literal_warehouse(account("old", created_at=at(500)), account("young", created_at=at(20)))
    earlier = as_of_date(at(30)[:10])
    found = cohort(source, [AS_OF, earlier, AS_OF]).to_pandas()
    pairs = set(zip(found["account_id"], found["as_of_day"], strict=True))
    now, then = day_number(AS_OF), day_number(earlier)
    assert len(found) == 3
    assert pairs == {("old", now), ("young", now), ("old", then)}
