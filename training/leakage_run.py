"""Gathers from a training run what the leakage checks look at, and runs them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from features.book import Book
from features.catalog import load_catalog
from training.all_params import AllParams
from training.churn_model import account_folds, fit_churn_model
from training.dataset import TrainingSet
from training.health_model import HealthModel
from training.leakage_checks import check_leakage
from training.leakage_evidence import Evidence
from training.leakage_finding import Finding

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
    points = model.points(data.newest[list(model.features)].to_numpy("float64"))
    evidence = Evidence(
        data=data,
        tested=tested.assign(answer=tested["learned"]),
        catalog=load_catalog(params.features.windows),
        features=params.features,
        params=params.training,
        tables=book.tables,
        fit=_light_learner(params),
        fold=_folds(data, params),
        importance=pd.Series(np.abs(points).mean(axis=0), list(model.features)) if len(points) else None,
        serving=data.newest,
    )
    return check_leakage(evidence, progress)


def _light_learner(params: AllParams) -> Callable[[pd.DataFrame, pd.Series, pd.DataFrame], np.ndarray]:
    """The learner with few trees, as a function of training rows, their labels, and test rows."""
    catalog, settings = load_catalog(params.features.windows), params.training
    learner = settings.learner.model_copy(update=LIGHT)

    def fit(rows: pd.DataFrame, churned: pd.Series, test: pd.DataFrame) -> np.ndarray:
        return fit_churn_model(rows, churned, catalog, learner, settings.seed).probability(test)

    return fit


def _folds(data: TrainingSet, params: AllParams) -> pd.Series:
    rows, learner = data.rows, params.training.learner
    fold = pd.Series(0, index=rows.index)
    account = rows["account_id"].to_numpy(str)
    for number, (_, outside) in enumerate(account_folds(account, learner.folds, params.training.seed)):
        fold.iloc[outside] = number
    return fold
