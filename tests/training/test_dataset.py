"""What a model may learn from: mature rows of customers, in order, with a fingerprint."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.book import Book, open_book
from features.catalog import load_catalog
from features.faults import DataFault
from training.all_params import AllParams
from training.dataset import TrainingSet, build_training_set, fingerprint_of
from training.fit_and_compare import Trained
from training.labels import read_churns
from training.outcome_tables import ALL_TABLES
from training.params import TrainingParams

SHORT = TrainingParams.model_validate(
    {"horizon": "60d", "warm_up": "180d", "test_months": 6, "months_per_origin": 6}
)


def opened(folder: Path, light: AllParams) -> Book:
    return open_book(folder, light.checks, ALL_TABLES)


def built(folder: Path, light: AllParams, params: TrainingParams = SHORT) -> TrainingSet:
    return build_training_set(opened(folder, light), light.features, params)


@pytest.fixture(scope="module")
def small(small_book: Path, light: AllParams) -> TrainingSet:
    return built(small_book, light)


def with_churns(book: Path, folder: Path, churns: pd.DataFrame) -> Path:
    """The small book with other outcomes."""
    copy = Path(shutil.copytree(book, folder / "book", ignore=shutil.ignore_patterns("truth")))
    churns.to_parquet(copy / "churns.parquet")
    return copy


def test_rows_hold_keys_segment_and_every_feature_of_the_catalogue(
    small: TrainingSet, light: AllParams
) -> None:
    names = [feature.name for feature in load_catalog(light.features.windows)]
    assert list(small.rows.columns) == ["account_id", "as_of", "segment", *names]
    assert set(small.rows[names].dtypes.astype(str)) == {"float64"}


def test_rows_are_in_order_of_time_and_account_and_none_is_there_twice(small: TrainingSet) -> None:
    keys = small.rows[["as_of", "account_id"]]
    pd.testing.assert_frame_equal(keys, keys.sort_values(["as_of", "account_id"], ignore_index=True))
    assert not keys.duplicated().any()
    assert list(small.churned.index) == list(small.rows.index)


def test_every_row_is_mature_and_labelled_0_or_1(small: TrainingSet) -> None:
    newest = small.known_until - pd.Timedelta(days=SHORT.horizon + SHORT.label_lag)
    assert (small.rows["as_of"] <= newest).all()
    assert set(small.churned) == {0.0, 1.0}


def test_every_label_agrees_with_the_churns_of_the_book(
    small: TrainingSet, small_book: Path, light: AllParams
) -> None:
    """Worked out row by row, in another way than the product's."""
    churns = read_churns(opened(small_book, light).tables)
    keys = zip(small.rows["account_id"], small.rows["as_of"], small.churned, strict=True)
    for account, as_of, churned in keys:
        days = [(at - as_of) / pd.Timedelta(days=1) for at in churns["at"][churns["account_id"] == account]]
        assert churned == float(any(0 <= day < SHORT.horizon for day in days))


def test_the_dates_of_the_splits_are_all_there(small: TrainingSet) -> None:
    dates = set(small.rows["as_of"])
    for split in small.origins:
        assert set(split.train) | set(split.test) <= dates
        assert set(small.rows.loc[small.at(split.test), "as_of"]) == set(split.test)
    assert set(small.final_dates) <= dates


@pytest.mark.long
def test_the_same_book_has_the_same_fingerprint(
    small: TrainingSet, small_book: Path, light: AllParams
) -> None:
    assert built(small_book, light).fingerprint == small.fingerprint


@pytest.mark.parametrize("column", ["account_id", "as_of", "segment", "tenure_days", "churned"])
def test_one_changed_cell_changes_the_fingerprint(small: TrainingSet, column: str) -> None:
    rows, churned = small.rows.copy(), small.churned.copy()
    tenure, last = rows["tenure_days"].to_numpy(float)[3], rows["as_of"].iloc[-1]
    other = {
        "account_id": "A-X",
        "as_of": last,
        "segment": "other",
        "tenure_days": np.nextafter(tenure, np.inf),
    }
    if column == "churned":
        churned.iloc[3] = 1 - churned.iloc[3]
    else:
        rows.loc[3, column] = other[column]
    assert replace(small, rows=rows, churned=churned).fingerprint != small.fingerprint


def test_order_and_names_of_columns_belong_to_the_fingerprint() -> None:
    table = pd.DataFrame({"a": [1.0], "b": [2.0]})
    others = [table[["b", "a"]], table.rename(columns={"a": "c"}), table.assign(a=np.nan)]
    assert len({fingerprint_of(one) for one in [table, *others]}) == 4


@pytest.mark.long
def test_an_account_is_left_out_once_it_has_gone_though_nobody_had_noted_it(
    small_book: Path, light: AllParams, tmp_path: Path, small: TrainingSet
) -> None:
    """A churn noted months later: serving scored the account all the while, training must not."""
    churns = pd.read_parquet(small_book / "churns.parquet")
    stayed = small.rows.loc[small.churned == 0, "account_id"].value_counts()
    late = churns.iloc[:1].assign(
        account_id=next(name for name in stayed.index if name not in set(churns["account_id"])),
        churned_at=pd.Timestamp("2026-03-15", tz="UTC"),
        recorded_at=pd.Timestamp("2026-08-01", tz="UTC"),
        kind="full",
    )
    found = built(with_churns(small_book, tmp_path, pd.concat([churns, late])), light)
    of_account = found.rows["account_id"] == late["account_id"].iloc[0]
    assert found.rows.loc[of_account, "as_of"].max() < pd.Timestamp("2026-03-15", tz="UTC")
    assert found.churned[of_account].iloc[-1] == 1.0


