"""Leaks planted in a training set: each is refused by name, or has no part in what is learned.

What only a fitted model can betray (a column that equals the label) is for the leakage checks of a
run; here is what the splits, the labels and the snapshot refuse before anything is fitted.
"""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

from features import snapshot
from features.cohort import KEYS
from features.faults import DataFault, WrongUse
from features.snapshot import Source, build_snapshot
from features.time_windows import as_of_date
from tests.features.literal_book import AS_OF, PARAMS, Case, literal_warehouse
from tests.features.other_futures import changed_columns
from training.dataset import TrainingSet
from training.labels import churn_labels, churns_noted, still_customers
from training.params import TrainingParams
from training.temporal_splits import Split, check_embargo, check_test_dates

PARAMS_60 = TrainingParams.model_validate({"horizon": "60d", "label_lag": "0d", "warm_up": "0d"})
END = as_of_date("2025-12-31")
ROWS = pd.DataFrame({"account_id": ["A", "A"], "as_of": [as_of_date("2025-01-01"), as_of_date("2025-05-01")]})


def dates(*days: str) -> tuple[pd.Timestamp, ...]:
    return tuple(as_of_date(day) for day in days)


def churn(at: str, known_at: str) -> pd.DataFrame:
    row = {"account_id": ["A"], "at": [as_of_date(at)], "known_at": [as_of_date(known_at)]}
    return pd.DataFrame(row)


# training dates and test dates of a split with a horizon of 60 days
OVERLAPS = {
    "a test date lies inside the label window of a training row": (["2025-01-01"], ["2025-02-15"]),
    "the label window reaches the test date by a day": (["2025-01-02"], ["2025-03-02"]),
    "training goes on after the test": (["2025-01-01", "2025-09-01"], ["2025-05-01"]),
    "dates are dealt out at random": (
        ["2025-01-01", "2025-04-01", "2025-10-01"],
        ["2025-02-01", "2025-07-01", "2025-11-01"],
    ),
    "a row is both trained on and tested": (["2025-01-01", "2025-05-01"], ["2025-05-01"]),
}


@pytest.mark.parametrize("says", OVERLAPS)
def test_a_split_whose_label_windows_touch_the_test_is_refused_by_name(says: str) -> None:
    train, test = OVERLAPS[says]
    with pytest.raises(WrongUse, match="a training label window touches a test date"):
        check_embargo(Split(dates(*train), dates(*test)), PARAMS_60)


def test_a_test_date_whose_label_window_is_not_over_is_refused_by_name() -> None:
    params = PARAMS_60.model_copy(update={"test_dates": ("2025-12-01",)})
    with pytest.raises(DataFault, match="what happened after these test dates is not known yet"):
        check_test_dates(params, END)


def test_an_as_of_moment_in_the_afternoon_that_would_see_the_morning_is_refused_by_name() -> None:
    with pytest.raises(WrongUse, match="a UTC midnight"):
        build_snapshot(literal_warehouse(Case("A", {})), [AS_OF + pd.Timedelta(hours=15)], PARAMS)


def test_a_row_whose_label_window_is_not_over_is_no_row_that_stayed() -> None:
    none = churn("2025-06-01", "2025-06-01").iloc[:0]
    assert churn_labels(ROWS, none, 60, 0, as_of_date("2025-05-15")).tolist()[0] == 0
    assert np.isnan(churn_labels(ROWS, none, 60, 0, as_of_date("2025-05-15")).tolist()[1])


def test_a_churn_noted_after_the_book_ends_labels_nothing() -> None:
    late = churn("2025-01-20", "2026-02-01")
    assert churn_labels(ROWS, late, 60, 0, END).tolist() == [0, 0]


def test_an_account_that_had_left_though_nobody_had_noted_it_is_no_row() -> None:
    left = churn("2025-02-01", "2025-09-01")
    assert still_customers(ROWS, left, left.iloc[:0], END).tolist() == [True, False]


def test_a_churn_noted_after_the_test_began_is_not_learned_from() -> None:
    noted_late = churn("2025-01-20", "2025-08-01")
    split = Split(dates("2025-01-01"), dates("2025-05-01"))
    labels = churn_labels(ROWS, noted_late, 60, 0, END)
    data = TrainingSet(
        rows=ROWS,
        churned=labels,
        noted=churns_noted(ROWS, noted_late, 60),
        days_to_churn=labels.where(labels == 1),
        newest=ROWS.iloc[:0],
        known_until=END,
        origins=(split,),
        final_dates=(),
    )
    assert labels.tolist() == [1, 0]
    assert data.training_rows(split)[1].tolist() == [0]


@pytest.mark.long
def test_a_reader_that_hands_out_the_label_adds_no_feature(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not in the catalogue does not exist: the column never reaches the rows."""
    source = literal_warehouse(Case("A", {}))
    honest = build_snapshot(source, [AS_OF], PARAMS)
    label = Source(
        "label", lambda _, cohort, __: cohort.select(*KEYS, churned=ibis.literal(1.0)), ("accounts",)
    )
    monkeypatch.setattr(snapshot, "SOURCES", (*snapshot.SOURCES, label))
    rows = build_snapshot(source, [AS_OF], PARAMS)
    assert "churned" not in rows
    assert list(rows) == list(honest)
    assert changed_columns(honest, rows) == []
