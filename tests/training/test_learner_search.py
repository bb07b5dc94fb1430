"""The search for better parameters: by trials, out of fold, and never worse than what was there."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.catalog import load_catalog
from training.all_params import AllParams
from training.fit_and_compare import Trained, fit_and_compare
from training.learner_search import SEARCHED, Search, search_learner
from training.params import LearnerParams, SearchParams
from training.registry import MODEL, tracking
from training.run_log import register

QUICK = LearnerParams(leaves=(4,), rounds=50, learning_rate=0.1, bags=1, folds=2)


def searched(trained: Trained, light: AllParams, trials: int, seconds: int = 600) -> Search:
    rows, churned = trained.data.training_rows(trained.data.origins[0])
    catalog = load_catalog(light.features.windows)
    return search_learner(rows, churned, catalog, QUICK, SearchParams(trials=trials, seconds=seconds), seed=3)


def test_the_first_trial_is_what_the_parameters_say_and_the_best_is_no_worse(
    trained: Trained, light: AllParams
) -> None:
    found = searched(trained, light, trials=4)
    first, *others = found.trials
    assert first.params == {name: getattr(QUICK, name) for name in SEARCHED}
    assert len(others) == 3
    best = min(found.trials, key=lambda trial: trial.loss)
    assert {name: getattr(found.best, name) for name in SEARCHED} == best.params
    assert found.best.leaves == QUICK.leaves
    assert not found.cut_short


def test_the_same_seed_tries_the_same(trained: Trained, light: AllParams) -> None:
    assert searched(trained, light, trials=3) == searched(trained, light, trials=3)


def test_no_trials_leave_everything_as_it_is(trained: Trained, light: AllParams) -> None:
    assert searched(trained, light, trials=0) == Search((), QUICK, False)


def test_running_out_of_time_is_said(
    trained: Trained, light: AllParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    import optuna

    monkeypatch.setattr(optuna.Study, "optimize", one_trial_only(optuna.Study.optimize))
    assert searched(trained, light, trials=3).cut_short


def one_trial_only(optimize):  # type: ignore[no-untyped-def]
    """What a study does whose seconds run out after the first trial."""
    return lambda study, loss, n_trials, timeout: optimize(study, loss, n_trials=1)


@pytest.mark.long
def test_the_trials_are_runs_below_the_run_and_the_best_is_what_is_trained(
    learning_book: Path, light: AllParams, tmp_path: Path
) -> None:
    training = light.training.model_copy(update={"learner": QUICK, "search": SearchParams(trials=2)})
    params = AllParams(light.checks, light.features, light.rule, training)
    trained = fit_and_compare(learning_book, params)
    assert trained.model.facts["learner"] == trained.search.best.model_dump(mode="json")
    made = register(trained, params, tmp_path / "mlruns")
    with tracking(tmp_path / "mlruns") as client:
        experiment = client.get_run(made.run_id).info.experiment_id
        below = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{made.run_id}'")
        assert client.get_model_version(MODEL, made.version).run_id == made.run_id
    losses = sorted(run.data.metrics["log_loss_out_of_fold"] for run in below)
    assert losses == sorted(trial.loss for trial in trained.search.trials)