def test_a_book_without_churns_is_refused(small_book: Path, light: AllParams, tmp_path: Path) -> None:
    book = Path(shutil.copytree(small_book, tmp_path / "book"))
    (book / "churns.parquet").unlink()
    with pytest.raises(DataFault) as caught:
        built(book, light)
    assert str(caught.value).splitlines() == [
        "the book has no outcomes to learn from",
        "  - churns is None; allowed: churns.parquet or churns.csv. "
        "Next: add the table, or map it in the import",
    ]


@pytest.mark.long
def test_a_book_whose_training_rows_hold_no_churn_is_refused(
    small_book: Path, light: AllParams, tmp_path: Path
) -> None:
    """It has contractions, and a loss that only the test dates look forward to."""
    churns = pd.read_parquet(small_book / "churns.parquet")
    late = churns.iloc[:1].assign(churned_at=pd.Timestamp("2026-08-20", tz="UTC"), kind="full")
    late["recorded_at"] = late["churned_at"]
    shrunk = churns[churns["kind"] == "contraction"]
    with pytest.raises(DataFault) as caught:
        built(with_churns(small_book, tmp_path, pd.concat([shrunk, late])), light)
    title, fault = str(caught.value).splitlines()
    assert title == "there is nothing to learn: all training rows ended alike"
    assert fault.startswith("  - training rows up to 2025-12-01 is '0 churns within 60 days in ")
    assert fault.endswith(
        "allowed: rows that churned and rows that stayed. "
        "Next: check the churns table, bring more history, or lengthen training.horizon"
    )


@pytest.mark.long
def test_an_origin_learns_no_churn_that_was_noted_after_its_first_test_date(
    small_book: Path, light: AllParams, tmp_path: Path, small: TrainingSet
) -> None:
    """A churn of March, noted in August: the origin of July saw a customer who stayed."""
    (split,) = small.origins
    churns = pd.read_parquet(small_book / "churns.parquet")
    staying = small.rows.loc[small.churned == 0, "account_id"].value_counts()
    name = next(account for account in staying.index if account not in set(churns["account_id"]))
    late = churns.iloc[:1].assign(account_id=name, kind="full")
    late["churned_at"] = max(split.train) + pd.Timedelta(days=10)
    late["recorded_at"] = min(split.test) + pd.Timedelta(days=10)
    found = built(with_churns(small_book, tmp_path, pd.concat([churns, late])), light)
    rows, churned = found.training_rows(split)
    last = (rows["account_id"] == name) & (rows["as_of"] == max(split.train))
    assert (found.churned[churned.index][last].tolist(), churned[last].tolist()) == ([1.0], [0.0])
    _, before = small.training_rows(split)
    assert churned.tolist() == before.tolist()


@pytest.mark.long
def test_a_book_whose_test_rows_all_stayed_is_refused_before_anything_is_trained(
    small_book: Path, light: AllParams, tmp_path: Path, small: TrainingSet
) -> None:
    churns = pd.read_parquet(small_book / "churns.parquet")
    first, last = small.origins[0].test[0], small.origins[0].test[-1]
    early = churns[churns["churned_at"] < first]
    with pytest.raises(DataFault) as caught:
        built(with_churns(small_book, tmp_path, early), light)
    title, fault = str(caught.value).splitlines()
    assert title == "there is nothing to judge a model by: all test rows ended alike"
    assert fault.startswith(
        f"  - test rows from {first:%Y-%m-%d} to {last:%Y-%m-%d} is '0 churns within 60 days"
    )
    assert fault.endswith(
        "Next: test more dates: training.test_months or training.test_dates; or lengthen training.horizon"
    )


def test_a_book_that_is_too_short_is_refused_before_any_feature_is_read(
    small_book: Path, light: AllParams
) -> None:
    told: list[str] = []
    with pytest.raises(DataFault, match="the book is too short to train and test out of time"):
        build_training_set(opened(small_book, light), light.features, TrainingParams(), told.append)
    assert told == []


def test_a_test_date_that_is_not_mature_is_refused(small_book: Path, light: AllParams) -> None:
    fixed = SHORT.model_copy(update={"test_dates": (pd.Timestamp("2026-10-01").date(),)})
    with pytest.raises(
        DataFault, match=r"training\.test_dates is '2026-10-01'; allowed: dates up to 2026-08"
    ):
        built(small_book, light, fixed)


def test_the_model_is_trained_on_every_mature_date_after_the_comparison(trained: Trained) -> None:
    tested = {date for split in trained.data.origins for date in split.test}
    assert tested <= set(trained.data.final_dates)
    assert max(trained.data.final_dates) == trained.data.rows["as_of"].max()


def test_a_churn_that_nobody_knew_of_yet_is_neither_a_label_nor_a_day(
    small_book: Path, small: TrainingSet, light: AllParams, tmp_path: Path
) -> None:
    late = pd.read_parquet(small_book / "churns.parquet").sort_values("churned_at", ignore_index=True)
    tested = late["churned_at"] < small.rows["as_of"].max() + pd.Timedelta(days=60)
    late.loc[late.index[tested][-1:], "recorded_at"] = small.known_until + pd.Timedelta(days=30)
    made = built(with_churns(small_book, tmp_path, late), light)
    assert made.days_to_churn.notna().sum() == made.churned.sum() > 0
