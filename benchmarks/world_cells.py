"""One model in one drawn world, judged against the truth; found figures are kept, so that a run can go on.

A *cell* is a world, its churn rate, the number of accounts learned from, and a model. What is judged is
expected, not lucky: with the true probabilities known, the 4,000 tested accounts need no outcomes.

    attained   (AUC - 1/2) / (best AUC - 1/2): the share of the attainable signal
    loss       expected log loss, in nats
    error      root mean square of the probability against the truth
    covered    share of the tested accounts whose 90 % interval holds the true probability
    width      mean width of that interval

`learned` is the product's learner with the world's rule, `unruled` the same without it; `rule`,
`reweighted` and `boosted` are what the first is pooled from. The others are `peers`.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import grimp
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from peers import PEERS, foretold
from scipy.special import expit
from threadpoolctl import threadpool_limits

from training.all_params import AllParams
from training.pool import fit_pool
from training.simulation.planted_effects import KINDS
from training.simulation.tabular_world import Sample, TabularWorld

Matrix = NDArray[np.float64]
Scores = dict[str, float]

ROOT = Path(__file__).resolve().parents[1]
EDGE = 1e-6  # probabilities are kept this far from 0 and 1
OURS = ("learned", "unruled")
MEMBERS = {"rule": "rule", "reweighted": "reweighted", "boosted": "lightgbm"}


@dataclass(frozen=True)
class Cell:
    """`world` counts through the kinds: world 0 … 7 are one of each. `churn` 0–1."""

    world: int
    churn: float
    accounts: int
    dates: int
    model: str

    @property
    def kind(self) -> str:
        """The kind of its world."""
        return KINDS[self.world % len(KINDS)]


@lru_cache(maxsize=2)
def drawn(number: int, churn: float, dates: int) -> tuple[TabularWorld, Sample, Sample]:
    """The world, all there is to learn from, and what is tested."""
    world = TabularWorld(KINDS[number % len(KINDS)], number // len(KINDS) + 1, churn)
    return world, world.learned_from(5_000, dates), world.tested_on()


def measured(cell: Cell) -> list[tuple[Cell, Scores]]:
    """The cell's figures; those of the members come with those of the pool."""
    world, all_rows, tested = drawn(cell.world, cell.churn, cell.dates)
    train = all_rows.of_first(cell.accounts, cell.dates)
    with threadpool_limits(1):
        if cell.model in OURS:
            return _of_pool(cell, world, train, tested)
        names = [feature.name for feature in world.catalog]
        X, T = (rows[names].to_numpy(float) for rows in (train.rows, tested.rows))
        p = foretold(cell.model, X, train.churned.to_numpy(float), T)
    return [(cell, scores(tested.truth, p))]


def _of_pool(cell: Cell, world: TabularWorld, train: Sample, tested: Sample) -> list[tuple[Cell, Scores]]:
    params = AllParams.read(ROOT / "params.yaml").training
    rule = world.rule if cell.model == "learned" else None
    model = fit_pool(train.rows, train.churned, world.catalog, rule, params.learner, params.seed)
    found = scores(tested.truth, model.probability(tested.rows))
    low, high = model.interval(tested.rows).T
    found["covered"] = float(((low <= tested.truth) & (tested.truth <= high)).mean())
    found["width"] = float((high - low).mean())
    cells = [(cell, found)]
    if cell.model == "learned":
        odds = model.member_log_odds(tested.rows)
        for name, member in MEMBERS.items():
            if member in odds:
                mine = Cell(**asdict(cell) | {"model": name})
                cells.append((mine, scores(tested.truth, expit(odds[member]))))
    return cells


def scores(truth: Matrix, p: Matrix) -> Scores:
    """Expected figures of the probabilities `p` where `truth` is the true one."""
    p = np.clip(p, EDGE, 1 - EDGE)
    best = expected_auc(truth, truth)
    return {
        "attained": (expected_auc(truth, p) - 0.5) / (best - 0.5),
        "loss": float(-np.mean(truth * np.log(p) + (1 - truth) * np.log1p(-p))),
        "error": float(np.sqrt(np.mean((p - truth) ** 2))),
    }


def expected_auc(truth: Matrix, score: Matrix) -> float:
    """The chance that one who churns stands above one who stays, ties counting half."""
    _, place = np.unique(score, return_inverse=True)
    churn, stay = np.bincount(place, truth), np.bincount(place, 1 - truth)
    below = np.cumsum(stay) - stay / 2
    return float(churn @ below / (churn.sum() * stay.sum()))


class Kept:
    """Figures on disk, a line each; those that other code has found are passed over."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()

    def read(self) -> dict[Cell, Scores]:
        """What today's code has found."""
        found = {}
        for text in self.file.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            cell = Cell(**line["cell"])
            if line["code"] == code_of(cell.model):
                found[cell] = line["scores"]
        return found

    def add(self, cell: Cell, scores: Scores) -> None:
        """One more."""
        line = {"cell": asdict(cell), "code": code_of(cell.model), "scores": scores}
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def run(self, cells: Iterable[Cell], jobs: int) -> Iterator[int]:
        """Measures what is not there yet, on that many processes; yields how many are left."""
        there = self.read()
        left = [cell for cell in cells if cell not in there]
        with ProcessPoolExecutor(jobs) as processes:
            for done, found in enumerate(processes.map(measured, left), start=1):
                for cell, scores_of_cell in found:
                    self.add(cell, scores_of_cell)
                yield len(left) - done


@lru_cache
def code_of(model: str) -> str:
    """A digest of the code and parameters that make a model's figures: what they are drawn and learned by."""
    if model in PEERS:
        files = [ROOT / "benchmarks" / "peers.py", *_files_of("training.simulation.tabular_world")]
    else:
        files = [ROOT / "params.yaml", *_files_of("training.simulation.tabular_world", "training.pool")]
    digest = hashlib.sha256()
    for file in files:
        text = file.read_text(encoding="utf-8")
        digest.update((ast.dump(ast.parse(text)) if file.suffix == ".py" else text).encode())
    return digest.hexdigest()[:12]


def _files_of(*names: str) -> list[Path]:
    """The files of these modules and of all in the house that they import, directly or not."""
    house = grimp.build_graph("features", "training", cache_dir=None)
    found = set(names).union(*(house.find_upstream_modules(name) for name in names))
    places = [importlib.util.find_spec(name).origin for name in sorted(found)]
    return [Path(place) for place in places]


def as_table(found: dict[Cell, Scores]) -> pd.DataFrame:
    """A row per cell."""
    lines = [asdict(cell) | {"kind": cell.kind} | figures for cell, figures in found.items()]
    return pd.DataFrame(lines)
