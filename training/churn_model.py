"""The learned model: a bag of small monotone LightGBM boosters with a calibration line.

Each booster sees a bootstrap of the *accounts*, because an account's months are not independent.
The bag's mean log-odds is the score and its spread is the account's interval. The line is fitted
on out-of-fold rows, folds cut by account (Platt 1999; never isotonic on small books).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy.special import expit

from features.catalog import Feature
from training.calibration import LogOddsLine, fit_log_odds_line
from training.params import LearnerParams

Progress = Callable[[str], None]


@dataclass(frozen=True)
class ChurnModel:
    """A fitted model. `features` is the column order that the boosters were trained on."""

    features: tuple[str, ...]
    boosters: tuple[lgb.Booster, ...]
    line: LogOddsLine

    def log_odds(self, rows: pd.DataFrame) -> np.ndarray:
        """Calibrated log-odds of churn within the horizon, one per row."""
        return self.line.apply(_margin(self.boosters, _matrix(rows, self.features)))

    def probability(self, rows: pd.DataFrame) -> np.ndarray:
        """Calibrated probability of churn within the horizon, 0–1, one per row."""
        return np.asarray(expit(self.log_odds(rows)))


def fit_churn_model(
    rows: pd.DataFrame,
    churned: pd.Series,
    catalog: Sequence[Feature],
    params: LearnerParams,
    seed: int,
    progress: Progress = lambda _: None,
) -> ChurnModel:
    """Fits the bag on all rows and the line on out-of-fold margins.

    `rows`: `account_id` and the catalogue's features, float64, NaN = missing. `churned`: 0/1.
    """
    names = tuple(feature.name for feature in catalog)
    X, y, account = _matrix(rows, names), churned.to_numpy(float), rows["account_id"].to_numpy(str)
    settings = lightgbm_settings(catalog, params)
    margins = np.empty(len(y))
    for number, (inside, outside) in enumerate(account_folds(account, params.folds, seed)):
        progress(f"out-of-fold {number + 1} of {params.folds}")
        bag = _fit_bag(X[inside], y[inside], account[inside], names, settings, params, seed + 1 + number)
        margins[outside] = _margin(bag, X[outside])
    progress("all rows")
    bag = _fit_bag(X, y, account, names, settings, params, seed)
    return ChurnModel(names, bag, fit_log_odds_line(margins, y, account))


def lightgbm_settings(catalog: Sequence[Feature], params: LearnerParams) -> dict[str, object]:
    """LightGBM's parameters: monotone by the catalogue, deterministic in every bit."""
    return {
        "objective": "binary",
        "num_leaves": params.leaves,
        "learning_rate": params.learning_rate,
        "min_data_in_leaf": params.rows_in_leaf,
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


def account_folds(account: np.ndarray, folds: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Index pairs (inside, outside); every row of an account lies in the same fold."""
    names, of_row = np.unique(account, return_inverse=True)
    fold_of = np.random.default_rng(seed).permutation(len(names)) % folds
    for fold in range(folds):
        outside = fold_of[of_row] == fold
        yield np.flatnonzero(~outside), np.flatnonzero(outside)


def _fit_bag(
    X: np.ndarray,
    y: np.ndarray,
    account: np.ndarray,
    names: tuple[str, ...],
    settings: dict[str, object],
    params: LearnerParams,
    seed: int,
) -> tuple[lgb.Booster, ...]:
    draws = np.random.default_rng(seed)
    samples = [_bootstrap_accounts(account, draws) for _ in range(params.bags)]

    def booster(number: int) -> lgb.Booster:
        rows = samples[number]
        data = lgb.Dataset(X[rows], y[rows], feature_name=list(names))
        return lgb.train({**settings, "seed": seed * 1000 + number}, data, params.rounds)

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return tuple(pool.map(booster, range(params.bags)))


def _bootstrap_accounts(account: np.ndarray, draws: np.random.Generator) -> np.ndarray:
    """Row indices of a bootstrap of whole accounts; an account drawn twice is there twice."""
    names, of_row = np.unique(account, return_inverse=True)
    times = draws.multinomial(len(names), np.full(len(names), 1 / len(names)))
    return np.repeat(np.arange(len(account)), times[of_row])


def _margin(boosters: Sequence[lgb.Booster], X: np.ndarray) -> np.ndarray:
    margins = [booster.predict(X, raw_score=True, num_threads=1) for booster in boosters]
    return np.asarray(np.mean(margins, axis=0))


def _matrix(rows: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    return rows[list(names)].to_numpy("float64")
