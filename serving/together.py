"""Runs several commands as processes that live and end together."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence

STOPPED = (0, -signal.SIGTERM, -signal.SIGINT, 128 + signal.SIGTERM, 128 + signal.SIGINT)
GRACE = 40.0  # seconds that a process has to end by itself, before it is killed: the service needs up to 35


def run_together(commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> int:
    """Runs the commands until they are asked to stop, or one ends: then all of them are.

    SIGTERM and SIGINT are passed on. Returns 0 where every process ended because it was asked to, and 1
    where one of them ended by itself. To be called from the main thread.
    """
    ended, asked = threading.Event(), threading.Event()

    def stop(*_: object) -> None:
        asked.set()
        ended.set()

    # Before anything is started, so that no process can be left behind.
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    running = [subprocess.Popen(command, env=dict(environment)) for command in commands]  # noqa: S603
    for process in running:
        threading.Thread(target=_tell_end, args=(process, ended), daemon=True).start()
    ended.wait()
    codes = _stopped(running)
    for number, handler in before.items():
        signal.signal(number, handler)
    return 0 if asked.is_set() and all(code in STOPPED for code in codes) else 1


def _tell_end(process: subprocess.Popen[bytes], ended: threading.Event) -> None:
    process.wait()
    ended.set()


def _stopped(running: Sequence[subprocess.Popen[bytes]]) -> list[int]:
    """The exit codes of the processes, each asked to end and given its time to do so."""
    for process in running:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in running:
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return [process.returncode for process in running]
