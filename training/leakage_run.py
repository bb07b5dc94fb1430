"""Gathers from a training run what the leakage checks look at, and runs them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from features.book import Book
from features.catalog import load_catalog
from training.account_folds import account_codes, fold_of_rows
from training.all_params import AllParams
from training.dataset import TrainingSet
from training.health_model import HealthModel
from training.leakage_checks import check_leakage
from training.leakage_evidence import Evidence
from training.leakage_finding import Finding
from training.pool import fit_pool

Progress = Callable[[str], None]
LIGHT = {"rounds": 20, "bags": 2, "folds": 2}  # a control need not be strong


def checked_for_leaks(
    data: TrainingSet,
    tested: pd.DataFrame,
    model: HealthModel,
    book: Book,
    params: AllParams,
    progress: Progress = lambda _: None,
) -> tuple[Finding, ...]:
    """Every check about a run: its data, its predictions out of time, and the model that it made."""
    newest = data.newest
    points = model.points(newest[list(model.features)].to_numpy("float64"), newest["segment"].tolist())
    evidence = Evidence(
        data=data,
        tested=tested,
        catalog=load_catalog(params.features.windows),
        features=params.features,
        params=params.training,
        tables=book.tables,
        versions=book.checked.versions,
        fit=_light_learner(params),
        fold=_folds(data, params),
        importance=pd.Series(np.abs(points).mean(axis=0), list(model.features)) if len(points) else None,
        serving=newest,
    )
    return check_leakage(evidence, progress)


def _light_learner(params: AllParams) -> Callable[[pd.DataFrame, pd.Series, pd.DataFrame], np.ndarray]:
    """The learner with few trees, as a function of training rows, their labels, and test rows."""
    catalog, settings = load_catalog(params.features.windows), params.training
    learner = settings.learner.model_copy(update=LIGHT)

    def fit(rows: pd.DataFrame, churned: pd.Series, test: pd.DataFrame) -> np.ndarray:
        model = fit_pool(
            rows,
            churned,
            catalog,
            params.rule,
            learner,
            settings.seed,
            prior=settings.prior,
            horizon=settings.horizon,
            member=settings.member,
        )
        return model.probability(test)

    return fit


def _folds(data: TrainingSet, params: AllParams) -> pd.Series:
    """The fold of each row, dealt out as the learner deals them."""
    draws = np.random.default_rng(params.training.seed)
    account = account_codes(data.rows["account_id"].to_numpy(str))
    return pd.Series(fold_of_rows(account, params.training.learner.folds, draws), data.rows.index)
