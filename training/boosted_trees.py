"""The bag of small monotone LightGBM boosters, with its log-odds out of fold.

Each booster is fitted on the *accounts* outside one fold (an account's months are not independent) and tells
the log-odds of that fold: so every row is foretold by boosters that never saw its account, without a fit that
is thrown away afterwards. The folds of every bag are dealt anew. A bootstrap besides would leave half of the
accounts unseen, which few accounts cannot spare. All boosters grow in step until the log loss out of
fold has stopped falling; the bag is then cut back to the round at which it was lowest.

How large a tree should be differs from book to book: one bag is grown for each number of leaves, and the bag,
or the mean of all bags, that does best out of fold is kept. Where trees were still of use when their rounds
ran out, the table holds more than careful ones can tell, and a bag of loose ones is tried too (all features,
smaller leaves, hardly shrunk). Books of few accounts hardly ever come to that; tables made by sharp rules do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from features.catalog import Feature
from training.account_folds import fold_of_rows
from training.calibration import Matrix
from training.linear_terms import Places
from training.params import LearnerParams

Progress = Callable[[str], None]

STEP = 10  # rounds between two looks at the log loss out of fold
LEAST_ROUNDS = 50  # that are always fitted: the loss may stand still at first
PATIENCE = 0.7  # the lowest loss lies in the first part of this size: it will not fall again
RAN_OUT = 0.9  # the lowest loss lies beyond this part of the rounds: they were too few
LOOSE_ROWS_IN_LEAF, LOOSE_L2 = 20, 0.01  # of loose trees, unless looser ones are asked for anyway
ROWS_PER_LEAF_SHARE = 60  # a leaf holds at least one in so many training rows …
LEAST_ROWS_IN_LEAF = 5  # … but no fewer than this


@dataclass(frozen=True, eq=False)
class BoostedTrees:
    """The fitted boosters and the log-odds of the training rows out of fold (n,).

    `rounds`: by number of leaves of the bags that were kept, the rounds these were cut back to.
    """

    boosters: tuple[lgb.Booster, ...]
    rounds: Mapping[int, int]
    out_of_fold: Matrix


def fit_trees(
    X: Matrix,
    churned: Matrix,
    account: Places,
    catalog: Sequence[Feature],
    params: LearnerParams,
    seed: int,
    progress: Progress = lambda _: None,
) -> BoostedTrees:
    """`X` (n, k) in the catalogue's order, NaN = missing; `churned` (n,) 0 or 1; `account` (n,) codes."""
    jobs = [*_jobs(account, params, seed)]
    bags = [_fit_bag(X, churned, jobs, catalog, params, leaves, progress) for leaves in params.leaves]
    every = bags if len(bags) == 1 else [*bags, _together(bags)]
    if max(bags[-1].rounds.values()) >= RAN_OUT * params.rounds >= LEAST_ROUNDS:
        every.append(_fit_bag(X, churned, jobs, catalog, _loosened(params), params.leaves[-1], progress))
    losses = [_log_loss(bag.out_of_fold, churned) for bag in every]
    return every[int(np.argmin(losses))]


def _loosened(params: LearnerParams) -> LearnerParams:
    rows, l2 = min(params.rows_in_leaf, LOOSE_ROWS_IN_LEAF), min(params.l2, LOOSE_L2)
    return params.model_copy(update={"feature_share": 1.0, "rows_in_leaf": rows, "l2": l2})


def _together(bags: Sequence[BoostedTrees]) -> BoostedTrees:
    boosters = tuple(booster for bag in bags for booster in bag.boosters)
    rounds = {leaves: number for bag in bags for leaves, number in bag.rounds.items()}
    return BoostedTrees(boosters, rounds, np.mean([bag.out_of_fold for bag in bags], axis=0))


