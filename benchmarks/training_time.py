"""How long does training take, and how much of it is LightGBM's?

    .venv/bin/python benchmarks/training_time.py [--accounts 5000] [--months 36] [--dates 18] [--learner]

Two figures of one run on this machine:

    train     what `vitals train` does with a simulated book but the tracking: reading, features, the backtest
              out of time, the final model. Asked of 5,000 accounts and 18 dates: under 240 s on two cores.
    overhead  the time of the learner (`fit_pool`) over that of its bare boosters: as many, of as many rounds
              as it grew, on as many rows, side by side on as many threads. Asked: under 1.5.

`--learner` measures the overhead alone, on drawn rows (`training.simulation.tabular_world`) of that size.
Seconds depend on what else the machine does; the ratio is of two runs in turn, by the wall clock and by the
processor's, which a busy machine disturbs less.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

# Beside this file stands features.py: the package of that name must be found first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from training.all_params import AllParams
from training.boosted_trees import lightgbm_settings
from training.fit_and_compare import fit_and_compare
from training.params import TrainingParams
from training.pool import fit_pool
from training.simulation.book import simulate_book
from training.simulation.params import SimulationParams
from training.simulation.tabular_world import TabularWorld

Matrix = NDArray[np.float64]
T = TypeVar("T")

CLOCKS = ("wall clock", "processor")

ROOT = Path(__file__).resolve().parents[1]


def train(accounts: int, months: int, params: AllParams) -> None:
    """Times a training run on a new book, stage by stage."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        simulate_book(SimulationParams(accounts=accounts, months=months, seed=1), place)
        start = time.perf_counter()
        marks = [(0.0, "start")]
        note = lambda text: marks.append((time.perf_counter() - start, text))  # noqa: E731
        trained = fit_and_compare(place, params, note)
        took = time.perf_counter() - start
    used, rows = len(trained.data.final_dates), len(trained.data.rows)
    print(f"train: {accounts} accounts, {used} dates, {rows} rows: {took:.0f} s (under 240)")
    for (at, text), (until, _) in zip(marks, [*marks[1:], (took, "")], strict=True):
        if until - at > 2:
            print(f"  {until - at:6.1f} s  {text}")


def overhead(accounts: int, dates: int, params: TrainingParams, repeats: int) -> None:
    """Times the learner and its bare boosters in turn."""
    world = TabularWorld("interaction", seed=1, churn=0.08)
    sample = world.learned_from(accounts, dates)
    names = [feature.name for feature in world.catalog]
    X, y = sample.rows[names].to_numpy(float), sample.churned.to_numpy(float)
    learner = params.learner
    settings = lightgbm_settings(world.catalog, learner, max(learner.leaves), len(X))
    ratios = []
    for _ in range(repeats):
        given = (sample.rows, sample.churned, world.catalog, world.rule, learner, params.seed)
        model, whole = timed(lambda given=given: fit_pool(*given))
        grown = [booster.current_iteration() for booster in model.boosters]
        drawn = some_rows(accounts, dates, 1 - 1 / learner.folds, len(grown))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            given_rows = [(X[rows], y[rows], n, settings) for n, rows in zip(grown, drawn, strict=True)]
            _, bare = timed(
                lambda pool=pool, given=given_rows: list(pool.map(fit_bare, *zip(*given, strict=True)))
            )
        ratios.append(whole / bare)
        print(f"overhead: {len(X)} rows, {len(grown)} boosters of {max(grown, default=0)} rounds at most")
        for name, of_whole, of_bare, ratio in zip(CLOCKS, whole, bare, ratios[-1], strict=True):
            print(f"  {name:<12}learner {of_whole:6.1f}  bare {of_bare:6.1f}  ratio {ratio:.2f}", flush=True)
    told = ", ".join(
        f"{ratio:.2f} by {name}" for name, ratio in zip(CLOCKS, np.median(ratios, 0), strict=True)
    )
    print(f"overhead: median ratio {told} (under 1.5)")


def timed(task: Callable[[], T]) -> tuple[T, Matrix]:
    """What the task returns, and the seconds it took by both clocks (2,)."""
    before = np.array([time.perf_counter(), time.process_time()])
    result = task()
    return result, np.array([time.perf_counter(), time.process_time()]) - before


def some_rows(accounts: int, dates: int, share: float, times: int) -> Iterator[NDArray[np.intp]]:
    """Rows of a share of the accounts, as often as that: what the learner's boosters are shown."""
    rng = np.random.default_rng(0)
    for _ in range(times):
        chosen = rng.permutation(accounts)[: int(share * accounts)]
        yield (chosen[:, None] * dates + np.arange(dates)).ravel()


def fit_bare(X: Matrix, y: Matrix, rounds: int, settings: dict[str, object]) -> lgb.Booster:
    """A booster and nothing else."""
    return lgb.train(settings, lgb.Dataset(X, y), rounds)


def main() -> None:
    """Reads the options and prints both figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=5_000)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--dates", type=int, default=18)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--learner", action="store_true", help="the overhead alone")
    options = parser.parse_args()
    params = AllParams.read(ROOT / "params.yaml")
    if not options.learner:
        train(options.accounts, options.months, params)
    overhead(options.accounts, options.dates, params.training, options.repeats)


if __name__ == "__main__":
    main()
