"""The MLflow registry in `mlruns/`: what a run logs, and which version is challenger or champion."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

import pandas as pd

from features.faults import Fault, WrongUse
from training.comparison import Comparison
from training.health_model import write_health_model
from training.out_of_time import outcomes_of
from training.plots import comparison_figure, gain_figure, reliability_figure, save_figure
from training.time_split_plot import Fold, time_split_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow import MlflowClient

    from training.run import AllParams, Trained

MODEL = "vitals"
EXPERIMENT = "vitals"
REGISTRY = Path("mlruns")
CODE = Path(__file__).with_name("mlflow_model.py")
# MLflow reports its own deprecations, asks for type hints and for Jupyter's bar; none is ours to mend.
QUIET = (r".*noload.*", r".*type hint.*", r".*input example.*", r".*IProgress.*")

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")


@dataclass(frozen=True)
class Registered:
    """A version in the registry. `run_id` is the MLflow run that made it."""

    version: str
    run_id: str
    bundle: Path


@contextmanager
def tracking(registry: Path) -> Iterator[MlflowClient]:
    """MLflow on `registry/mlflow.db` with artifacts beside it; made on first use."""
    registry.mkdir(parents=True, exist_ok=True)
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        for message in QUIET:
            warnings.filterwarnings("ignore", message)
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="mlflow|sqlalchemy|alembic")
        import mlflow

        uri = f"sqlite:///{registry.resolve() / 'mlflow.db'}"
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        yield mlflow.MlflowClient()


def register(trained: Trained, params: AllParams, registry: Path = REGISTRY) -> Registered:
    """Logs the run and registers its model as the `challenger`."""
    import mlflow

    with tracking(registry) as client, tempfile.TemporaryDirectory() as scratch:
        with mlflow.start_run(experiment_id=experiment(client, registry)) as run:
            _log_run(trained, params, Path(scratch))
            info = _log_model(trained, Path(scratch))
        version = _new_version(client, info, run.info.run_id)
        client.set_registered_model_alias(MODEL, "challenger", version)
        return Registered(version, run.info.run_id, bundle_folder(client, version, registry))


def experiment(client: MlflowClient, registry: Path) -> str:
    """The id of the experiment that runs are logged to; made on first use."""
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    artifacts = (registry / "artifacts").resolve()
    return str(client.create_experiment(EXPERIMENT, artifact_location=artifacts.as_uri()))


def _log_run(trained: Trained, params: AllParams, scratch: Path) -> None:
    import mlflow

    settings = {
        name: getattr(params, name).model_dump(mode="json") for name in ("features", "rule", "training")
    }
    mlflow.log_params(_flat(settings["training"]))
    mlflow.log_dict(settings, "params.json")
    mlflow.log_metrics(_metrics(trained.comparison))
    facts = trained.model.facts
    mlflow.set_tags({name: facts[name] for name in ("data_fingerprint", "trained_until", "known_until")})
    mlflow.log_dict(trained.comparison.as_dict(), "comparison.json")
    mlflow.log_text(trained.comparison.as_text(), "comparison.txt")
    trained.tested.to_parquet(scratch / "predictions.parquet")
    mlflow.log_artifact(str(scratch / "predictions.parquet"))
    newest = trained.data.rows["as_of"] == trained.data.rows["as_of"].max()
    trained.data.rows[newest].to_parquet(scratch / "reference.parquet")
    mlflow.log_artifact(str(scratch / "reference.parquet"))
    for number, booster in enumerate(trained.fitted.boosters):
        mlflow.log_text(booster.model_to_string(), f"lightgbm/bag_{number:02d}.txt")
    for name, figure in _figures(trained, params).items():
        mlflow.log_artifact(str(save_figure(figure, scratch / f"{name}.png")), "plots")


def _figures(trained: Trained, params: AllParams) -> dict[str, Figure]:
    """The pictures of a run: what a data scientist looks at before believing a number."""
    outcomes = outcomes_of(trained.tested, params.training.calls)
    told = {name: trained.tested[name] for name in ("rule", "learned")}
    folds = [Fold(f"{split.test[0]:%Y-%m-%d}", split.train, split.test) for split in trained.data.origins]
    return {
        "splits": time_split_figure(folds, params.training.horizon),
        "reliability": reliability_figure(told, outcomes),
        "gain": gain_figure(told, outcomes),
        "comparison": comparison_figure(trained.comparison),
    }


def _log_model(trained: Trained, scratch: Path) -> Any:
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    write_health_model(scratch / "bundle", trained.model)
    columns = [ColSpec("double", name, required=False) for name in trained.model.features]
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


def version_of(client: MlflowClient, alias: str) -> str | None:
    """The version that an alias names, or None."""
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_model_version_by_alias(MODEL, alias).version)
    except MlflowException:
        return None


def challenger_version(client: MlflowClient) -> str:
    """The challenger's version; WrongUse where nothing was trained yet."""
    version = version_of(client, "challenger")
    if version is None:
        fault = Fault("challenger", None, "a trained model", "run vitals train BOOK")
        raise WrongUse("there is no challenger", [fault])
    return version


def predictions(client: MlflowClient, version: str) -> pd.DataFrame:
    """The predictions out of time that were logged with a version."""
    return pd.read_parquet(_artifact(client, version, "predictions.parquet"))


def reference_rows(client: MlflowClient, version: str) -> pd.DataFrame:
    """The feature rows of the newest training date, as logged with a version."""
    return pd.read_parquet(_artifact(client, version, "reference.parquet"))


def challenger_comparison(registry: Path = REGISTRY) -> tuple[dict[str, Any], str]:
    """The comparison that was logged with the challenger, as JSON and as text for people."""
    with tracking(registry) as client:
        version = challenger_version(client)
        found = json.loads(_artifact(client, version, "comparison.json").read_text(encoding="utf-8"))
        text = _artifact(client, version, "comparison.txt").read_text(encoding="utf-8")
    return {"version": version, **found}, text


def bundle_folder(client: MlflowClient, version: str, registry: Path) -> Path:
    """The folder of a version's bundle; found again where the registry was moved."""
    import mlflow

    source = client.get_model_version(MODEL, version).source
    place = mlflow.get_logged_model(source.rpartition("/")[2]).artifact_location
    folder = Path(unquote(urlparse(place).path))
    here = registry / "artifacts" / "models" / folder.parent.name / folder.name
    return (folder if folder.exists() else here) / "artifacts" / "bundle"


def _artifact(client: MlflowClient, version: str, name: str) -> Path:
    run_id = client.get_model_version(MODEL, version).run_id
    return Path(client.download_artifacts(run_id, name))


def _metrics(found: Comparison) -> dict[str, float]:
    """Every estimate with the edges of its interval, as `learned.auc`, `learned.auc.low`, …"""
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
