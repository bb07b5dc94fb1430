"""A real standalone cluster on this machine: a master and two workers, each a process of its own.

It ends what it started, by process id, and nothing else. Memory is bounded: about 3 GB for all.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

HOST, WORKERS, STARTED_WITHIN = "127.0.0.1", 2, 120  # seconds
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
SETTINGS = (
    "spark.driver.memory=1g",
    "spark.executor.memory=1g",
    "spark.executor.cores=1",
    f"spark.driver.host={HOST}",
    f"spark.driver.bindAddress={HOST}",
    "spark.sql.shuffle.partitions=4",
)


def free_port() -> int:
    """A port of the loopback device that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def standalone_cluster(folder: Path, workers: int = WORKERS) -> Iterator[str]:
    """The master's URL; logs and the workers' files are in `folder`. All processes end with the block."""
    port, page = free_port(), free_port()
    url = f"spark://{HOST}:{port}"
    processes = []
    try:
        asked = ["--host", HOST, "--port", str(port), "--webui-port", str(page)]
        processes.append(_start("master.Master", asked, folder / "master.log"))
        _wait_for(page, workers=0, processes=processes)
        for number in range(workers):
            asked = ["--host", HOST, "--cores", "1", "--memory", "1g", "--webui-port", str(free_port())]
            asked += ["--work-dir", str(folder / f"worker-{number}"), url]
            processes.append(_start("worker.Worker", asked, folder / f"worker-{number}.log"))
        _wait_for(page, workers=workers, processes=processes)
        yield url
    finally:
        for process in reversed(processes):
            _stop(process)


def _start(role: str, arguments: list[str], log: Path) -> subprocess.Popen[bytes]:
    import pyspark

    home = Path(pyspark.__file__).parent
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{role}", *arguments]
    set_here = {"SPARK_HOME": str(home), "SPARK_DAEMON_MEMORY": "256m", "SPARK_LOCAL_IP": HOST}
    with log.open("wb") as file:
        return subprocess.Popen(
            command,
            env={**os.environ, **set_here},
            stdout=file,
            stderr=file,
            start_new_session=True,
            preexec_fn=_end_with_the_parent if sys.platform == "linux" else None,
        )


def _end_with_the_parent() -> None:
    """Asks the kernel to end the process when the test run is ended from outside, and cannot do it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_for(page: int, workers: int, processes: list[subprocess.Popen[bytes]]) -> None:
    """Until the master answers and that many workers are alive; RuntimeError after 120 seconds."""
    end = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < end:
        ended = [process.pid for process in processes if process.poll() is not None]
        if ended:
            raise RuntimeError(f"a process of the cluster ended by itself: {ended}")
        try:
            with urlopen(f"http://{HOST}:{page}/json/", timeout=2) as answer:
                if json.load(answer)["aliveworkers"] >= workers:
                    return
        except (OSError, ValueError):
            pass
        time.sleep(0.2)
    raise RuntimeError(f"the cluster did not start within {STARTED_WITHIN} seconds")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Asks the process and the executors it started to end; after ten seconds they are ended."""
    for ask in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, ask)
            process.wait(timeout=10)
            return
        except ProcessLookupError:
            process.poll()
            return
        except subprocess.TimeoutExpired:
            continue
