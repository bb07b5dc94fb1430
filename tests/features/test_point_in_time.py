"""Nothing known at or after the as-of date changes a bit of a row: the promise of `build_snapshot`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.book import open_book
from features.catalog import load_catalog
from features.params import CheckParams
from features.snapshot import build_snapshot
from features.source_tables import SOURCE_TABLES
from features.time_windows import as_of_date
from tests.features.future_actions import another_future
from tests.features.literal_book import AS_OF, PARAMS
from tests.features.other_futures import changed_columns, cut_at, known_at, warehouse_of_frames
from tests.features.random_books import Frames, random_frames

DATES = [as_of_date("2026-03-01"), as_of_date("2026-10-31")]
SPEAKS_FOR = {  # a feature that rests on this table alone
    "contacts": "decision_makers_in_place",
    "surveys": "questions_asked_365d",
    "usage": "active_users_30d",
    "subscriptions": "seats",
    "invoices": "overdue_invoices",
    "tickets": "tickets_90d",
    "notes": "note_quality_180d",
    "renewals": "days_to_renewal",
}


def snapshot(frames: Frames, *dates: pd.Timestamp) -> pd.DataFrame:
    return build_snapshot(warehouse_of_frames(frames), dates, PARAMS)


@pytest.fixture(scope="module")
def simulated(small_book: Path) -> Frames:
    """The simulated book with a quarter of its users' accounts, to save time."""
    frames = {name: pd.read_parquet(small_book / f"{name}.parquet") for name in SOURCE_TABLES}
    some = sorted(frames["accounts"]["account_id"])[::4]
    frames["usage"] = frames["usage"][frames["usage"]["account_id"].isin(some)]
    never = pd.Series(dtype="datetime64[us, UTC]")
    return {name: f.assign(recorded_at=f.get("recorded_at", never)) for name, f in frames.items()}


@pytest.fixture(scope="module")
def simulated_rows(simulated: Frames) -> dict[pd.Timestamp, pd.DataFrame]:
    rows = snapshot(simulated, *DATES)
    return {date: rows[rows["as_of"] == date] for date in DATES}


@pytest.fixture(scope="module")
def random_book() -> Frames:
    return random_frames(np.random.default_rng(1), AS_OF)


@pytest.fixture(scope="module")
def random_rows(random_book: Frames) -> pd.DataFrame:
    return snapshot(random_book, AS_OF)


@pytest.mark.parametrize("date", DATES)
def test_a_simulated_book_cut_at_the_as_of_date_gives_the_same_bits(
    simulated: Frames, simulated_rows: dict[pd.Timestamp, pd.DataFrame], date: pd.Timestamp
) -> None:
    known = cut_at(simulated, date)
    assert sum(map(len, known.values())) < sum(map(len, simulated.values()))
    assert changed_columns(simulated_rows[date], snapshot(known, date)) == []


def test_another_future_of_a_simulated_book_gives_the_same_bits(
    simulated: Frames, simulated_rows: dict[pd.Timestamp, pd.DataFrame]
) -> None:
    other = another_future(simulated, DATES[0], np.random.default_rng(7))
    assert changed_columns(simulated_rows[DATES[0]], snapshot(other, DATES[0])) == []


def test_several_as_of_dates_at_once_are_the_same_bits_as_one_at_a_time(
    random_book: Frames, random_rows: pd.DataFrame
) -> None:
    earlier = AS_OF - pd.Timedelta(days=31)
    apart = pd.concat([snapshot(random_book, earlier), random_rows])
    assert changed_columns(apart, snapshot(random_book, AS_OF, earlier, AS_OF)) == []


@pytest.mark.long
def test_one_thread_gives_the_same_bits_as_several(small_book: Path) -> None:
    found = []
    for threads in (1, 2):
        connection = (book := open_book(small_book, CheckParams())).checked.connection
        connection.raw_sql(f"SET threads = {threads}")
        # Threads share out blocks of 122,880 rows: the small book has one, so it is doubled, with fractions.
        connection.raw_sql("INSERT INTO usage SELECT * REPLACE (quantity * 1.1 AS quantity) FROM usage")
        found.append(build_snapshot(book.source, [AS_OF], PARAMS))
    assert changed_columns(*found) == []


# What follows tests the tests: books that reach no feature, or a leak that goes unseen, would prove nothing.
def test_the_random_books_reach_every_feature(random_rows: pd.DataFrame) -> None:
    made_in_training = [feature.name for feature in load_catalog(PARAMS.windows) if feature.learned]
    features = random_rows.iloc[:, 2:].drop(columns=made_in_training)
    assert features.columns[features.nunique() < 2].tolist() == []


def test_the_random_books_hold_a_future_to_be_blind_to(random_book: Frames) -> None:
    later = {name: (known_at(SOURCE_TABLES[name], f) >= AS_OF).mean() for name, f in random_book.items()}
    assert all(0.05 < share < 0.95 for share in later.values()), later


def test_a_leak_of_any_table_would_be_seen(random_book: Frames, random_rows: pd.DataFrame) -> None:
    leaking = snapshot({name: told_too_early(name, frame) for name, frame in random_book.items()}, AS_OF)
    both = random_rows.merge(leaking, on="account_id", suffixes=("", " leaking"))
    seen = {table for table, name in SPEAKS_FOR.items() if not both[name].equals(both[f"{name} leaking"])}
    assert seen == set(SPEAKS_FOR)
    assert len(leaking) > len(random_rows)  # accounts that were not known yet


def told_too_early(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with everything that is known later known and happening the day before."""
    eve, happens = AS_OF - pd.Timedelta(days=1), SOURCE_TABLES[name].happens
    return frame.assign(**{at: frame[at].mask(frame[at] >= AS_OF, eve) for at in (happens, "recorded_at")})
