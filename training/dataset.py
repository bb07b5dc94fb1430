"""Feature rows joined to mature labels: what a model may learn from, and be judged on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from features.book import Book
from features.extent import known_extent
from features.faults import DataFault, Fault
from features.params import FeatureParams
from features.snapshot import build_snapshot
from training.labels import (
    churn_labels,
    churns_noted,
    days_to_churn,
    read_churns,
    read_starts,
    still_customers,
)
from training.params import TrainingParams
from training.temporal_splits import Split, candidate_dates, check_test_dates, rolling_origins
from training.text_signal import no_texts, texts_of

Progress = Callable[[str], None]


@dataclass(frozen=True)
class TrainingSet:
    """Mature rows in the order of time. `rows`: account_id, as_of, segment, features; `churned`: 0/1.

    `noted`: when the churn of a row became known (NaT: none); `days_to_churn`: when it came (NaN: none).
    `newest`: the rows at `known_until`, the end of the book, whose outcomes nobody knows yet.
    `origins`: the splits for the evaluation out of time. `final_dates`: every as-of date whose label is
    mature, on which the challenger is trained. `texts`: what was written (see `text_signal.texts_of`).
    """

    rows: pd.DataFrame
    churned: pd.Series
    noted: pd.Series
    days_to_churn: pd.Series
    newest: pd.DataFrame
    known_until: pd.Timestamp
    origins: tuple[Split, ...]
    final_dates: tuple[pd.Timestamp, ...]
    texts: pd.DataFrame = field(default_factory=no_texts)

    def at(self, dates: Sequence[pd.Timestamp]) -> pd.Series:
        """Which rows are of these as-of dates."""
        return self.rows["as_of"].isin(list(dates))

    def training_rows(self, split: Split) -> tuple[pd.DataFrame, pd.Series]:
        """The rows an origin is trained on, with their labels as they were known at its first test date.

        A churn that was recorded later than the label lag was still a 0 then, and whoever trained on
        that day learned from the 0.
        """
        rows = self.at(split.train)
        unknown = self.noted[rows] >= min(split.test)
        return self.rows[rows], self.churned[rows].mask(unknown, 0.0)

    def with_rows(self, rows: pd.DataFrame) -> TrainingSet:
        """The same with these rows, known by their index, in place of those there."""
        return replace(self, rows=pd.concat([self.rows.drop(index=rows.index), rows]).sort_index())

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the rows and labels, to tell whether two models saw the same data."""
        return fingerprint_of(self.rows, self.churned.to_frame())


def fingerprint_of(*tables: pd.DataFrame) -> str:
    """SHA-256 over the columns' names and the rows, in order."""
    digest = hashlib.sha256()
    for table in tables:
        digest.update(",".join(map(str, table.columns)).encode())
        digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def build_training_set(
    book: Book, features: FeatureParams, params: TrainingParams, progress: Progress = lambda _: None
) -> TrainingSet:
    """Snapshots at every date that trains or tests, with their labels; immature rows are left out.

    Raises DataFault where the book has no outcomes, is too short, or where an origin's training rows
    or all the test rows ended alike.
    """
    known_from, known_until = known_extent(book.source)
    churns, starts = read_churns(book.tables), read_starts(book.tables)
    churns = churns[churns["known_at"] < known_until]
    check_test_dates(params, known_until)
    dates = candidate_dates(known_from, known_until, params)
    origins = rolling_origins(dates, params)
    used = {*dates, *(date for split in origins for date in (*split.train, *split.test))}
    wanted = sorted({*used, known_until})
    rows = build_snapshot(book.source, wanted, features, progress)
    rows.insert(2, "segment", rows["account_id"].map(segments(book)))
    rows = rows[still_customers(rows, churns, starts, known_until)].reset_index(drop=True)
    churned = churn_labels(rows, churns, params.horizon, params.label_lag, known_until)
    noted = churns_noted(rows, churns, params.horizon)
    days = days_to_churn(rows, churns, params.horizon)
    mature = churned.notna() & rows["as_of"].isin(list(used))
    data = TrainingSet(
        rows[mature].reset_index(drop=True),
        churned[mature].reset_index(drop=True),
        noted[mature].reset_index(drop=True),
        days[mature].reset_index(drop=True),
        rows[rows["as_of"] == known_until].reset_index(drop=True),
        known_until,
        tuple(origins),
        tuple(dates),
        texts_of(book.source),
    )
    _check_outcomes(data, params)
    return data


def segments(book: Book) -> pd.Series:
    """Each account's segment, by account id."""
    accounts: pd.DataFrame = book.source["accounts"].select("account_id", "segment").to_pandas()
    return accounts.set_index("account_id")["segment"]


def _check_outcomes(data: TrainingSet, params: TrainingParams) -> None:
    """Raises DataFault naming each origin whose training rows all ended alike, or else such test rows."""
    step = "check the churns table, bring more history, or lengthen training.horizon"
    allowed = "rows that churned and rows that stayed"
    faults = []
    for split in data.origins:
        _, churned = data.training_rows(split)
        if churned.nunique() < 2:
            where = f"training rows up to {max(split.train):%Y-%m-%d}"
            faults.append(Fault(where, _churns_in(churned, params), allowed, step))
    if faults:
        raise DataFault("there is nothing to learn: all training rows ended alike", faults)
    dates = [date for split in data.origins for date in split.test]
    tested = data.churned[data.at(dates)]
    if tested.nunique() < 2:
        where = f"test rows from {min(dates):%Y-%m-%d} to {max(dates):%Y-%m-%d}"
        step = "test more dates: training.test_months or training.test_dates; or lengthen training.horizon"
        fault = Fault(where, _churns_in(tested, params), allowed, step)
        raise DataFault("there is nothing to judge a model by: all test rows ended alike", [fault])


def _churns_in(churned: pd.Series, params: TrainingParams) -> str:
    return f"{churned.sum():.0f} churns within {params.horizon} days in {len(churned)} rows"
