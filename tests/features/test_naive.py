"""Two implementations of every feature, one of them naive on purpose, say the same of any book."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from features.catalog import load_catalog
from features.params import Windows
from features.snapshot import build_snapshot
from features.time_windows import as_of_date
from tests.features.hostile_books import DATES, hostile_books
from tests.features.literal_book import AS_OF, PARAMS, Rows, book_of, differences, warehouse_of
from tests.features.naive.comparison import differences_of
from tests.features.naive.snapshot import naive_rows
from tests.features.other_futures import warehouse_of_frames
from tests.features.random_books import Frames, random_frames
from tests.features.specification import CASES, specified_rows

EXAMPLES = int(os.environ.get("VITALS_EXAMPLES", "4"))  # a snapshot takes seconds: more on request


@pytest.fixture(scope="module")
def specified_naively() -> list[dict]:
    return naive_rows(book_of(CASES), AS_OF, PARAMS)


def test_every_feature_of_the_catalogue_has_a_naive_version(specified_naively: list[dict]) -> None:
    catalogued = {feature.name for feature in load_catalog(Windows())}
    naive = set(specified_naively[0]) - {"account_id", "as_of"}
    assert sorted(catalogued - naive) == [], "these features have no naive version"
    assert sorted(naive - catalogued) == [], "these naive versions have no feature"


def test_the_naive_version_gives_every_answer_of_the_specification(specified_naively: list[dict]) -> None:
    rows = pd.DataFrame(specified_naively)
    assert {case.says: wrong for case in CASES if (wrong := differences(case, rows))} == {}


def test_both_say_the_same_where_the_specification_says_nothing(specified_naively: list[dict]) -> None:
    assert differences_of(specified_rows(), specified_naively) == []


@pytest.mark.long
@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(book=hostile_books())
def test_both_say_the_same_of_hostile_books(book: Rows) -> None:
    assert differences_of(build_snapshot(warehouse_of(book), DATES, PARAMS), naively(book, DATES)) == []


def test_both_say_the_same_of_a_large_random_book() -> None:
    frames = random_frames(np.random.default_rng(11), AS_OF)
    dates = [AS_OF, AS_OF - pd.Timedelta(days=45), as_of_date("2026-03-29")]
    rows = build_snapshot(warehouse_of_frames(frames), dates, PARAMS)
    assert differences_of(rows, naively(frames, dates)) == []


def naively(book: Rows | Frames, dates: list[pd.Timestamp]) -> list[dict]:
    return [row for date in dates for row in naive_rows(book, date, PARAMS)]
