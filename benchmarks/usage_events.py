"""Events of use for `features.py`: sparse, some late, some fractional, some of nought events."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

EPOCH, LAST = pd.Timestamp(0, tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")
DAYS, LATE, MODULES, FEATURES, MOST_USERS = 457, 0.02, 10, 24, 60
STICKY = ("feature_1", "feature_2", "feature_3")
DAY = 86_400_000_000  # microseconds


def write_book(folder: Path, rows: int, accounts: int, late: float = LATE, seed: int = 7) -> None:
    """`usage`, `accounts` and `subscriptions` as Parquet; rows in no order of time."""
    rng = np.random.default_rng(seed)
    names = np.array([f"A-{n:06}" for n in range(accounts)])
    users = rng.integers(1, MOST_USERS, accounts)
    account = rng.integers(0, accounts, rows)
    begin = begun(DAYS)
    times = begin + rng.integers(0, DAYS * DAY, rows)
    is_late = rng.random(rows) < late
    recorded = times + rng.integers(1, 40, rows) * DAY
    pq.write_table(
        pa.table(
            {
                "account_id": _text(account, names),
                "user_id": _text(
                    (rng.random(rows) ** 2 * users[account]).astype(int), _named("U", MOST_USERS)
                ),
                "occurred_at": pa.array(times, pa.timestamp("us", "UTC")),
                "module": _text(rng.integers(0, MODULES, rows), _named("module", MODULES)),
                "feature": _text(rng.integers(0, FEATURES, rows), _named("feature", FEATURES)),
                "quantity": rng.choice([1, 1, 1, 2, 5, 0.5, 0], rows),
                "recorded_at": pa.array(recorded, pa.timestamp("us", "UTC"), mask=~is_late),
            }
        ),
        folder / "usage.parquet",
        compression="zstd",
    )
    _write_licences(folder, names, rng)


def _write_licences(folder: Path, names: NDArray[np.str_], rng: np.random.Generator) -> None:
    long_ago = pa.array([begun(900)] * len(names), pa.timestamp("us", "UTC"))
    never = pa.nulls(len(names), pa.timestamp("us", "UTC"))
    accounts = {"account_id": names, "created_at": long_ago, "recorded_at": never}
    pq.write_table(pa.table(accounts), folder / "accounts.parquet")
    licences = {
        "subscription_id": names,
        "account_id": names,
        "modules": ["|".join(_named("module", n)) for n in rng.integers(1, MODULES, len(names))],
        "seats": rng.integers(1, 80, len(names)).astype(float),
        "starts_at": long_ago,
        "ends_at": never,
        "changed_at": long_ago,
        "recorded_at": never,
    }
    pq.write_table(pa.table(licences), folder / "subscriptions.parquet")


def begun(days: int) -> int:
    """Microseconds of the instant that many days before the last as-of date."""
    return (LAST - pd.Timedelta(days=days) - EPOCH) // pd.Timedelta(microseconds=1)


def as_of_days(dates: int) -> list[int]:
    """The month starts up to the last as-of date, as whole days since 1970."""
    starts = pd.date_range(end=LAST, periods=dates, freq="MS")
    return [(start - EPOCH).days for start in starts]


def _named(stem: str, count: int) -> list[str]:
    return [f"{stem}_{n}" for n in range(count)]


def _text(codes: NDArray[np.int64], names: object) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(names)).cast(pa.string())
