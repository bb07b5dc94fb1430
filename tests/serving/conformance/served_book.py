"""A copy of a store, served by `vitals serve` as a process of its own, with a key of full scope."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from serving.access.api_keys import create_key
from serving.history.opened_store import opened_store
from tests.serving.test_service_process import free_port, wait_until_ready
from tests.serving.trained_workspace import PARAMS, ROOT

OFTEN = {"calls_per_second": "1000000", "calls_at_once": "1000000"}  # the door is not what is tried here


@dataclass(frozen=True)
class Served:
    """Where the service answers, the key it lets in, and the command that starts it once more."""

    url: str
    key: str
    command: str


@contextmanager
def served_book(registry: str, store: str, folder: Path) -> Iterator[Served]:
    """The service on a copy of a store, in `folder`, so that whatever is written stays there."""
    copy, port = folder / "vitals.db", free_port()
    _copy(Path(store.removeprefix("sqlite:///")), copy)
    url = f"sqlite:///{copy}"
    with opened_store(url) as opened:
        _, key = create_key(opened, "conformance", ["admin"], datetime.now(UTC))
    places = ["--params", str(_without_rate(folder)), "--registry", registry, "--store", url]
    command = [sys.executable, "-m", "vitals", "serve", "--port", str(port), *places]
    own = {**os.environ, "BENTOML_HOME": str(folder), "PYTHONPATH": str(ROOT)}
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=own, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(address, server)
        yield Served(address, key, " ".join(command))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _copy(store: Path, to: Path) -> None:
    """By SQLite itself: of a file beside which there is a log, the file alone would be half of it."""
    with closing(sqlite3.connect(store)) as here, closing(sqlite3.connect(to)) as there:
        here.backup(there)


def _without_rate(folder: Path) -> Path:
    """The parameters as they are, but for how often one key may call."""
    lines = PARAMS.read_text(encoding="utf-8").splitlines()
    for name, value in OFTEN.items():
        lines = [f"  {name}: {value}" if line.strip().startswith(f"{name}:") else line for line in lines]
    made = folder / "params.yaml"
    made.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return made
