"""The comparison of engines sees every kind of difference, and no difference of order alone."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from tests.features.literal_book import AS_OF
from tests.features.naive.comparison import differences_of, same


def row(account: str, **features: Any) -> dict[str, Any]:
    return {"account_id": account, "as_of": AS_OF, **features}


def test_the_order_of_rows_and_features_makes_no_difference_nor_does_a_frame() -> None:
    rows = [row("A", seats=1, mrr=None), row("B", seats=2, mrr=0.1 + 0.2)]
    other = [row("B", mrr=0.3, seats=2.0), row("A", mrr=math.nan, seats=1.0)]
    assert differences_of(rows, other) == []
    assert differences_of(pd.DataFrame(rows), pd.DataFrame(other)) == []


def test_rows_and_features_that_only_one_has_are_named() -> None:
    said = differences_of([row("A", seats=1), row("B", seats=1)], [row("A", mrr=1), row("C", mrr=1)])
    assert said == [
        "B at 2026-10-31: only in the first",
        "C at 2026-10-31: only in the second",
        "seats: only in the first",
        "mrr: only in the second",
    ]


@pytest.mark.parametrize(
    ("value", "other"),
    [(None, 0), (0.0, math.nan), (1, 2), (0.5, 0.5 + 2e-9), (10.0**15, 10.0**15 + 1), (math.inf, 1.0)],
)
def test_a_null_for_a_nought_another_count_and_another_share_are_told(value: Any, other: Any) -> None:
    assert differences_of([row("A", seats=value)], [row("A", seats=other)]) == [
        f"A at 2026-10-31: seats is {value} and {other}"
    ]


@pytest.mark.parametrize(("value", "other"), [(0.5, 0.5 + 5e-10), (1e6 / 3, 1e6 / 3 + 1e-4), (None, None)])
def test_another_order_of_additions_is_no_difference(value: Any, other: Any) -> None:
    assert same(value, other)


def test_two_rows_for_one_account_and_date_are_no_snapshot() -> None:
    with pytest.raises(ValueError, match="two rows for one date"):
        differences_of([row("A"), row("A")], [])
