"""Optuna looks for the trees' few real parameters, judged out of fold.

The budget is a number of trials, so that the same data, parameters and seed find the same; a limit in seconds
stands behind it, and where it struck that is said, because the answer then depends on the machine. The search
sees what the first origin may learn from and nothing later; what it finds is used for every origin and for
the final model. The parameters as they are in `params.yaml` are the first trial.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.catalog import Feature
from training.account_folds import account_codes
from training.boosted_trees import fit_trees
from training.log_odds_pool import loss_of
from training.params import LearnerParams, SearchParams

if TYPE_CHECKING:
    import optuna

Progress = Callable[[str], None]
SEARCHED = ("learning_rate", "feature_share", "l2", "rows_in_leaf")


@dataclass(frozen=True)
class Trial:
    """The parameters of one trial, and its log loss out of fold, in nats per row."""

    number: int
    params: dict[str, float | int]
    loss: float


@dataclass(frozen=True)
class Search:
    """What was tried. `best`: the learner's parameters to go on with. `cut_short`: the seconds ran out."""

    trials: tuple[Trial, ...]
    best: LearnerParams
    cut_short: bool


def search_learner(
    rows: pd.DataFrame,
    churned: pd.Series,
    catalog: Sequence[Feature],
    params: LearnerParams,
    search: SearchParams,
    seed: int,
    progress: Progress = lambda _: None,
) -> Search:
    """At most `search.trials` trials; none at all leaves the parameters as they are."""
    if not search.trials:
        return Search((), params, False)
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    X, y = rows[[feature.name for feature in catalog]].to_numpy("float64"), churned.to_numpy("float64")
    account = account_codes(rows["account_id"].to_numpy(str))

    def loss(trial: optuna.Trial) -> float:
        progress(f"trial {trial.number + 1} of {search.trials}")
        trees = fit_trees(X, y, account, catalog, params.model_copy(update=_suggested(trial)), seed)
        return float(loss_of(trees.out_of_fold, y).mean())

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial({name: getattr(params, name) for name in SEARCHED})
    study.optimize(loss, n_trials=search.trials, timeout=search.seconds)
    trials = tuple(Trial(t.number, t.params, float(t.value)) for t in study.trials if t.value is not None)
    best = min(trials, key=lambda trial: trial.loss)
    chosen = LearnerParams.model_validate({**params.model_dump(), **best.params})
    return Search(trials, chosen, len(trials) < search.trials)


def _suggested(trial: optuna.Trial) -> dict[str, Any]:
    """Wide enough for 200 and for 100,000 rows. Leaves and rounds are chosen out of fold in every fit."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.2, log=True),
        "feature_share": trial.suggest_float("feature_share", 0.15, 1.0),
        "l2": trial.suggest_float("l2", 0.1, 100.0, log=True),
        "rows_in_leaf": trial.suggest_int("rows_in_leaf", 5, 200, log=True),
    }
