"""How fast does the service answer with drivers, against what people build in its place? One run.

    python benchmarks/serving.py --registry mlruns [--seconds 4] [--calls 3000] [--only vitals fastapi]

Each server runs alone, and all on the model of the registry's champion: Vitals answers with health, interval,
rule, and drivers in two languages, the peers with bare SHAP values (mlflow: a bare prediction). Where the
champion has no trees, the peers take 300 of 8 leaves on as many features, and it is said. Of calls a ratio
above 1 says that Vitals is faster; of start and memory one below 1, that it starts sooner and takes less.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import psutil

# Beside this file stands features.py: the package of that name must be found first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.steady_callers import Measured, measure, post
from serving.access.api_keys import create_key
from serving.history.opened_store import opened_store
from serving.scores.champion import load_scorer

ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN = 180.0  # seconds


@dataclass(frozen=True)
class Server:
    """How a server is started (`{port}` is filled in), where it is ready, and a body for some rows."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    ready: str
    path: str
    body: str  # the key of the rows: "rows", "named" (Vitals) or "inputs" (mlflow)


def servers(folder: Path, registry: Path) -> list[Server]:
    """Vitals and its peers; every one of them with one thread per call."""
    python, port = sys.executable, "{port}"
    peer = (python, "-m", "uvicorn", "serving_peers:app", "--port", port, "--log-level", "warning")
    bento = (python, "-m", "bentoml", "serve", "serving_peers:Bare", "--host", "127.0.0.1", "--port", port)
    flow = (python, "-m", "mlflow", "models", "serve", "-m", str(folder / "mlflow"), "--env-manager", "local")
    own = ("--params", str(folder / "params.yaml"), "--registry", str(registry))
    vitals = (
        python,
        "-m",
        "vitals",
        "serve",
        "--port",
        port,
        *own,
        "--store",
        f"sqlite:///{folder}/vitals.db",
    )
    return [
        Server("vitals", vitals, {}, "/readyz", "/v1/predict", "named"),
        Server("fastapi", peer, {"PEER": "pred_contrib"}, "/readyz", "/predict", "rows"),
        Server("fastapi+shap", peer, {"PEER": "shap"}, "/readyz", "/predict", "rows"),
        Server("bentoml", bento, {"PEER": "bentoml"}, "/readyz", "/predict", "rows"),
        Server("mlflow", (*flow, "--port", port, "--workers", "1"), {}, "/ping", "/invocations", "inputs"),
    ]


