"""What is missing for Spark is said at once, with the next step; none of this starts a JVM."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from features import spark_session
from features.faults import WrongUse
from features.spark_session import Cluster, check_installed, check_master, cluster_of


def test_duckdb_needs_no_cluster() -> None:
    assert cluster_of("duckdb", None, ()) is None


def test_spark_takes_a_master_and_settings() -> None:
    cluster = cluster_of("spark", "spark://10.0.0.5:7077", ("spark.executor.memory=4g",))
    assert cluster == Cluster("spark://10.0.0.5:7077", ("spark.executor.memory=4g",))
    assert cluster.pairs() == {"spark.executor.memory": "4g"}


@pytest.mark.parametrize(
    ("master", "settings", "field"),
    [("local", (), "--master"), (None, ("spark.x=1",), "--spark-conf")],
)
def test_what_only_spark_understands_is_refused_for_duckdb(
    master: str | None, settings: tuple[str, ...], field: str
) -> None:
    with pytest.raises(WrongUse, match=f"{field} is .*add --engine spark, or leave it out"):
        cluster_of("duckdb", master, settings)


def test_a_setting_that_is_none_is_refused() -> None:
    with pytest.raises(WrongUse, match=r"write spark\.NAME=VALUE"):
        Cluster(None, ("memory=1g",)).pairs()


@pytest.mark.parametrize("master", ["", "none", "10.0.0.5:7077", "spark://", "yarn-client"])
def test_a_master_that_is_none_is_refused(master: str) -> None:
    with pytest.raises(WrongUse, match="spark://HOST:PORT, yarn, k8s://URL or local"):
        check_master(master)


@pytest.mark.parametrize(
    "master", ["local", "local[2]", "local[*]", "local[2,4]", "yarn", "k8s://https://h:6443"]
)
def test_masters_without_an_address_of_their_own_are_left_to_spark(master: str) -> None:
    check_master(master)


@pytest.mark.parametrize(
    "master", ["spark://127.0.0.1:1", "spark://127.0.0.1", "spark://h:99999", "spark://:7077"]
)
def test_a_master_that_cannot_be_reached_is_refused(master: str) -> None:
    with pytest.raises(WrongUse, match="start the master, or mend host, port or firewall"):
        check_master(master)


def test_one_of_several_masters_is_enough() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check_master(f"spark://127.0.0.1:1,127.0.0.1:{server.getsockname()[1]}")


def test_a_missing_pyspark_is_said_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_session, "find_spec", lambda name: None)
    with pytest.raises(WrongUse, match="install it: make spark"):
        check_installed()


@pytest.mark.parametrize(
    ("says", "found"),
    [('openjdk version "11.0.2" 2019-01-15', "version 11"), ('java version "1.8.0_292"', "version 8")],
)
def test_a_java_that_is_too_old_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, found: str
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr(spark_session, "find_spec", lambda name: name)
    with pytest.raises(WrongUse, match=f"java is '{found}'; allowed: Java 17 or newer"):
        check_installed()


def test_a_missing_java_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(spark_session, "find_spec", lambda name: name)
    with pytest.raises(WrongUse, match=r"java is 'missing'.*install a Java runtime"):
        check_installed()
