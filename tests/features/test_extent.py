"""From when to when a book reaches."""

from __future__ import annotations

import pandas as pd
import pytest

from features.extent import known_extent, newest_fact
from features.faults import DataFault
from features.snapshot import build_snapshot
from features.time_windows import as_of_date
from tests.features.literal_book import PARAMS, Case, Rows, at, literal_warehouse, warehouse_of


def extent(rows: Rows) -> tuple[str, str]:
    first, until = known_extent(literal_warehouse(Case("A", rows)))
    return f"{first:%Y-%m-%d}", f"{until:%Y-%m-%d}"


def test_a_book_begins_with_its_use_and_ends_after_the_last_day_anything_was_known() -> None:
    rows = {
        "usage": [{"occurred_at": at(90)}, {"occurred_at": at(5)}],
        "tickets": [{"opened_at": at(400)}],
        "notes": [{"happened_at": at(9), "recorded_at": at(1, "23:59:59.9")}],
    }
    assert extent(rows) == (at(90)[:10], at(0)[:10])


def test_without_use_the_next_activity_begins_it() -> None:
    assert extent(
        {"tickets": [{"opened_at": at(40)}], "invoices": [{"issued_at": at(80), "due_at": at(50)}]}
    ) == (
        at(40)[:10],
        at(39)[:10],
    )


@pytest.mark.parametrize(
    "rows",
    [
        {"surveys": [{"sent_at": at(40), "responded_at": at(5)}]},
        {"tickets": [{"opened_at": at(40), "first_response_at": at(5)}]},
        {"tickets": [{"opened_at": at(40), "first_response_at": at(30), "resolved_at": at(5)}]},
        {"invoices": [{"issued_at": at(40), "due_at": at(2), "paid_at": at(5)}]},
    ],
)
def test_an_answer_a_resolution_and_a_payment_are_known_before_the_end(rows: Rows) -> None:
    assert extent(rows) == (at(40)[:10], at(4)[:10])


def test_the_end_of_a_period_may_be_a_plan_and_moves_no_end() -> None:
    rows = {"tickets": [{"opened_at": at(40)}], "contacts": [{"valid_from": at(50), "valid_to": at(-90)}]}
    assert extent(rows) == (at(40)[:10], at(39)[:10])


def test_accounts_alone_span_their_creation() -> None:
    source = warehouse_of({"accounts": [{"account_id": "A", "created_at": "2026-01-05"}]})
    assert known_extent(source) == (as_of_date("2026-01-05"), as_of_date("2026-01-06"))


def test_an_empty_book_is_refused() -> None:
    with pytest.raises(DataFault) as refused:
        known_extent(warehouse_of({"accounts": [], "usage": []}))
    assert str(refused.value) == (
        "the book is empty\n"
        "  - book is 'no rows'; allowed: at least one account. Next: run vitals check on the book"
    )


def test_the_newest_fact_is_a_payment_known_before_the_as_of_date() -> None:
    as_of = as_of_date(at(0)[:10])
    paid = {"issued_at": at(40), "due_at": at(30), "paid_at": at(5, "09:30:00")}
    later = {"issued_at": at(40), "due_at": at(30), "paid_at": at(0)}
    source = warehouse_of(
        {"accounts": [{"account_id": "A", "created_at": at(50)}]}
        | {
            "invoices": [
                {"invoice_id": str(n), "account_id": "A", "amount": 1, **i}
                for n, i in enumerate((paid, later))
            ]
        }
    )
    assert newest_fact(source, "invoices", as_of) == pd.Timestamp(at(5, "09:30:00"), tz="UTC")
    assert newest_fact(source, "invoices", as_of - pd.Timedelta(days=60)) is None


def test_where_nobody_is_a_customer_at_the_end_the_table_that_set_it_is_named() -> None:
    rows = {"subscriptions": [{"ends_at": at(5)}], "tickets": [{"opened_at": "2062-01-01"}]}
    source = literal_warehouse(Case("A", rows))
    with pytest.raises(DataFault, match="the book ends there by a row of tickets"):
        build_snapshot(source, [known_extent(source)[1]], PARAMS)
    with pytest.raises(DataFault, match=r"Next: check created_at and subscriptions$"):
        build_snapshot(source, [as_of_date("2061-01-01")], PARAMS)
