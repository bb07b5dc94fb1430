"""Two books that say the same of the past have the same digests, and others have not."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from features.source_tables import INVOICES
from features.table_digests import table_digests
from features.warehouse import literal_table, warehouse

ROWS = [
    {
        "invoice_id": "I-1",
        "account_id": "A",
        "amount": 10.0,
        "issued_at": "2026-01-02",
        "due_at": "2026-02-01",
    },
    {
        "invoice_id": "I-2",
        "account_id": "B",
        "amount": None,
        "issued_at": "2026-01-02",
        "paid_at": "2026-03-05",
    },
    {
        "invoice_id": "I-3",
        "account_id": "B",
        "amount": 7.5,
        "issued_at": "2026-04-01",
        "due_at": "2026-05-01",
    },
]


def digest(rows: list[dict[str, object]], as_of: str = "2026-03-01") -> dict[str, object]:
    source = warehouse({"invoices": literal_table(INVOICES, rows)})
    return table_digests(source.tables, pd.Timestamp(as_of, tz="UTC"))["invoices"]


def test_rows_are_counted_as_known_by_then() -> None:
    assert digest(ROWS)["rows"] == 2
    assert digest([])["rows"] == 0


def test_neither_order_nor_what_became_known_later_makes_a_difference() -> None:
    assert digest(ROWS) == digest(ROWS[::-1]) == digest(ROWS[:2])
    assert digest(ROWS) == digest([ROWS[0], ROWS[1] | {"paid_at": None}])


@settings(max_examples=8, deadline=None)
@given(
    st.sampled_from([0, 1]),
    st.sampled_from(
        [
            ("amount", 10.5),
            ("account_id", "C"),
            ("currency", "EUR"),
            ("issued_at", "2026-01-03"),
            ("due_at", None),
        ]
    ),
)
def test_any_edit_of_what_was_known_makes_one(row: int, edit: tuple[str, object]) -> None:
    field, value = edit
    edited = [dict(each) for each in ROWS]
    edited[row][field] = value
    if edited[row].get(field) != ROWS[row].get(field):
        assert digest(edited) != digest(ROWS)


def test_a_row_that_is_there_twice_counts_twice() -> None:
    twice = digest([*ROWS, ROWS[0]])
    assert twice["rows"] == 3
    assert twice["digest"] not in (digest(ROWS)["digest"], digest([*ROWS, ROWS[0], ROWS[0]])["digest"])
