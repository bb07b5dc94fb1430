"""What a training run leaves in MLflow: parameters, measures, pictures, predictions, and the model."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.catalog import load_catalog
from training.all_params import AllParams
from training.bundle_signature import sign_bundle
from training.comparison import Comparison
from training.fit_and_compare import Trained
from training.health_model import write_health_model
from training.kept_past import FILE, kept_past
from training.leakage_finding import findings_as_text
from training.learner_search import Search
from training.out_of_time import outcomes_of
from training.plots import comparison_figure, gain_figure, reliability_figure, save_figure
from training.registry import MODEL, REGISTRY, bundle_folder, experiment, tracking
from training.shap_plots import shap_figures
from training.temporal_splits import Split
from training.time_split_plot import Fold, time_split_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from mlflow import MlflowClient

TAGS = (
    "data_fingerprint",
    "params_fingerprint",
    "code_fingerprint",
    "seed",
    "member",
    "trained_until",
    "known_until",
)
CODE = Path(__file__).with_name("mlflow_model.py")


@dataclass(frozen=True)
class Registered:
    """A version in the registry. `run_id` is the MLflow run that made it."""

    version: str
    run_id: str
    bundle: Path


def register(trained: Trained, params: AllParams, registry: Path = REGISTRY) -> Registered:
    """Logs the run and registers its model as the `challenger`."""
    import mlflow

    with tracking(registry) as client, tempfile.TemporaryDirectory() as scratch:
        with mlflow.start_run(experiment_id=experiment(client, registry)) as run:
            _log_run(trained, params, Path(scratch))
            info = _log_model(trained, Path(scratch))
        version = _new_version(client, info, run.info.run_id)
        try:
            bundle = bundle_folder(client, version, registry)
            sign_bundle(bundle, version, registry)
            client.set_registered_model_alias(MODEL, "challenger", version)
        except BaseException:
            client.delete_model_version(MODEL, version)  # a version without a signature could never answer
            raise
        return Registered(version, run.info.run_id, bundle)


def _log_run(trained: Trained, params: AllParams, scratch: Path) -> None:
    import mlflow

    settings = {
        name: getattr(params, name).model_dump(mode="json") for name in ("features", "rule", "training")
    }
    mlflow.log_params(_flat(settings["training"]))
    mlflow.log_dict(settings, "params.json")
    mlflow.log_metrics(_metrics(trained.comparison))
    facts = trained.model.facts
    mlflow.set_tags({name: str(facts[name]) for name in TAGS})
    _log_search(trained.search)
    mlflow.log_dict({**trained.comparison.as_dict(), "weights": trained.model.weights}, "comparison.json")
    mlflow.log_text(trained.as_text(), "comparison.txt")
    mlflow.log_dict({"origins": [_origin(trained, split) for split in trained.data.origins]}, "splits.json")
    mlflow.log_dict({"findings": [one.as_dict() for one in trained.findings]}, "leakage.json")
    mlflow.log_text(findings_as_text(trained.findings), "leakage.txt")
    trained.tested.to_parquet(scratch / "predictions.parquet")
    mlflow.log_artifact(str(scratch / "predictions.parquet"))
    newest = trained.data.rows["as_of"] == trained.data.rows["as_of"].max()
    trained.data.rows[newest].to_parquet(scratch / "reference.parquet")
    mlflow.log_artifact(str(scratch / "reference.parquet"))
    past = kept_past(trained.data.rows, trained.data.days_to_churn, params.rule)
    past.to_parquet(scratch / FILE)
    mlflow.log_artifact(str(scratch / FILE))
    for number, booster in enumerate(trained.fitted.boosters):
        mlflow.log_text(booster.model_to_string(), f"lightgbm/bag_{number:02d}.txt")
    for name, figure in _figures(trained, params).items():
        mlflow.log_artifact(str(save_figure(figure, scratch / f"{name}.png")), "plots")


def _origin(trained: Trained, split: Split) -> dict[str, Any]:
    """The dates of an origin, and how much it learned from."""
    rows, churned = trained.data.training_rows(split)
    dates = {part: [f"{date:%Y-%m-%d}" for date in getattr(split, part)] for part in ("train", "test")}
    churners = int(rows.loc[churned == 1, "account_id"].nunique())
    counts = {"rows": len(rows), "accounts": int(rows["account_id"].nunique()), "learned_churns": churners}
    return dates | counts


def _log_search(search: Search) -> None:
    """Every trial as a run of its own below this one; whether the seconds ran out before the trials did."""
    import mlflow

    if search.trials:
        mlflow.set_tag("search_cut_short", str(search.cut_short).lower())
    run = mlflow.active_run()
    assert run is not None
    here = run.info.experiment_id
    for trial in search.trials:
        with mlflow.start_run(experiment_id=here, nested=True, run_name=f"trial {trial.number}"):
            mlflow.log_params(trial.params)
            mlflow.log_metric("log_loss_out_of_fold", trial.loss)


def _figures(trained: Trained, params: AllParams) -> dict[str, Figure]:
    """The pictures of a run: what a data scientist looks at before believing a number."""
    outcomes = outcomes_of(trained.tested, params.training.calls)
    told: dict[str, pd.Series] = {name: trained.tested[name] for name in ("rule", params.training.member)}
    folds = [Fold(f"{split.test[0]:%Y-%m-%d}", split.train, split.test) for split in trained.data.origins]
    learned = trained.data.rows[trained.data.rows["as_of"] == max(trained.data.final_dates)]
    catalog = load_catalog(params.features.windows)
    return {
        "splits": time_split_figure(folds, params.training.horizon),
        "reliability": reliability_figure(told, outcomes),
        "gain": gain_figure(told, outcomes),
        "comparison": comparison_figure(trained.comparison),
        **shap_figures(trained.model, learned, catalog, params.training.seed),
    }


def _log_model(trained: Trained, scratch: Path) -> Any:
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    write_health_model(scratch / "bundle", trained.model)
    columns = [ColSpec("double", name) for name in trained.model.features]
    columns.append(ColSpec("string", "segment", required=False))
    answers = [ColSpec("double", name) for name in ("health", "low", "high", "churn_probability")]
    info = mlflow.pyfunc.log_model(
        name="model",
        python_model=str(CODE),
        artifacts={"bundle": str(scratch / "bundle")},
        signature=ModelSignature(Schema(columns), Schema(answers)),
        pip_requirements=["numpy", "pandas", "vitals"],
    )
    assert info.signature is not None, "MLflow dropped the signature"
    return info


def _new_version(client: MlflowClient, info: Any, run_id: str) -> str:
    """Registers by the client: MLflow's `register_model` would talk on stderr."""
    if not client.search_registered_models(f"name = '{MODEL}'"):
        client.create_registered_model(MODEL)
    source = f"models:/{info.model_id}"
    return str(client.create_model_version(MODEL, source, run_id=run_id, model_id=info.model_id).version)


def _metrics(found: Comparison) -> dict[str, float]:
    """Every estimate with the edges of its interval, as `pool.auc`, `pool.auc.low`, …"""
    metrics: dict[str, float] = {}
    for e in found.estimates:
        metrics |= {f"{e.model}.{e.measure}": e.value}
        metrics |= {f"{e.model}.{e.measure}.low": e.low, f"{e.model}.{e.measure}.high": e.high}
    return metrics


def _flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat
