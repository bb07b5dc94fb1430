"""The service that is put under load: `vitals serve` on two forged models, and what it has to answer.

The limits are those that ship, but for the rate of a key: what is asked is what the service does, and not
what one key may.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil

from benchmarks.steady_callers import post
from features.params_file import read_section
from serving.access.api_keys import create_key
from serving.api.request_bodies import read_predict
from serving.history.opened_store import opened_store
from serving.params import ServingParams
from serving.scores.champion import load_scorer
from serving.scores.column_flags import column_flags
from tests.serving.forged_registry import ForgedRegistry, three_models
from tests.serving.kill_runs import free_port

ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN = 180.0  # seconds
BODIES = 8
LIVEZ = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@dataclass
class Workbench:
    """A folder with registry, store and parameters, and the calls that are made."""

    folder: Path
    registry: Path
    forged: ForgedRegistry | None  # None: the registry is one that was trained
    requests: tuple[bytes, ...]
    bodies: tuple[bytes, ...]

    def answers(self) -> list[Any]:
        """What the champion of now answers to each of the calls, worked out here and not asked for."""
        limits = read_section(self.folder / "params.yaml", "serving", ServingParams)
        scorer = load_scorer(self.registry, self.folder / "params.yaml")
        found = []
        for body in self.bodies:
            call = read_predict(body, scorer.feature_names, limits)
            flags = column_flags(call.rows, scorer.usual)
            accounts = [one | flags for one in scorer.score(call.rows, call.top, call.explain)]
            found.append({"accounts": accounts, "model": scorer.model})
        return json.loads(json.dumps(found))


def workbench(folder: Path, registry: Path | None) -> Workbench:
    """Made in `folder`; on the champion of `registry`, or on three forged models of which 1 is champion."""
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    for name in ("calls_per_second", "calls_at_once"):
        lines = (f"  {name}: 1000000" if f" {name}:" in line else line for line in text.split("\n"))
        text = "\n".join(lines)
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    forged = None
    if registry is None:
        forged = ForgedRegistry(folder / "mlruns")
        for version, model in three_models().items():
            forged.add(version, model)
        forged.promote(1)
    at = forged.folder if forged else registry.resolve()
    with opened_store(f"sqlite:///{folder}/vitals.db") as store:
        key = create_key(store, "benchmark", ["admin"], datetime.now(UTC))[1]
    names = list(load_scorer(at, folder / "params.yaml").feature_names)
    bodies = tuple(_body(names, number) for number in range(BODIES))
    headers = {"Authorization": f"Bearer {key}"}
    return Workbench(folder, at, forged, tuple(post("/v1/predict", b, headers) for b in bodies), bodies)


def _body(names: list[str], number: int) -> bytes:
    """One account of drawn features, a fifth of them missing."""
    draw = np.random.default_rng(number)
    features = {name: round(draw.random(), 4) if draw.random() > 0.2 else None for name in names}
    return json.dumps({"rows": [{"account_id": f"A-{number}", "features": features}]}).encode()


class Service:
    """`vitals serve` as a process, on one port however often it is started."""

    def __init__(self, bench: Workbench) -> None:
        self.bench, self.port = bench, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        b = self.bench
        own = ["--params", b.folder / "params.yaml", "--registry", b.registry]
        own += ["--store", f"sqlite:///{b.folder}/vitals.db", "--port", self.port]
        with (b.folder / "server.log").open("ab") as log:
            command = [sys.executable, "-m", "vitals", "serve", *map(str, own)]
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        end = time.monotonic() + READY_WITHIN
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"it does not start: {(b.folder / 'server.log').read_text()[-600:]}")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def waited(self) -> float:
        """The seconds in which its first thread could have run, and others had the processors."""
        return int(Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[1]) / 1e9

    def used(self) -> float:
        """The seconds that its threads had the processors."""
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def end(self, within: float = 60.0) -> tuple[int, float]:
        """SIGTERM; (exit code, seconds until it had ended). The code is that of SIGKILL where it had not."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        return code, time.monotonic() - begun


@contextmanager
def serving(bench: Workbench) -> Iterator[Service]:
    """The service, started; ended by its id at the end."""
    service = Service(bench)
    service.start()
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.end()
