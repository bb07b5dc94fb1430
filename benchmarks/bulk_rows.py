"""How long does a million rows take, from a file to the score history, beside bare `pred_contrib`? One run.

    .venv/bin/python benchmarks/bulk_rows.py --features features.parquet [--rows 1000000] [--jobs 2]

Two things are measured: health with the points of every feature, which is what `pred_contrib` gives without
the health; and all that `vitals score --rows` does, which is health, interval, range, rule, and ten drivers
with their sentences in two languages, as JSON and published. The rows are drawn with replacement from a
file of `vitals features`, a fifth of the values missing. LightGBM has the trees of the registry's champion,
and as many threads as Vitals has processes. It and the points are measured on `--peer-rows`: their time
grows as the rows do. Asked: rows scored with drivers in at most 0.4 times LightGBM's time, under 4 GiB.
Memory is that of all processes together, what they share counted once, each second.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import psutil

# Beside this file stands features.py: the package of that name must be found first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from features.account_facts import ACCOUNT_FACTS
from serving.scores.champion import load_scorer
from serving.scores.learned_scorer import LearnedScorer

ROOT = Path(__file__).resolve().parents[1]
CHUNK = 5_000
LOADED: list[Any] = []  # of a process of the pool: its scorer
STEP = re.compile(r"\[ *([\d.]+) s\] (\w+)")


def drawn(features: Path, rows: int, file: Path) -> pd.DataFrame:
    """Writes so many rows, each an account of its own, and returns them."""
    rng = np.random.default_rng(7)
    book = pd.read_parquet(features)
    names = [name for name in book.columns if name not in ("account_id", "as_of", *ACCOUNT_FACTS)]
    found = book.iloc[rng.integers(len(book), size=rows)].reset_index(drop=True)
    values = found[names].to_numpy("float64").copy()
    values[rng.random(values.shape) < 0.2] = np.nan
    drawn = pd.DataFrame(values, columns=names)
    drawn.insert(0, "as_of", found["as_of"])
    drawn.insert(0, "account_id", [f"A-{number:07}" for number in range(rows)])
    drawn.to_parquet(file, index=False)
    return drawn


def peer_seconds(
    registry: Path, scorer: LearnedScorer, rows: pd.DataFrame, threads: int
) -> tuple[float, int]:
    """(seconds of `pred_contrib` of all bags, trees in all)."""
    bags = sorted((registry / "artifacts").glob("*/artifacts/lightgbm/bag_*.txt"))
    if not bags:
        raise SystemExit("the champion has no trees to ask LightGBM for: train with the default learner")
    boosters = [lightgbm.Booster(model_file=str(file)) for file in bags]
    X = rows[list(scorer.feature_names)].to_numpy("float64")
    begun = time.perf_counter()
    for booster in boosters:
        booster.predict(X, pred_contrib=True, num_threads=threads)
    return time.perf_counter() - begun, sum(booster.num_trees() for booster in boosters)


def points_seconds(registry: Path, rows: pd.DataFrame, jobs: int) -> float:
    """Seconds of health and points of all features, by `jobs` processes that have loaded the champion."""
    parts = [rows.iloc[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _load, (registry,)) as pool:
        list(pool.map(_points, parts[:jobs]))  # loaded
        begun = time.perf_counter()
        list(pool.map(_points, parts))
        return time.perf_counter() - begun


def _load(registry: Path) -> None:
    LOADED.append(load_scorer(registry))


def _points(rows: pd.DataFrame) -> tuple[int, float]:
    [scorer] = LOADED
    X = rows[list(scorer.feature_names)].to_numpy("float64")
    health, points = scorer.health_model.health(X), scorer.health_model.points(X)
    return len(points), float(health.mean())


def scored(file: Path, registry: Path, folder: Path, jobs: int) -> tuple[dict[str, float], float]:
    """(at which second each step began, and `end`; most GiB at once)."""
    store = f"sqlite:///{folder / 'vitals.db'}"
    asked = ["--rows", str(file), "--jobs", str(jobs), "--store", store, "--work", str(folder / "work")]
    command = [sys.executable, "-m", "vitals", "score", *asked, "--registry", str(registry)]
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    most = [0.0]
    watch = threading.Thread(target=_watch, args=(process, most))
    watch.start()
    steps: dict[str, float] = {}
    assert process.stderr is not None
    for line in process.stderr:
        if told := STEP.match(line):
            steps.setdefault(told[2], float(told[1]))
            steps["last"] = float(told[1])
            print(f"\r{line.strip():60}", end="", file=sys.stderr)
    if process.wait():
        raise SystemExit("vitals score ended with a fault")
    watch.join()
    return steps | {"end": time.perf_counter() - begun}, most[0]


def _watch(process: subprocess.Popen[str], most: list[float]) -> None:
    while process.poll() is None:
        try:
            tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            most[0] = max(most[0], sum(each.memory_full_info().pss for each in tree) / 2**30)
        except psutil.Error:
            pass  # a process ended between two looks
        time.sleep(1)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--features", type=Path, required=True, help="a file of vitals features")
    parser.add_argument("--registry", type=Path, default=ROOT / "mlruns")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    scorer = load_scorer(asked.registry)
    if not isinstance(scorer, LearnedScorer):
        raise SystemExit(f"{asked.registry} has no champion: vitals train, then vitals promote")
    with tempfile.TemporaryDirectory() as made:
        file = Path(made) / "rows.parquet"
        rows = drawn(asked.features, asked.rows, file).head(asked.peer_rows)
        seconds, trees = peer_seconds(asked.registry, scorer, rows, asked.jobs)
        times = asked.rows / len(rows)
        peer, points = seconds * times, points_seconds(asked.registry, rows, asked.jobs) * times
        del rows
        steps, most = scored(file, asked.registry.resolve(), Path(made), asked.jobs)
    drivers = steps["publishing"] - steps["reading"]
    print(f"\n{asked.rows:,} rows, {trees} trees, {asked.jobs} processes or threads")
    print(f"pred_contrib        {peer:8.1f} s ({asked.peer_rows:,} rows measured)")
    print(f"health and points   {points:8.1f} s, {points / peer:.2f} x")
    print(
        f"the whole payload   {drivers:8.1f} s, {drivers / peer:.2f} x; published after {steps['end']:.1f} s"
    )
    print(f"memory, at most     {most:8.2f} GiB")


if __name__ == "__main__":
    main()
