"""The shape of a snapshot; what stands in it is specified family by family."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.catalog import load_catalog
from features.faults import DataFault, WrongUse
from features.params import Windows
from features.snapshot import SOURCES, build_snapshot
from features.time_windows import as_of_date
from tests.features.literal_book import AS_OF, PARAMS, Case, at, literal_warehouse, warehouse_of

EARLIER = as_of_date("2026-08-01")


def test_rows_are_sorted_by_date_and_account_and_typed_alike() -> None:
    source = literal_warehouse(Case("b", {}), Case("a", {}), Case("C", {"accounts": [{"created_at": at(5)}]}))
    told: list[str] = []
    rows = build_snapshot(source, [AS_OF, EARLIER], PARAMS, told.append)
    assert list(rows.columns) == ["account_id", "as_of", *(f.name for f in load_catalog(Windows()))]
    assert rows["account_id"].tolist() == ["a", "b", "C", "a", "b"]
    assert rows["as_of"].tolist() == [EARLIER] * 2 + [AS_OF] * 3
    assert rows["as_of"].dtype == "datetime64[us, UTC]"
    assert (rows.dtypes.iloc[2:] == "float64").all()
    assert list(rows.index) == [0, 1, 2, 3, 4]
    assert told == [source.title for source in SOURCES]


def test_a_date_before_every_account_is_refused_with_all_dates_named() -> None:
    source = warehouse_of({"accounts": [{"account_id": "A", "created_at": at(0)}]})
    with pytest.raises(DataFault) as refused:
        build_snapshot(source, [EARLIER, AS_OF], PARAMS)
    assert str(refused.value) == (
        "no account is in the cohort\n"
        "  - as-of is '2026-08-01, 2026-10-31'; allowed: a date at which an account was a customer. "
        "Next: check created_at and subscriptions"
    )


def test_a_moment_within_a_day_is_refused_and_not_rounded() -> None:
    source = warehouse_of({"accounts": [{"account_id": "A", "created_at": at(9)}]})
    with pytest.raises(WrongUse) as refused:
        build_snapshot(source, [AS_OF, AS_OF + pd.Timedelta(hours=5)], PARAMS)
    assert str(refused.value) == (
        "the as-of date cannot be used\n"
        "  - as-of is '2026-10-31 05:00:00+00:00'; allowed: a UTC midnight. "
        "Next: write the date alone, as 2026-10-31"
    )


def test_a_date_without_customers_beside_one_with_some_is_simply_empty() -> None:
    source = warehouse_of({"accounts": [{"account_id": "A", "created_at": at(5)}]})
    assert build_snapshot(source, [EARLIER, AS_OF], PARAMS)["as_of"].unique().tolist() == [AS_OF]


def test_a_leap_day_is_a_day_like_any_other() -> None:
    rows = {"usage": [{"occurred_at": "2024-02-29T12:00:00Z"}], "accounts": [{"created_at": "2020-02-29"}]}
    subscription = [{"starts_at": "2020-02-29", "changed_at": "2020-02-29"}]
    source = literal_warehouse(Case("A", {**rows, "subscriptions": subscription}))
    dates = [as_of_date(day) for day in ("2024-02-29", "2024-03-01", "2024-03-30", "2024-03-31")]
    found = build_snapshot(source, dates, PARAMS)
    assert found["active_users_30d"].tolist() == [0, 1, 1, 0]
    assert found["days_since_last_use"].tolist() == [90, 1, 30, 31]
    assert found["tenure_days"].diff().tolist()[1:] == [1, 29, 1]
    assert pd.isna(found.at[0, "seat_utilisation_30d"])


def test_every_missing_value_has_the_same_bits() -> None:
    """They praise, and whether use falls is unknown: the sign of that NaN would be the processor's."""
    young = {
        "accounts": [{"created_at": at(59)}],
        "usage": [{"occurred_at": at(1)}],
        "contacts": [{"contact_id": "C", "role": "user", "valid_from": at(50)}],
        "surveys": [{"contact_id": "C", "score": 10, "sent_at": at(20), "responded_at": at(10)}],
    }
    rows = build_snapshot(literal_warehouse(Case("young", young)), [AS_OF], PARAMS)
    assert rows["nps_account_365d"].tolist() == [100.0]
    values = rows.drop(columns=["account_id", "as_of"]).to_numpy()
    bits = set(values[np.isnan(values)].view("uint64").tolist())
    assert bits == {int(np.array([np.nan]).view("uint64")[0])}
