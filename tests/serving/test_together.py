from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from serving.up_command import commands
from tests.serving.trained_workspace import ROOT

WAITS = """import pathlib, signal, sys, time
def end(*_):
    pathlib.Path('{0}.ended').touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
pathlib.Path('{0}.begun').touch()
time.sleep(60)"""
ENDS = "import sys; sys.exit({0})"


def started(folder: Path, *scripts: str) -> subprocess.Popen[bytes]:
    """A process that runs the scripts together."""
    run = (
        "import os, sys; from serving.together import run_together\n"
        f"sys.exit(run_together([[sys.executable, '-c', text] for text in {list(scripts)!r}], os.environ))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", run], cwd=folder, env=environment)


def wait_for(*files: Path) -> None:
    for _ in range(600):
        if all(file.exists() for file in files):
            return
        time.sleep(0.1)
    pytest.fail("the processes did not begin within a minute")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_both_and_that_is_no_fault(tmp_path: Path, number: signal.Signals) -> None:
    both = started(tmp_path, WAITS.format("one"), WAITS.format("two"))
    wait_for(tmp_path / "one.begun", tmp_path / "two.begun")
    both.send_signal(number)
    assert both.wait(60) == 0
    assert (tmp_path / "one.ended").exists()
    assert (tmp_path / "two.ended").exists()


@pytest.mark.parametrize("code", [0, 3])
def test_where_one_ends_by_itself_the_other_is_ended_and_it_is_said(tmp_path: Path, code: int) -> None:
    wait_first = "import pathlib, time\nwhile not pathlib.Path('one.begun').exists(): time.sleep(0.1)\n"
    both = started(tmp_path, WAITS.format("one"), wait_first + ENDS.format(code))
    assert both.wait(60) == 1
    assert (tmp_path / "one.ended").exists()


def test_the_service_and_the_clock_get_the_same_settings() -> None:
    serve, watch = commands(Path("b"), "127.0.0.1", 3000, Path("p"), Path("r"))
    assert serve[3:] == ["serve", "--host", "127.0.0.1", "--port", "3000", "--params", "p", "--registry", "r"]
    assert watch[3:] == ["watch", "b", "--params", "p", "--registry", "r"]
