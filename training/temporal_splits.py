"""Which as-of dates train and which test: rolling origins with an embargo of the whole horizon.

Worked example: horizon 365 days, label lag 30 days, a book known until 2026-11-01. The newest
mature month start is 2025-10-01. The origin 2025-08-01 tests 2025-08-01 to 2025-10-01 and trains
on month starts up to 2024-07-01, the last one whose label was complete by 2025-08-01. So no
training label window touches a test date, and nothing is learned that was not known then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from features.faults import DataFault, Fault, WrongUse
from features.time_windows import as_of_date, month_starts
from training.params import TrainingParams


@dataclass(frozen=True)
class Split:
    """One origin: the as-of dates that train and those that test, each in order of time."""

    train: tuple[pd.Timestamp, ...]
    test: tuple[pd.Timestamp, ...]


def candidate_dates(
    known_from: pd.Timestamp, known_until: pd.Timestamp, params: TrainingParams
) -> list[pd.Timestamp]:
    """The month starts with enough history before them and a mature label behind them."""
    first = known_from + pd.Timedelta(days=params.warm_up)
    return month_starts(first, known_until - embargo(params))


def embargo(params: TrainingParams) -> pd.Timedelta:
    """The least distance from a training date to a test date: the horizon and the label lag."""
    return pd.Timedelta(days=params.horizon + params.label_lag)


def rolling_origins(dates: Sequence[pd.Timestamp], params: TrainingParams) -> list[Split]:
    """The splits in order of time. Raises DataFault where the dates do not reach for one.

    Of the last `test_months`, those that nothing could be trained for are left out; a fixed test date
    of that kind was asked for, and is named in a DataFault.
    """
    if not dates:
        raise _too_short(dates, params)
    test = _fixed_test_dates(params) or list(dates)[-params.test_months :]
    size = len(test) if params.train_until else params.months_per_origin
    blocks = [tuple(test[i : i + size]) for i in range(0, len(test), size)]
    splits = [Split(_trainable(dates, block[0], params), block) for block in blocks]
    usable = [split for split in splits if split.train]
    if not usable:
        raise _too_short(dates, params)
    if params.test_dates and len(usable) < len(splits):
        raise _too_early([split.test[0] for split in splits if not split.train], dates, params)
    for split in usable:
        check_embargo(split, params)
    return usable


def _fixed_test_dates(params: TrainingParams) -> list[pd.Timestamp]:
    return sorted({as_of_date(date) for date in params.test_dates})


def check_test_dates(params: TrainingParams, known_until: pd.Timestamp) -> None:
    """Raises DataFault naming every fixed test date whose label is not mature at the end of the book."""
    newest = known_until - embargo(params)
    step = f"test earlier dates, or a horizon below {params.horizon} days"
    faults = [
        Fault("training.test_dates", f"{date:%Y-%m-%d}", f"dates up to {newest:%Y-%m-%d}", step)
        for date in _fixed_test_dates(params)
        if date > newest
    ]
    if faults:
        raise DataFault("what happened after these test dates is not known yet", faults)


def _trainable(
    dates: Sequence[pd.Timestamp], origin: pd.Timestamp, params: TrainingParams
) -> tuple[pd.Timestamp, ...]:
    last = origin - embargo(params)
    if params.train_until is not None:
        last = min(last, as_of_date(params.train_until))
    return tuple(date for date in dates if date <= last)


def check_embargo(split: Split, params: TrainingParams) -> None:
    """Raises WrongUse where a training label window reaches a test date."""
    reach = max(split.train) + embargo(params)
    if reach > min(split.test):
        fault = Fault(
            "training dates",
            f"{max(split.train):%Y-%m-%d}",
            f"dates up to {min(split.test) - embargo(params):%Y-%m-%d}",
            "leave the whole horizon between training and test",
        )
        raise WrongUse("a training label window touches a test date", [fault])


def _too_short(dates: Sequence[pd.Timestamp], params: TrainingParams) -> DataFault:
    found = f"{min(dates):%Y-%m-%d} … {max(dates):%Y-%m-%d}" if dates else "no mature month start"
    allowed = f"dates at least {embargo(params).days} days apart, to train and to test"
    step = "bring more history, or a shorter horizon: --set training.horizon=60d"
    if params.train_until or params.test_dates:
        step = f"move training.train_until or training.test_dates; else {step}"
    fault = Fault("mature as-of dates", found, allowed, step)
    return DataFault("the book is too short to train and test out of time", [fault])


def _too_early(
    origins: Sequence[pd.Timestamp], dates: Sequence[pd.Timestamp], params: TrainingParams
) -> DataFault:
    allowed = f"dates from {min(dates) + embargo(params):%Y-%m-%d}"
    step = "test later dates, bring more history, or shorten training.warm_up"
    faults = [Fault("training.test_dates", f"{date:%Y-%m-%d}", allowed, step) for date in origins]
    return DataFault("there is nothing to train on before these test dates", faults)