@contextmanager
def started(server: Server, folder: Path) -> Iterator[tuple[int, float, float]]:
    """(port, seconds until it was ready, MB of its processes when idle); ended by its id at the end."""
    port = _free_port()
    own = {"FOLDER": str(folder), "BENTOML_HOME": str(folder / "bentoml"), "BENTOML_DO_NOT_TRACK": "True"}
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    paths = os.pathsep.join([str(ROOT), str(ROOT / "benchmarks")])
    found = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])  # mlflow: uvicorn
    environment = {**os.environ, **one, **own, **server.environment, "PYTHONPATH": paths, "PATH": found}
    begun = time.perf_counter()
    with (folder / f"{server.name}.log").open("wb") as log:
        process = subprocess.Popen(
            [word.format(port=port) for word in server.command],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        if not _is_ready(f"http://127.0.0.1:{port}{server.ready}", process):
            raise SystemExit(f"{server.name}: {(folder / f'{server.name}.log').read_text()[-600:]}")
        ready = time.perf_counter() - begun
        time.sleep(2)
        yield port, ready, _megabytes(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its own session: only what was started here


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(url: str, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return True
        except httpx.TransportError:
            time.sleep(0.05)
    return False


def _megabytes(pid: int) -> float:
    """The memory of a process and its children, what they share counted once (PSS)."""
    tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(process.memory_full_info().pss for process in tree) / 2**20


def prepared(folder: Path, registry: Path) -> tuple[list[str], str]:
    """Parameters without a rate limit, a key, the peers' models; (the champion's features, the key)."""
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    for name, value in (("calls_per_second", 1e6), ("calls_at_once", 10**6), ("max_concurrent", 64)):
        text = "\n".join(
            f"  {name}: {value:.0f}" if line.strip().startswith(f"{name}:") else line
            for line in text.split("\n")
        )
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    scorer = load_scorer(registry, folder / "params.yaml")
    if scorer.model["kind"] != "learned":
        raise SystemExit(f"{registry} has no champion: vitals train, then vitals promote")
    names = list(scorer.feature_names)
    peers_models(folder, registry, len(names))
    with opened_store(f"sqlite:///{folder}/vitals.db") as store:
        return names, create_key(store, "benchmark", ["admin"], datetime.now(UTC))[1]


def peers_models(folder: Path, registry: Path, features: int) -> None:
    """The champion's bags as LightGBM wrote them (or others, where it has none), and as mlflow serves one."""
    import lightgbm
    import mlflow.lightgbm

    bags = sorted((registry / "artifacts").glob("*/artifacts/lightgbm/bag_*.txt"))
    if not bags:
        print("the champion has no trees: the peers take 300 of 8 leaves")
        rng = np.random.default_rng(7)
        X, pull = rng.normal(size=(3000, features)), rng.logistic(size=3000)
        settings = {"objective": "binary", "num_leaves": 8, "verbosity": -1, "num_threads": 1}
        found = lightgbm.train(settings, lightgbm.Dataset(X, (X[:, :8].sum(1) + pull > 2).astype(float)), 300)
        found.save_model(str(folder / "bag_00.txt"))
    for number, bag in enumerate(bags):
        (folder / f"bag_{number:02d}.txt").write_bytes(bag.read_bytes())
    first = lightgbm.Booster(model_file=str(folder / "bag_00.txt"))
    mlflow.lightgbm.save_model(first, str(folder / "mlflow"))


def body(server: Server, names: list[str], rows: int) -> bytes:
    """The call's body for so many accounts, a fifth of their features missing where null can be sent."""
    rng = np.random.default_rng(rows)
    values = np.round(rng.random((rows, len(names))), 4)
    if server.body == "inputs":
        return json.dumps({"inputs": values.tolist()}).encode()
    missing = rng.random(values.shape) < 0.2
    table = [
        [None if gone else value for value, gone in zip(*row, strict=True)]
        for row in zip(values.tolist(), missing.tolist(), strict=True)
    ]
    if server.body == "rows":
        return json.dumps({"rows": table}).encode()
    named = [
        {"account_id": f"A-{n}", "features": dict(zip(names, row, strict=True))}
        for n, row in enumerate(table)
    ]
    return json.dumps({"rows": named}).encode()


CASES = ((1, 1), (1, 16), (100, 1), (100, 16))  # accounts per call, calls at once


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--registry", type=Path, default=ROOT / "mlruns")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement, at most")
    parser.add_argument("--calls", type=int, default=3000, help="of each measurement, at most")
    parser.add_argument("--only", nargs="*", default=None, help="these servers alone")
    asked = parser.parse_args()
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        names, key = prepared(folder, asked.registry.resolve())
        found: dict[str, tuple[float, float, list[Measured]]] = {}
        for server in servers(folder, asked.registry.resolve()):
            if asked.only is None or server.name in asked.only:
                found[server.name] = measured(server, folder, names, key, asked)
    ratios(found)


def measured(
    server: Server, folder: Path, names: list[str], key: str, asked: argparse.Namespace
) -> tuple[float, float, list[Measured]]:
    """(seconds until ready, MB, one measurement per case), printed as they come."""
    with started(server, folder) as (port, ready, megabytes):
        print(f"{server.name:13} ready in {ready:5.1f} s, {megabytes:4.0f} MB idle")
        results = []
        for rows, at_once in CASES:
            request = post(server.path, body(server, names, rows), {"Authorization": f"Bearer {key}"})
            measure(port, request, at_once, 20, 5.0)  # warm
            results.append(measure(port, request, at_once, asked.calls, asked.seconds))
            m = results[-1]
            told = f"{m.per_second:7.1f}/s, p50 {m.p50:6.1f} ms, p99 {m.p99:6.1f} ms ({m.calls} calls)"
            print(f"  {rows:3} accounts, {at_once:2} at once: {told}")
    return ready, megabytes, results


def ratios(found: dict[str, tuple[float, float, list[Measured]]]) -> None:
    """Vitals beside each peer."""
    if "vitals" not in found:
        return
    ready, megabytes, own = found.pop("vitals")
    for name, (its_ready, its_megabytes, its) in found.items():
        faster = [f"{v.per_second / p.per_second:.2f}" for v, p in zip(own, its, strict=True)]
        cases = ", ".join(f"{n}x{c}: {r}" for (n, c), r in zip(CASES, faster, strict=True))
        rest = f"start {ready / its_ready:.2f}, memory {megabytes / its_megabytes:.2f}"
        print(f"against {name:13} calls/s {cases}; {rest}")
    print(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
