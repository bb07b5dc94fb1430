"""Rows scored on the executors of a cluster are the bytes that this machine makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.account_facts import ACCOUNT_FACTS
from features.catalog import load_catalog
from features.params import Windows
from features.spark_session import Cluster
from serving.bulk.local_rows import LocalRows
from serving.bulk.publish_rows import Bulk, score_rows
from serving.bulk.rows_seen import checked_date
from serving.bulk.scored_chunk import Told
from serving.history.store import ScoreStore
from serving.scores.champion import load_scorer
from tests.serving.trained_workspace import LIGHT, NOW, PARAMS, TrainedWorkspace, workspace
from tests.spark.standalone_cluster import SETTINGS

__all__ = ["workspace"]
# PySpark leaves the socket of an iterator over results to the garbage collector.
pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
NAMES = [feature.name for feature in load_catalog(Windows())]


@pytest.fixture(scope="module")
def file(workspace: TrainedWorkspace, books: Path) -> Path:
    """The features of the workspace's book, with the facts of its accounts; of one no fact is told."""
    store = ScoreStore(workspace.store)
    snapshot = store.newest_snapshot()
    assert snapshot is not None
    inputs = store.inputs_of(snapshot)
    assert inputs is not None
    path = books / "rows.parquet"
    facts = pd.DataFrame([account.details for account in store.all_scores_of(snapshot)])[list(ACCOUNT_FACTS)]
    told = facts.astype(object).mask(facts.index.to_series() == 0, None)
    rows = pd.concat([inputs.rows.assign(as_of=pd.Timestamp(snapshot.as_of)), told], axis=1)
    rows.to_parquet(path)
    return path


def test_every_chunk_has_the_same_bytes_on_both_engines(
    workspace: TrainedWorkspace, file: Path, session: Any
) -> None:
    from serving.bulk.spark_rows import SparkRows

    told = Told(
        load_scorer(Path(workspace.registry), PARAMS), 5, {"as_of": "2026-11-01T00:00:00Z"}, tuple(NAMES)
    )
    here = dict(LocalRows(file, 1).scored(range(4), 4, told))
    there = dict(SparkRows(session, file).scored(range(4), 4, told))
    assert here == there


def test_both_engines_see_the_same(file: Path, session: Any) -> None:
    from serving.bulk.spark_rows import SparkRows

    here, there = LocalRows(file, 1).seen(NAMES), SparkRows(session, file).seen(NAMES)
    assert here.rows == there.rows
    assert here.columns == there.columns
    assert checked_date(here, Windows()) == checked_date(there, Windows())
    for mine, theirs in ((here.known, there.known), (here.low, there.low), (here.high, there.high)):
        np.testing.assert_array_equal(mine, theirs)


def test_what_spark_scored_is_published(
    workspace: TrainedWorkspace, file: Path, master: str, tmp_path: Path
) -> None:
    bulk = Bulk(file, tmp_path / "work", 1, Cluster(master, SETTINGS))
    store = f"sqlite:///{tmp_path / 'rows.db'}"
    done = score_rows(bulk, PARAMS, LIGHT, Path(workspace.registry), store, NOW, lambda _: None)
    assert sum(done.bands.values()) == len(pd.read_parquet(file))
