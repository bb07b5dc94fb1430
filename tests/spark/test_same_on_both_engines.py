"""The same rows on one machine and on a cluster: equal keys, whole numbers and nulls, floats to 1e-9."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.book import open_book
from features.files import features_to_file
from features.params import CheckParams
from features.params_file import DEFAULT_PARAMS
from features.snapshot import build_snapshot
from features.spark_session import Cluster
from tests.features.literal_book import AS_OF, PARAMS, book_of, differences, warehouse_of
from tests.features.other_futures import warehouse_of_frames
from tests.features.random_books import random_frames
from tests.features.specification import CASES, specified_rows
from tests.spark.both_engines import disagreements, unchecked, written
from tests.spark.standalone_cluster import SETTINGS

pytestmark = [
    pytest.mark.spark,
    # pyspark leaves sockets to the garbage collector, and uses what pandas is about to drop.
    *map(pytest.mark.filterwarnings, ("ignore::ResourceWarning", "ignore::DeprecationWarning")),
    *map(pytest.mark.filterwarnings, ("ignore::FutureWarning", "ignore::UserWarning")),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
DATES = [AS_OF - pd.Timedelta(days=31), AS_OF]


@pytest.fixture(scope="module")
def specified(session: Any, books: Path) -> pd.DataFrame:
    """The snapshot of all specification cases, made on the cluster."""
    book = written(warehouse_of(book_of(CASES)), books / "specified")
    return build_snapshot(unchecked(book, session), [AS_OF], PARAMS)


def test_each_case_of_the_specification_gives_its_answer(specified: pd.DataFrame) -> None:
    wrong = {case.says: found for case in CASES if (found := differences(case, specified))}
    assert wrong == {}


def test_the_specification_gives_the_same_rows(specified: pd.DataFrame) -> None:
    assert disagreements(specified_rows(), specified) == {}


def test_a_random_book_gives_the_same_rows_at_two_dates(session: Any, books: Path) -> None:
    from features.spark_book import open_book_on_spark

    frames = random_frames(np.random.default_rng(1), AS_OF)
    book = written(warehouse_of_frames(frames), books / "random")
    here = build_snapshot(open_book(book, CheckParams()).source, DATES, PARAMS)
    there = build_snapshot(open_book_on_spark(str(book), CheckParams(), session).source, DATES, PARAMS)
    assert len(here) > 30
    assert disagreements(here, there) == {}


def test_a_simulated_book_gives_the_same_file(master: str, small_book: Path, tmp_path: Path) -> None:
    told: list[str] = []
    files = []
    for cluster in (None, Cluster(master, SETTINGS)):
        out = tmp_path / f"{cluster is None}.parquet"
        features_to_file(str(small_book), None, out, DEFAULT_PARAMS, (), told.append, cluster)
        files.append(pd.read_parquet(out))
    assert disagreements(*files) == {}
    assert "starting Spark" in told
