"""How wide must an account's interval be? Fits the numbers of `training/doubt.py` to worlds of known truth.

    .venv/bin/python benchmarks/interval_fit.py [--first 1000] [--worlds 24] [--jobs 2]   # half an hour

In each drawn world (three churn rates, five sizes) the product's learner is fitted, and the errors of its
log-odds against the truth of 800 other accounts are set beside what their variance is made of. The numbers
are those of greatest likelihood, were the errors normal with that variance; they are printed beside those in
force, with the share of 90 % intervals that hold the truth, by size and by kind of world. The worlds are
others than those of `quality.py`, so that coverage there is a test.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logit
from threadpoolctl import threadpool_limits

# Beside this file stands features.py: the package of that name must be found first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from world_cells import ROOT, drawn

from training import doubt
from training.all_params import AllParams
from training.pool import fit_pool

Matrix = NDArray[np.float64]
NAMES = ("LINEAR", "APART", "UNSEEN", "CURVED", "FALLS")
CHURN, SIZES = (0.03, 0.08, 0.2), (100, 300, 600, 1200, 3000)
TESTED = 800


@dataclass(frozen=True)
class Cell:
    """One fit: `posterior`, `distance`, `line` and `error` of the tested accounts, (TESTED,) each."""

    kind: str
    accounts: int
    churns: float
    trees: float
    slope: float
    posterior: Matrix
    distance: Matrix
    line: Matrix
    error: Matrix

    def variance(self, numbers: Matrix) -> Matrix:
        """That of `Doubt`, with these numbers (5,) in the order of NAMES."""
        linear, apart, unseen, curved, falls = numbers.tolist()
        told = doubt.Doubt((unseen + curved * self.trees) / self.churns**falls, linear, apart)
        return told.variance(self.posterior, self.distance, self.slope, self.line)

    def surprise(self, numbers: Matrix) -> float:
        """Mean negative log-likelihood of the errors, but for a constant."""
        variance = self.variance(numbers)
        return float(np.mean(np.log(variance) + self.error**2 / variance) / 2)

    def covered(self, numbers: Matrix) -> float:
        """The share of the tested accounts whose 90 % interval holds the truth."""
        return float(np.mean(np.abs(self.error) <= doubt.Z90 * np.sqrt(self.variance(numbers))))


def measured(asked: tuple[int, float, int]) -> Cell:
    """A world's number, its churn rate, and the accounts learned from."""
    number, churn, accounts = asked
    world, every, tested = drawn(number, churn, 1)
    train, params = every.of_first(accounts), AllParams.read(ROOT / "params.yaml").training
    with threadpool_limits(1):
        model = fit_pool(train.rows, train.churned, world.catalog, world.rule, params.learner, params.seed)
    pooled, rows = model.pooled, tested.rows.head(TESTED)
    X, segment = rows[list(model.features)].to_numpy("float64"), rows["segment"].tolist()
    linear, trees = pooled.members(X, segment)
    raw = (1 - pooled.trees_weight) * linear + pooled.trees_weight * trees
    return Cell(
        kind=world.kind,
        accounts=accounts,
        churns=max(float(min(train.churned.sum(), (1 - train.churned).sum())), 1.0),
        trees=pooled.trees_weight,
        slope=pooled.line.slope,
        posterior=pooled.linear.variance(X, segment),
        distance=linear - trees,
        line=pooled.line.standard_error(raw) ** 2,
        error=pooled.log_odds(X, segment) - logit(np.clip(tested.truth[:TESTED], 1e-9, 1 - 1e-9)),
    )


def fitted(cells: Sequence[Cell], start: Matrix) -> Matrix:
    """The numbers of greatest likelihood; none is below 0."""
    found = minimize(
        lambda logs: np.mean([cell.surprise(np.exp(logs)) for cell in cells]),
        np.log(start),
        method="Nelder-Mead",
        options={"maxiter": 600, "xatol": 1e-3, "fatol": 1e-5},
    )
    return np.asarray(np.exp(found.x))


def coverage(cells: Sequence[Cell], numbers: Matrix) -> pd.DataFrame:
    """A row per kind of world and one of all, a column per number of accounts."""
    found = pd.DataFrame([(c.kind, c.accounts, c.covered(numbers)) for c in cells])
    return found.pivot_table(index=0, columns=1, values=2, margins=True, margins_name="all")


def main() -> None:
    """Fits and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--first", type=int, default=1000, help="the first world")
    parser.add_argument("--worlds", type=int, default=24, help="so many; eight are one of each kind")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    asked = [*product(range(options.first, options.first + options.worlds), CHURN, SIZES)]
    cells = list[Cell]()
    with ProcessPoolExecutor(options.jobs) as processes:
        for cell in processes.map(measured, asked):
            cells.append(cell)
            if len(cells) % 15 == 0:
                print(f"{len(cells)} of {len(asked)} fits", flush=True)
    in_force = np.array([getattr(doubt, name) for name in NAMES])
    for title, numbers in (("in force", in_force), ("fitted", fitted(cells, in_force))):
        told = ", ".join(f"{name} {number:.3g}" for name, number in zip(NAMES, numbers, strict=True))
        print(f"\n{title}: {told}\nshare of 90 % intervals that hold the true probability, by accounts")
        print(coverage(cells, numbers).round(3).rename_axis(index=None, columns=None).to_string())


if __name__ == "__main__":
    main()
