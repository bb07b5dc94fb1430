"""How fast are drivers by look-up, against LightGBM and the shap library? One run, one thread each.

    .venv/bin/python benchmarks/drivers.py [--rows 1 100 100000] [--bags 1]

300 trees of 8 leaves in all, 60 features in 12 families, 20 % of the values missing. Each figure is the
median of repeats, in milliseconds; a ratio says how many times faster the look-up is. `TreeExplainer` hands
LightGBM models on to LightGBM's `pred_contrib`, so it is timed twice: kept, and made for each request.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median

import lightgbm
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

# Beside this file stands features.py: the package of that name must be found first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from training.additive_model import AdditiveTrees
from training.tree_tables import additive_trees

TREES, FEATURES, FAMILIES = 300, 60, 12
Matrix = NDArray[np.float64]
Task = Callable[[Matrix], object]


def book(rows: int, seed: int) -> Matrix:
    """(rows, 60): normal values, a fifth of them missing."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, FEATURES))
    X[rng.random(X.shape) < 0.2] = np.nan
    return X


def trained(bags: int) -> list[lightgbm.Booster]:
    """Boosters of 300 trees together, each on its own rows."""
    parameters = {
        "objective": "binary",
        "num_leaves": 8,
        "learning_rate": 0.05,
        "verbosity": -1,
        "num_threads": 1,
    }
    boosters = []
    for seed in range(bags):
        X = book(3000, seed)
        pull = np.nan_to_num(X[:, :8]).sum(axis=1) + np.random.default_rng(seed).logistic(size=len(X))
        data = lightgbm.Dataset(X, (pull > 2).astype(float))
        boosters.append(lightgbm.train(parameters, data, TREES // bags))
    return boosters


def by_lightgbm(boosters: list[lightgbm.Booster], **what: bool) -> Callable[[Matrix], Matrix]:
    """The mean of what the boosters say."""
    return lambda X: np.mean([b.predict(X, num_threads=1, **what) for b in boosters], axis=0)


def by_shap(boosters: list[lightgbm.Booster]) -> tuple[Task, Task]:
    """(explainers kept, explainers made for each request)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # importing shap meets deprecations of matplotlib
        import shap

    def made() -> list[shap.TreeExplainer]:
        return [shap.TreeExplainer(b, feature_perturbation="tree_path_dependent") for b in boosters]

    kept = made()
    return lambda X: [e.shap_values(X) for e in kept], lambda X: [e.shap_values(X) for e in made()]


def tasks(model: AdditiveTrees, boosters: list[lightgbm.Booster]) -> dict[str, tuple[Task, str]]:
    """name -> (task, the task by look-up that it is held against)."""
    family = np.arange(FEATURES) % FAMILIES
    score, contrib = by_lightgbm(boosters, raw_score=True), by_lightgbm(boosters, pred_contrib=True)
    kept, made = by_shap(boosters)
    return {
        "look-up: features": (model.contributions, ""),
        "look-up: families": (model.by_family(family), ""),
        "look-up: score + features": (lambda X: (model.log_odds(X), model.contributions(X)), ""),
        "pred_contrib": (contrib, "look-up: features"),
        "pred_contrib, families asked": (contrib, "look-up: families"),
        "predict + pred_contrib": (lambda X: (score(X), contrib(X)), "look-up: score + features"),
        "TreeExplainer, kept": (kept, "look-up: features"),
        "TreeExplainer, per request": (made, "look-up: features"),
    }


def milliseconds(task: Task, X: Matrix) -> float:
    """Median over 3 repeats or more, the first call left out."""
    task(X)
    times = []
    for _ in range(max(3, min(200, 2000 // len(X)))):
        start = time.perf_counter()
        task(X)
        times.append(time.perf_counter() - start)
    return 1000 * median(times)


def report(rows: list[int], bags: int) -> list[str]:
    """The lines to print."""
    boosters = trained(bags)
    start = time.perf_counter()
    model = additive_trees([b.dump_model() for b in boosters])
    made = time.perf_counter() - start
    check = book(1000, seed=99)
    gap = np.abs(model.contributions(check) - by_lightgbm(boosters, pred_contrib=True)(check)[:, :-1]).max()
    lines = [f"{TREES} trees in {bags} bag(s), tables made in {made:.2f} s, largest difference {gap:.1e}"]
    for n in rows:
        X, took = book(n, seed=98), dict[str, float]()
        for name, (task, against) in tasks(model, boosters).items():
            took[name] = milliseconds(task, X)
            ratio = f"{took[name] / took[against]:9.1f} x" if against else ""
            lines.append(f"{n:7d} rows  {name:30s}{took[name]:12.3f} ms{ratio}")
    return lines


def main() -> None:
    """Prints the report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 100, 100_000])
    parser.add_argument("--bags", type=int, default=1)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="LightGBM binary classifier with TreeExplainer")
    with threadpool_limits(1):
        print("\n".join(report(options.rows, options.bags)))


if __name__ == "__main__":
    main()