def _fit_bag(
    X: Matrix,
    churned: Matrix,
    jobs: Sequence[_Job],
    catalog: Sequence[Feature],
    params: LearnerParams,
    leaves: int,
    progress: Progress,
) -> BoostedTrees:
    settings = lightgbm_settings(catalog, params, leaves, len(X))
    names = [feature.name for feature in catalog]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        growing = [*pool.map(lambda job: _Growing.of(X, churned, job, names, settings), jobs)]
        losses, told = list[float](), list[Matrix]()
        while not _settled(losses, params.rounds):
            margins = pool.map(lambda one: one.grow(X), growing)
            told.append(_out_of_fold(len(X), jobs, list(margins), params.bags))
            losses.append(_log_loss(told[-1], churned))
            progress(f"{leaves} leaves, round {len(losses) * STEP}")
    best = int(np.argmin(losses))
    rounds = (best + 1) * STEP
    boosters = tuple(one.cut(rounds) for one in growing)
    return BoostedTrees(boosters, {leaves: rounds}, told[best])


def lightgbm_settings(
    catalog: Sequence[Feature], params: LearnerParams, leaves: int, rows: int
) -> dict[str, object]:
    """LightGBM's parameters: monotone by the catalogue, deterministic in every bit."""
    in_leaf = min(max(rows // ROWS_PER_LEAF_SHARE, LEAST_ROWS_IN_LEAF), params.rows_in_leaf)
    return {
        "objective": "binary",
        "num_leaves": leaves,
        "learning_rate": params.learning_rate,
        "min_data_in_leaf": in_leaf,
        "feature_fraction": params.feature_share,
        "feature_fraction_bynode": 1.0,
        "lambda_l2": params.l2,
        "monotone_constraints": [feature.monotone_in_churn for feature in catalog],
        "monotone_constraints_method": "intermediate",
        "max_bin": 63,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,  # boosters run side by side; OpenMP threads would wait for one another
        "verbosity": -1,
    }


@dataclass(frozen=True, eq=False)
class _Job:
    """The rows one booster learns from, those it foretells, and its seed."""

    inside: Places
    outside: Places
    seed: int


@dataclass(eq=False)
class _Growing:
    """A booster under way, and its log-odds of the rows outside."""

    booster: lgb.Booster
    job: _Job
    margin: Matrix

    @classmethod
    def of(
        cls, X: Matrix, churned: Matrix, job: _Job, names: list[str], settings: dict[str, object]
    ) -> _Growing:
        own = {**settings, "seed": job.seed}
        data = lgb.Dataset(X[job.inside], churned[job.inside], feature_name=names, params=own)
        return cls(lgb.Booster(own, data), job, np.zeros(len(job.outside)))

    def grow(self, X: Matrix) -> Matrix:
        """STEP rounds more; the log-odds of the rows outside after them (n_outside,)."""
        done = self.booster.current_iteration()
        for _ in range(STEP):
            self.booster.update()
        fresh = {"start_iteration": done, "num_iteration": STEP, "num_threads": 1, "verbosity": -1}
        self.margin = self.margin + self.booster.predict(X[self.job.outside], raw_score=True, **fresh)
        return self.margin

    def cut(self, rounds: int) -> lgb.Booster:
        """The booster, which from now on knows of its first `rounds` rounds alone."""
        self.booster.best_iteration = rounds  # what is predicted, dumped and written stops there
        return self.booster.free_dataset()


def _jobs(account: Places, params: LearnerParams, seed: int) -> Iterator[_Job]:
    draws = np.random.default_rng(seed)
    accounts = int(account.max()) + 1
    for bag in range(params.bags):
        fold = fold_of_rows(np.arange(accounts), params.folds, draws)
        for number in range(params.folds):
            outside = fold[account] == number
            inside, outside = np.flatnonzero(~outside), np.flatnonzero(outside)
            yield _Job(inside, outside, seed * 1000 + bag * params.folds + number)


def _settled(losses: Sequence[float], most: int) -> bool:
    done = len(losses) * STEP
    if done < LEAST_ROUNDS:
        return done >= most
    return done >= most or (int(np.argmin(losses)) + 1) * STEP <= PATIENCE * done


def _out_of_fold(rows: int, jobs: Sequence[_Job], margins: Sequence[Matrix], bags: int) -> Matrix:
    told = np.zeros(rows)
    for job, margin in zip(jobs, margins, strict=True):
        told[job.outside] += margin / bags
    return told


def _log_loss(margin: Matrix, churned: Matrix) -> float:
    return float(np.mean(np.logaddexp(0, margin) - churned * margin))
