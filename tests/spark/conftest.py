"""The cluster and the session of the Spark tests. They run where they are asked for: `make spark-test`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from features.faults import VitalsFault
from features.spark_session import Cluster, check_installed, spark_session
from tests.spark.standalone_cluster import SETTINGS, standalone_cluster

ASKED = "VITALS_SPARK_TEST"


@pytest.fixture(scope="session")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a cluster of a master and two workers that lives as long as the run."""
    if not os.environ.get(ASKED):
        pytest.skip("a cluster is started only where it is asked for: make spark-test")
    try:
        check_installed()
    except VitalsFault as fault:
        pytest.skip(str(fault))
    with standalone_cluster(tmp_path_factory.mktemp("cluster")) as url:
        yield url


@pytest.fixture(scope="module")
def session(master: str) -> Iterator[Any]:
    """A session on the cluster."""
    started = spark_session(Cluster(master, SETTINGS))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for books that tests write."""
    return tmp_path_factory.mktemp("books")
