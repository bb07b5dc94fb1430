"""Training ends before the test begins, with the whole horizon between them."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.faults import DataFault, WrongUse
from features.time_windows import as_of_date
from training.params import TrainingParams
from training.temporal_splits import (
    Split,
    candidate_dates,
    check_embargo,
    check_test_dates,
    embargo,
    rolling_origins,
)

KNOWN_FROM, KNOWN_UNTIL = as_of_date("2023-11-01"), as_of_date("2026-11-01")


def params(**changes: object) -> TrainingParams:
    return TrainingParams.model_validate(changes)


def splits(settings: TrainingParams) -> list[Split]:
    return rolling_origins(candidate_dates(KNOWN_FROM, KNOWN_UNTIL, settings), settings)


def days(dates: tuple[pd.Timestamp, ...]) -> list[str]:
    return [f"{date:%Y-%m-%d}" for date in dates]


def test_the_worked_example_holds() -> None:
    (only,) = splits(params())
    assert days(only.test) == ["2025-08-01", "2025-09-01", "2025-10-01"]
    assert days(only.train) == ["2024-05-01", "2024-06-01", "2024-07-01"]


def test_candidates_have_their_history_before_them_and_a_mature_label_behind_them() -> None:
    dates = candidate_dates(KNOWN_FROM, KNOWN_UNTIL, params())
    assert days((dates[0], dates[-1])) == ["2024-05-01", "2025-10-01"]
    exactly = params(horizon="365d", label_lag="31d", warm_up="182d")
    edges = candidate_dates(KNOWN_FROM, KNOWN_UNTIL, exactly)
    assert days((edges[0], edges[-1])) == ["2024-05-01", "2025-10-01"]
    a_day_more = params(horizon="365d", label_lag="32d", warm_up="183d")
    inner = candidate_dates(KNOWN_FROM, KNOWN_UNTIL, a_day_more)
    assert days((inner[0], inner[-1])) == ["2024-06-01", "2025-09-01"]


def test_each_origin_trains_on_all_that_was_mature_by_then() -> None:
    found = splits(params(horizon="60d", test_months=4, months_per_origin=2))
    assert [days(split.test) for split in found] == [
        ["2026-05-01", "2026-06-01"],
        ["2026-07-01", "2026-08-01"],
    ]
    assert [days(split.train)[-1] for split in found] == ["2026-01-01", "2026-04-01"]
    assert {days(split.train)[0] for split in found} == {"2024-05-01"}


def test_fixed_dates_make_one_origin_in_order_of_time() -> None:
    fixed = params(
        horizon="60d",
        label_lag="0d",
        train_until=dt.date(2025, 3, 31),
        test_dates=[f"2025-0{month}-01" for month in (9, 6, 7, 8, 7)],
    )
    (only,) = splits(fixed)
    assert days(only.test) == ["2025-06-01", "2025-07-01", "2025-08-01", "2025-09-01"]
    assert days(only.train)[-1] == "2025-03-01"


def test_train_until_cannot_lift_the_embargo() -> None:
    (only,) = splits(params(horizon="60d", train_until="2025-05-31", test_dates=["2025-06-01"]))
    assert days(only.train)[-1] == "2025-03-01"


@settings(deadline=None, max_examples=60)
@given(
    horizon=st.integers(1, 400),
    lag=st.integers(0, 60),
    warm_up=st.integers(0, 400),
    months=st.integers(1, 12),
    per_origin=st.integers(1, 12),
    span=st.integers(100, 1800),
    fixed=st.lists(st.dates(dt.date(2024, 1, 1), dt.date(2027, 12, 31)), max_size=3),
    until=st.none() | st.dates(dt.date(2023, 6, 1), dt.date(2027, 12, 31)),
)
def test_no_training_label_window_reaches_a_test_date(
    horizon: int,
    lag: int,
    warm_up: int,
    months: int,
    per_origin: int,
    span: int,
    fixed: list[dt.date],
    until: dt.date | None,
) -> None:
    chosen = params(
        horizon=f"{horizon}d",
        label_lag=f"{lag}d",
        warm_up=f"{warm_up}d",
        test_months=months,
        months_per_origin=per_origin,
        test_dates=fixed,
        train_until=until,
    )
    dates = candidate_dates(KNOWN_FROM, KNOWN_FROM + pd.Timedelta(days=span), chosen)
    try:
        found = rolling_origins(dates, chosen)
    except DataFault:
        return
    for split in found:
        assert max(split.train) + pd.Timedelta(days=horizon + lag) <= min(split.test)
        assert list(split.train) == sorted(set(split.train))
        assert list(split.test) == sorted(set(split.test))
        assert until is None or max(split.train) <= as_of_date(until)
    tested = [date for split in found for date in split.test]
    assert tested == sorted(set(tested))


def test_an_overlapping_split_is_refused() -> None:
    overlapping = Split((as_of_date("2025-01-01"), as_of_date("2025-02-01")), (as_of_date("2025-04-01"),))
    with pytest.raises(WrongUse) as caught:
        check_embargo(overlapping, params(horizon="60d", label_lag="0d"))
    assert str(caught.value).splitlines() == [
        "a training label window touches a test date",
        "  - training dates is '2025-02-01'; allowed: dates up to 2025-01-31. "
        "Next: leave the whole horizon between training and test",
    ]


def test_a_split_that_just_fits_is_allowed_and_a_day_less_is_not() -> None:
    train = (as_of_date("2025-02-01"),)
    just = params(horizon="60d", label_lag="30d")
    check_embargo(Split(train, (train[0] + embargo(just),)), just)
    with pytest.raises(WrongUse, match="touches a test date"):
        check_embargo(Split(train, (train[0] + embargo(just) - pd.Timedelta(days=1),)), just)


def test_a_book_that_is_too_short_says_how_far_apart_dates_must_be() -> None:
    short = params()
    dates = candidate_dates(KNOWN_FROM, as_of_date("2025-11-01"), short)
    with pytest.raises(DataFault) as caught:
        rolling_origins(dates, short)
    assert str(caught.value).splitlines() == [
        "the book is too short to train and test out of time",
        "  - mature as-of dates is '2024-05-01 … 2024-10-01'; "
        "allowed: dates at least 395 days apart, to train and to test. "
        "Next: bring more history, or a shorter horizon: --set training.horizon=60d",
    ]


def test_a_book_without_a_mature_month_start_is_refused() -> None:
    with pytest.raises(DataFault, match="mature as-of dates is 'no mature month start'"):
        rolling_origins([], params())
    with pytest.raises(DataFault, match="mature as-of dates is 'no mature month start'"):
        rolling_origins([], params(train_until="2025-03-31"))


def test_fixed_dates_that_leave_nothing_to_train_on_are_named() -> None:
    with pytest.raises(DataFault, match=r"Next: move training\.train_until or training\.test_dates; else"):
        splits(params(train_until="2020-01-01"))


def test_every_fixed_test_date_that_is_not_mature_is_named() -> None:
    fixed = params(horizon="60d", label_lag="0d", test_dates=["2026-10-01", "2026-09-02", "2026-09-03"])
    with pytest.raises(DataFault) as caught:
        check_test_dates(fixed, KNOWN_UNTIL)
    step = "allowed: dates up to 2026-09-02. Next: test earlier dates, or a horizon below 60 days"
    assert str(caught.value).splitlines() == [
        "what happened after these test dates is not known yet",
        f"  - training.test_dates is '2026-09-03'; {step}",
        f"  - training.test_dates is '2026-10-01'; {step}",
    ]


def test_fixed_test_dates_that_nothing_can_be_trained_for_are_named_and_not_left_out() -> None:
    """From 2024-05-01 on there is history; 60 days and 30 later its first label is known."""
    months = ["2024-05-01", "2024-07-29", "2024-07-30", "2026-01-01"]
    with pytest.raises(DataFault) as caught:
        splits(params(horizon="60d", months_per_origin=1, test_dates=months))
    step = "allowed: dates from 2024-07-30. "
    step += "Next: test later dates, bring more history, or shorten training.warm_up"
    assert str(caught.value).splitlines() == [
        "there is nothing to train on before these test dates",
        f"  - training.test_dates is '2024-05-01'; {step}",
        f"  - training.test_dates is '2024-07-29'; {step}",
    ]
    assert len(splits(params(horizon="60d", months_per_origin=1, test_dates=months[2:]))) == 2


def test_default_test_months_that_nothing_can_be_trained_for_are_left_out() -> None:
    found = splits(params(horizon="60d", test_months=100, months_per_origin=1))
    assert days(found[0].test) == ["2024-08-01"]
