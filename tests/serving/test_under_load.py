"""`vitals serve` stopped and given other models while calls come in: what `benchmarks/under_load.py` does a
hundred times, a few times. And SIGTERM before it answers."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.load_parts import Size, sigterms, swaps
from benchmarks.loaded_service import workbench
from serving.server import environment
from tests.serving.test_service_process import free_port
from tests.serving.trained_workspace import PARAMS, ROOT

FEW = Size(times=2, measuring=0.5, busy=0.1)


@pytest.mark.long
@pytest.mark.slow
def test_calls_lose_no_answer_to_sigterm_and_the_service_ends_with_0(tmp_path: Path) -> None:
    part = sigterms(workbench(tmp_path, None), FEW)
    assert part.missed == [], part.told


@pytest.mark.long
@pytest.mark.slow
def test_calls_are_answered_wholly_by_one_of_two_champions(tmp_path: Path) -> None:
    part = swaps(workbench(tmp_path, None), replace(FEW, times=3))
    assert part.missed == [], part.told
    assert set(part.told["ended"]) == {"200"}


def test_a_service_that_is_stopped_as_it_starts_ends_with_0(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "serving.server_process", "127.0.0.1", str(free_port())],
        cwd=ROOT,
        env=environment(PARAMS, tmp_path, f"sqlite:///{tmp_path}/vitals.db"),
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert b"first API key" in process.stdout.readline()  # told before anything is served
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
