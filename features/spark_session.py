"""A Spark session on a cluster, or one clear fault: what is missing is said before work begins."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from features.faults import Fault, WrongUse

JAVA = 17  # the oldest that pyspark 4 runs on
MASTERS = r"local(\[[\w*,]+\])?|spark://[^/]+|yarn|k8s://.+"
REACHED_WITHIN, ANSWERED_WITHIN = 5, 90  # seconds
SETTINGS = {
    "spark.app.name": "vitals features",
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # Small tables go over as Arrow, so that their size is known and joins with them are broadcast.
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


@dataclass(frozen=True)
class Cluster:
    """Where Spark runs: its master (None: as spark-submit says) and settings of Spark's own."""

    master: str | None = None
    settings: tuple[str, ...] = ()  # each as name=value

    def pairs(self) -> dict[str, str]:
        """The settings by name. Raises WrongUse where one is not written name=value."""
        wrong = [text for text in self.settings if not re.match(r"spark\.[^=\s]+=", text)]
        if wrong:
            raise _refused(
                "--spark-conf", wrong[0], "name=value of a Spark setting", "write spark.NAME=VALUE"
            )
        return dict(text.split("=", 1) for text in self.settings)


def cluster_of(engine: str, master: str | None, settings: tuple[str, ...]) -> Cluster | None:
    """The cluster that the command line asks for; None for DuckDB, which takes neither of the two."""
    if engine == "spark":
        return Cluster(master, settings)
    if master or settings:
        field, value = ("--master", master) if master else ("--spark-conf", settings[0])
        raise _refused(
            field, str(value), "given with --engine spark only", "add --engine spark, or leave it out"
        )
    return None


def spark_session(cluster: Cluster) -> Any:
    """A session on the cluster that has run a job; its settings win over ours.

    Raises WrongUse where pyspark or Java is missing, and where the master is none, cannot be reached
    within 5 seconds, or has no worker that takes a job within 90.
    """
    settings = cluster.pairs()
    check_installed()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    master = cluster.master or SparkConf().get("spark.master") or "none"
    check_master(master)

    builder = SparkSession.builder.master(master).config("spark.executorEnv.PYTHONPATH", _python_path())
    for name, value in {**SETTINGS, **settings}.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:  # py4j wraps whatever the JVM threw
        step = "see that the master runs the Spark version of requirements/spark.lock, and its log"
        raise _refused(
            "--master", master, f"a master that accepts applications ({_short(error)})", step
        ) from None
    _check_workers(session, master, ANSWERED_WITHIN)
    return session


def check_installed() -> None:
    """Raises WrongUse where pyspark or a Java runtime that it can use is missing."""
    if find_spec("pyspark") is None:
        step = "install it: make spark (or the extra: pip install 'vitals[spark]')"
        raise _refused("--engine", "spark", "duckdb, or spark where pyspark is installed", step)
    found = _java_version()
    if found is None or found < JAVA:
        step = f"install a Java runtime (a JRE is enough), or set JAVA_HOME to one of version {JAVA}"
        said = "missing" if found is None else f"version {found}"
        raise _refused("java", said, f"Java {JAVA} or newer at JAVA_HOME or on the PATH", step)


def check_master(master: str) -> None:
    """Raises WrongUse where `master` is no master, or none of its hosts can be reached."""
    if not re.fullmatch(MASTERS, master):
        allowed = "spark://HOST:PORT, yarn, k8s://URL or local[N]"
        raise _refused("--master", master, allowed, "write it as Spark does, as spark://10.0.0.5:7077")
    if master.startswith("spark://"):
        places = [place.rpartition(":") for place in master.removeprefix("spark://").split(",")]
        if not any(_reached(host, port) for host, _, port in places):
            step = "start the master, or mend host, port or firewall"
            allowed = f"a master that can be reached within {REACHED_WITHIN} seconds"
            raise _refused("--master", master, allowed, step)


def _reached(host: str, port: str) -> bool:
    if not (host and port.isdigit() and int(port) < 65536):
        return False
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=REACHED_WITHIN):
            return True
    except OSError:
        return False


def _java_version() -> int | None:
    """The feature release of the Java that Spark will start; None where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    try:
        asked = [java or "", "-version"]
        said = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    number = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    return int(number[1]) if number else None


def _check_workers(session: Any, master: str, seconds: float) -> None:
    """Runs a job of one row: a master without free workers accepts an application and lets it wait."""
    pool = ThreadPoolExecutor(1)
    job = pool.submit(lambda: session.range(1).count())
    try:
        job.result(timeout=seconds)
    except TimeoutError:
        session.sparkContext.cancelAllJobs()
        session.stop()
        step = "start a worker, free one, or ask for less: --spark-conf spark.executor.memory=1g"
        allowed = f"a worker that takes a job within {seconds:g} seconds"
        raise _refused("--master", master, allowed, step) from None
    finally:
        pool.shutdown(wait=False)  # the bound holds, whatever becomes of the job


def _python_path() -> str:
    """Where executors on this machine find this very code; elsewhere the installed package is used."""
    root = str(Path(__file__).resolve().parents[1])
    return os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))


def _short(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__


def _refused(field: str, value: str, allowed: str, next_step: str) -> WrongUse:
    return WrongUse("the features cannot be computed on Spark", [Fault(field, value, allowed, next_step)])
