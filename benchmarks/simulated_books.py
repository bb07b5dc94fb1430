"""How much of what could be foretold do the rule and the learned model foretell?

    .venv/bin/python benchmarks/quality.py books [--accounts 300,1000] [--seeds 3] [--months 36] [--quick]

Each seed is a simulated book of its own. Rule, logistic regression, re-weighted rule, bagged trees and the
pool of both foretell dates that their training knew nothing of; the planted true probability of each tested
row is the most that any model could know. What is printed is a ratio, the share attained of the attainable:

    AUC        (AUC of the model - 0.5) / (AUC of the truth - 0.5)
    log loss   (base rate's - model's) / (base rate's - truth's); below 0: worse than the base rate

0 is knowing nothing, 1 is knowing the truth, and 90 % of the resamples of accounts lie in the interval. The
line of a size is the mean over its books; its interval holds the luck of the tested accounts in these books,
and the figures of the single books show how far worlds differ.

Not measured: the luck of the training rows within a book, real exports, worlds unlike the simulator's
(`training/simulation`), and the final model, which is trained on more dates. The seconds are of one run on a
machine that may do other things: read them as orders of magnitude.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from features.book import open_book
from training.all_params import AllParams
from training.bootstrap import LEVEL, account_draws
from training.calibration import Matrix
from training.dataset import build_training_set
from training.evaluation import auc, log_loss
from training.out_of_time import outcomes_of, predictions_out_of_time
from training.outcome_tables import ALL_TABLES
from training.ranked_rows import Outcomes, Ranking, WeightedRows
from training.simulation.book import simulate_book
from training.simulation.params import SimulationParams

MODELS = ("rule", "logistic", "reweighted", "lightgbm", "pool")
KEYS = ["account_id", "as_of"]
T = TypeVar("T")
Seconds = dict[str, float]
Attained = dict[tuple[str, str], Matrix]  # (model, measure) -> the ratio on all rows, then on each resample


def timed(seconds: Seconds, stage: str, task: Callable[..., T], *given: object) -> T:
    """What the task returns; how long it took is noted."""
    start = time.perf_counter()
    result = task(*given)
    seconds[stage] = time.perf_counter() - start
    return result


def tested_rows(world: SimulationParams, params: AllParams, seconds: Seconds) -> pd.DataFrame:
    """The predictions out of time of a new book, with the true probability of each row as `truth`."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        timed(seconds, "simulate", simulate_book, world, place)
        book = timed(seconds, "check", open_book, place, params.checks, ALL_TABLES)
        data = timed(seconds, "features", build_training_set, book, params.features, params.training)
        given = (data, params.features, params.rule, params.training, lambda _: None)
        tested = timed(seconds, "train and test", predictions_out_of_time, *given)
        truth = pd.read_parquet(place / "truth" / "probabilities.parquet", columns=[*KEYS, "p_churn_365d"])
    truth = truth.rename(columns={"p_churn_365d": "truth"})
    return tested.merge(truth, on=KEYS, validate="one_to_one")


def attained(tested: pd.DataFrame, outcomes: Outcomes, resamples: int) -> Attained:
    """Each model's share of the attainable; the same draws for all models."""
    names = ("base_rate", *MODELS, "truth")
    rankings = {name: Ranking.of(outcomes, tested[name], name) for name in names}
    accounts = int(outcomes.account.max()) + 1
    draws = [np.ones((1, accounts)), *account_draws(outcomes.account, resamples, seed=0)]
    drawn = np.concatenate(draws)
    drawn = drawn[(drawn @ np.bincount(outcomes.account, outcomes.churned)) > 0]
    rows = {name: WeightedRows(r, drawn[:, outcomes.account[r.order]]) for name, r in rankings.items()}
    found: Attained = {}
    for measure in (auc, log_loss):
        values = {name: measure(weighted) for name, weighted in rows.items()}
        whole = values["truth"] - values["base_rate"]
        found |= {(m, measure.__name__): (values[m] - values["base_rate"]) / whole for m in MODELS}
    return found


def line(name: str, found: Mapping[tuple[str, str], Matrix]) -> str:
    """One line: each measure's ratio for each model, with its interval."""
    tails = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    cells = []
    for value, *resampled in found.values():
        low, high = np.quantile(resampled, tails)
        cells.append(f"{value:5.2f} [{low:5.2f},{high:5.2f}]")
    return f"{name:<26}" + "  ".join(cells)


def mean_of(books: list[Attained]) -> Attained:
    """The mean over books, resample by resample; a book may have left out a resample without churn."""
    fewest = min(len(values) for book in books for values in book.values())
    return {key: np.mean([book[key][:fewest] for book in books], axis=0) for key in books[0]}


def heading() -> str:
    """The columns' names."""
    columns = (f"{measure} {model}" for measure in ("AUC", "log loss") for model in MODELS)
    return f"{'share of the attainable':<26}" + "  ".join(f"{column:<19}" for column in columns)


def report(accounts: int, options: argparse.Namespace, params: AllParams) -> None:
    """Prints a line per book and one for their mean, then the seconds of the stages."""
    books, took = [], []
    for seed in range(1, options.seeds + 1):
        seconds: Seconds = {}
        world = SimulationParams(accounts=accounts, months=options.months, seed=seed)
        tested = tested_rows(world, params, seconds)
        outcomes = outcomes_of(tested, params.training.calls)
        found = timed(seconds, "compare", attained, tested, outcomes, options.resamples)
        churned = int(tested.groupby("account_id")["churned"].max().sum())
        print(line(f"{accounts} accts, seed {seed}, {churned} left", found), flush=True)
        books.append(found)
        took.append(seconds)
    stages = ", ".join(f"{stage} {s:.1f}" for stage, s in pd.DataFrame(took).mean().items())
    print(line(f"{accounts} accts, mean of {options.seeds}", mean_of(books)))
    print(f"seconds a book: {stages}\n", flush=True)


def main(options: argparse.Namespace) -> None:
    """Prints the report of each size."""
    print(heading())
    for accounts in options.accounts:
        report(accounts, options, AllParams.read())
