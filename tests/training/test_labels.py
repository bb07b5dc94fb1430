"""Who churned, for whom that is not known yet, and who was a customer at all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.faults import DataFault
from features.warehouse import literal_table
from training.labels import churn_labels, churns_noted, read_churns, read_starts, still_customers
from training.outcome_tables import ALL_TABLES, CHURNS

HORIZON, LAG = 60, 30
LONG_AFTER = pd.Timestamp("2026-01-01", tz="UTC")


def rows(*pairs: tuple[str, str]) -> pd.DataFrame:
    accounts, dates = zip(*pairs, strict=True)
    return pd.DataFrame({"account_id": list(accounts), "as_of": utc(*dates)})


def utc(*times: str) -> pd.DatetimeIndex:
    return pd.to_datetime(list(times), utc=True, format="ISO8601").as_unit("us")


def moments(*triples: tuple[str, str, str]) -> pd.DataFrame:
    accounts, at, known_at = zip(*triples, strict=True) if triples else ((), (), ())
    return pd.DataFrame(
        {"account_id": pd.Series(list(accounts), dtype="str"), "at": utc(*at), "known_at": utc(*known_at)}
    )


def label(as_of: str, churned_at: str, known_at: str | None = None, until: str = "2026-01-01") -> float:
    """The label of account A at `as_of`, after one churn."""
    churns = moments(("A", churned_at, known_at or churned_at))
    found = churn_labels(rows(("A", as_of)), churns, HORIZON, LAG, pd.Timestamp(until, tz="UTC"))
    return float(found.iloc[0])


@pytest.mark.parametrize(
    ("churned_at", "expected"),
    [
        ("2024-12-31T23:59:59.999999", 0.0),  # the moment before the as-of date is the past
        ("2025-01-01", 1.0),  # the as-of date itself is the first moment of the window
        ("2025-03-01T23:59:59.999999", 1.0),
        ("2025-03-02", 0.0),  # 60 days later: outside
    ],
)
def test_the_label_window_is_half_open(churned_at: str, expected: float) -> None:
    assert label("2025-01-01", churned_at) == expected


def test_a_churn_recorded_within_the_lag_counts() -> None:
    assert label("2025-01-01", "2025-03-01", known_at="2025-03-31", until="2025-04-01") == 1.0


def test_a_churn_recorded_at_the_very_end_of_what_is_known_does_not_count_yet() -> None:
    assert label("2025-01-01", "2025-03-01", known_at="2025-04-01", until="2025-04-01") == 0.0


@pytest.mark.parametrize(("until", "mature"), [("2025-03-31", False), ("2025-04-01", True)])
def test_a_row_is_mature_after_horizon_and_lag_and_not_a_day_before(until: str, mature: bool) -> None:
    assert np.isfinite(label("2025-01-01", "2025-06-01", until=until)) == mature


def test_an_immature_row_has_no_label_even_where_its_churn_is_known() -> None:
    """Else the young rows that are kept would all be churns, and the churn rate a fiction."""
    assert np.isnan(label("2025-01-01", "2025-01-05", until="2025-03-01"))


def test_of_several_churns_the_next_one_decides() -> None:
    churns = moments(("A", "2024-06-01", "2024-06-01"), ("A", "2025-02-01", "2025-02-01"))
    found = churn_labels(rows(("A", "2025-01-01"), ("A", "2025-02-02")), churns, HORIZON, LAG, LONG_AFTER)
    assert found.tolist() == [1.0, 0.0]


def test_another_accounts_churn_is_no_churn() -> None:
    churns = moments(("B", "2025-01-05", "2025-01-05"))
    assert churn_labels(rows(("A", "2025-01-01")), churns, HORIZON, LAG, LONG_AFTER).tolist() == [0.0]


def test_without_any_churn_every_mature_row_stayed() -> None:
    assert churn_labels(rows(("A", "2025-01-01")), moments(), HORIZON, LAG, LONG_AFTER).tolist() == [0.0]


DAYS = st.integers(0, 400)
CHURNS_OF_TWO = st.lists(st.tuples(st.sampled_from("AB"), DAYS, st.integers(0, 80)), max_size=8)
START = pd.Timestamp("2025-01-01", tz="UTC")
EACH_MONTH = pd.DataFrame(
    [(name, START + pd.Timedelta(days=day)) for name in "AB" for day in range(0, 300, 25)],
    columns=["account_id", "as_of"],
)


def drawn(churns: list[tuple[str, int, int]]) -> pd.DataFrame:
    days = pd.DataFrame(churns, columns=["account_id", "day", "late"]).astype({"account_id": "str"})
    at = START + pd.to_timedelta(days["day"].astype("int64"), unit="D")
    known_at = at + pd.to_timedelta(days["late"].astype("int64"), unit="D")
    return pd.DataFrame({"account_id": days["account_id"], "at": at, "known_at": known_at})


@settings(deadline=None, max_examples=40)
@given(known=CHURNS_OF_TWO, later=CHURNS_OF_TWO, until=DAYS)
def test_nothing_known_after_the_end_changes_a_label(
    known: list[tuple[str, int, int]], later: list[tuple[str, int, int]], until: int
) -> None:
    end = START + pd.Timedelta(days=until)
    early, late = drawn(known), drawn(later)
    before = churn_labels(EACH_MONTH, early, HORIZON, LAG, end)
    altered = pd.concat([early[early["known_at"] < end], late[late["known_at"] >= end]], ignore_index=True)
    pd.testing.assert_series_equal(churn_labels(EACH_MONTH, altered, HORIZON, LAG, end), before)


@settings(deadline=None, max_examples=40)
@given(churns=CHURNS_OF_TWO, until=DAYS, longer=st.integers(1, 200))
def test_a_mature_label_is_final_where_churns_are_recorded_within_the_lag(
    churns: list[tuple[str, int, int]], until: int, longer: int
) -> None:
    in_time = drawn([(account, day, min(late, LAG)) for account, day, late in churns])
    end = START + pd.Timedelta(days=until)
    first = churn_labels(EACH_MONTH, in_time, HORIZON, LAG, end)
    second = churn_labels(EACH_MONTH, in_time, HORIZON, LAG, end + pd.Timedelta(days=longer))
    pd.testing.assert_series_equal(second[first.notna()], first.dropna())


@settings(deadline=None, max_examples=40)
@given(churns=CHURNS_OF_TWO, until=DAYS)
def test_a_label_was_a_0_until_its_churn_was_noted(churns: list[tuple[str, int, int]], until: int) -> None:
    found, end = drawn(churns), START + pd.Timedelta(days=until)
    then = churn_labels(EACH_MONTH, found, HORIZON, LAG, end)
    last = churn_labels(EACH_MONTH, found, HORIZON, LAG, START + pd.Timedelta(days=1000))
    noted = churns_noted(EACH_MONTH, found, HORIZON)
    assert noted.notna().tolist() == (last == 1).tolist()
    known_then = last.mask(noted >= end, 0.0)[then.notna()]
    pd.testing.assert_series_equal(known_then, then.dropna())


def customer(as_of: str, starts: pd.DataFrame, known_until: str | None = None) -> bool:
    """Whether account A, lost on 1 March and noted on 10 March, is a customer at `as_of`."""
    churns = moments(("A", "2025-03-01", "2025-03-10"))
    until = None if known_until is None else pd.Timestamp(known_until, tz="UTC")
    return bool(still_customers(rows(("A", as_of)), churns, starts, until).iloc[0])


def test_an_account_is_a_customer_up_to_the_moment_it_leaves() -> None:
    assert customer("2025-03-01", moments(), "2026-01-01")
    assert not customer("2025-03-02", moments(), "2026-01-01")


def test_serving_cannot_know_a_churn_that_nobody_has_noted_and_training_can() -> None:
    assert customer("2025-03-05", moments())
    assert not customer("2025-03-05", moments(), "2026-01-01")


def test_serving_knows_a_churn_from_the_day_after_it_was_noted() -> None:
    assert customer("2025-03-10", moments())
    assert not customer("2025-03-11", moments())


def test_an_account_that_came_back_is_a_customer_again() -> None:
    back = moments(("A", "2025-05-01", "2025-05-01"))
    assert [customer(day, back) for day in ("2025-05-01", "2025-05-02")] == [False, True]


def test_a_subscription_from_before_the_loss_is_no_return() -> None:
    assert not customer("2025-06-01", moments(("A", "2024-05-01", "2024-05-01")))


def test_a_contraction_is_no_churn_and_an_unnoted_day_of_recording_is_the_day_itself() -> None:
    table = literal_table(
        CHURNS,
        [
            {"account_id": "A", "churned_at": "2025-02-01", "kind": "contraction"},
            {"account_id": "B", "churned_at": "2025-03-01", "kind": "full"},
            {"account_id": "A", "churned_at": "2025-01-01", "recorded_at": "2025-01-09", "kind": "full"},
        ],
    )
    expected = moments(("A", "2025-01-01", "2025-01-09"), ("B", "2025-03-01", "2025-03-01"))
    pd.testing.assert_frame_equal(read_churns({"churns": table}), expected, check_dtype=False)


def test_the_starts_of_a_subscription_that_changed_are_told_once() -> None:
    change = {"subscription_id": "S", "account_id": "A", "starts_at": "2025-01-01"}
    table = literal_table(
        ALL_TABLES["subscriptions"],
        [{**change, "changed_at": "2025-01-01"}, {**change, "changed_at": "2025-04-01"}],
    )
    starts = read_starts({"subscriptions": table})
    expected = moments(("A", "2025-01-01", "2025-01-01"))
    pd.testing.assert_frame_equal(starts, expected, check_dtype=False)


def test_without_subscriptions_nobody_comes_back() -> None:
    assert not customer("2025-06-01", read_starts({}), "2026-01-01")


def test_a_book_without_outcomes_is_refused_with_the_next_step() -> None:
    with pytest.raises(DataFault) as caught:
        read_churns({})
    assert str(caught.value).splitlines() == [
        "the book has no outcomes to learn from",
        "  - churns is None; allowed: churns.parquet or churns.csv. "
        "Next: add the table, or map it in the import",
    ]
