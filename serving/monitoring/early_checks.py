"""Which dates are held against the churns so far, and what of each account is known by now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from features.book import Book
from serving.monitoring.churn_timing import ChurnTiming
from serving.monitoring.early_truth import EarlyTruth, early_truth
from serving.monitoring.published_scores import RENEWAL, PublishedDate
from training.calibration import Matrix
from training.labels import days_to_churn, read_churns, read_starts, still_customers
from training.outcome_tables import CHURNS
from training.params import TrainingParams

LEAST_DAYS = 14


def early_truths(
    dates: Sequence[PublishedDate],
    cohort: pd.DataFrame,
    book: Book,
    params: TrainingParams,
    today: pd.Timestamp,
    horizon: int,
) -> Iterator[EarlyTruth]:
    """The newest date that is past one, two and three quarters of the horizon, and else the newest past
    LEAST_DAYS, oldest first. Days count up to the label lag before `today`: later churns may not be noted
    yet. `cohort` are the rows that the model learned from (account_id, as_of, days_to_renewal). Nothing
    where the book has no churns.
    """
    if CHURNS.name not in book.tables:
        return
    churns, starts = read_churns(book.tables), read_starts(book.tables)
    known = churns[churns["known_at"] < today]
    timing = ChurnTiming.of(
        days_to_churn(cohort, known, horizon).to_numpy("float64"), _renewal(cohort), horizon
    )
    for date, days in _chosen(dates, today - pd.Timedelta(days=params.label_lag), horizon):
        here = still_customers(date.rows, churns, starts, today)
        rows = date.rows[here].reset_index(drop=True)
        if len(rows):
            yield early_truth(
                f"{date.as_of:%Y-%m-%dT%H:%M:%SZ}",
                days,
                rows["p"].to_numpy("float64"),
                _renewal(rows),
                days_to_churn(rows, known, horizon).to_numpy("float64"),
                timing,
            )


def _renewal(rows: pd.DataFrame) -> Matrix:
    values = rows[RENEWAL] if RENEWAL in rows else pd.Series(float("nan"), index=rows.index)
    return np.asarray(values.to_numpy("float64"))


def early_days(horizon: int) -> list[int]:
    """After how many days a date is held against the churns so far.

    >>> early_days(365)
    [14, 91, 182, 273]
    """
    return [LEAST_DAYS, *(horizon * quarter // 4 for quarter in (1, 2, 3))]


def _chosen(
    dates: Sequence[PublishedDate], until: pd.Timestamp, horizon: int
) -> list[tuple[PublishedDate, int]]:
    passed = {date.as_of: (date, (until - date.as_of).days) for date in dates}
    usable = [found for _, found in sorted(passed.items()) if LEAST_DAYS <= found[1] < horizon]
    chosen: dict[pd.Timestamp, tuple[PublishedDate, int]] = {}
    for least in reversed(early_days(horizon)):
        past = [found for found in usable if found[1] >= least]
        if past and (least > LEAST_DAYS or not chosen):
            chosen[past[-1][0].as_of] = past[-1]
    return list(chosen.values())
