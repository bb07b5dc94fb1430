"""The MLflow registry in `mlruns/`: which version is challenger or champion, and what was logged with it."""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

import pandas as pd
from filelock import FileLock

from features.faults import DataFault, Fault, WrongUse
from training.bundle_signature import vouched_by
from training.health_model import HealthModel, read_health_model
from training.leakage_finding import Finding, findings_as_text, read_findings

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL = "vitals"
EXPERIMENT = "vitals"
REGISTRY = Path("mlruns")
DATABASE = "mlflow.db"
UNNAMED = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # what MLflow says of no model, no alias
# MLflow reports its own deprecations, asks for type hints and for Jupyter's bar; none is ours to mend.
QUIET = (r".*noload.*", r".*type hint.*", r".*input example.*", r".*IProgress.*")

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")


@contextmanager
def tracking(registry: Path, *, make: bool = True) -> Iterator[MlflowClient]:
    """MLflow on `registry/mlflow.db` with artifacts beside it; made on first use, unless `make` is False.

    WrongUse where there is none and none is to be made, or where the folder's name cannot stand in a URI.
    """
    _check_place(registry, make)
    registry.mkdir(parents=True, exist_ok=True)
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        for message in QUIET:
            warnings.filterwarnings("ignore", message)
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="mlflow|sqlalchemy|alembic")
        import mlflow

        _make_tables(registry.resolve())
        uri = f"sqlite:///{registry.resolve() / DATABASE}"
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        yield mlflow.MlflowClient()


def _check_place(registry: Path, make: bool) -> None:
    """A `?` or `%` in a URI of SQLAlchemy begins something else, and the database would lie elsewhere."""
    if set("?%") & set(str(registry.resolve())):
        fault = Fault(
            "--registry", str(registry), "a path without ? and %", "name or move the folder otherwise"
        )
        raise WrongUse("the registry cannot be opened there", [fault])
    if not make and not (registry / DATABASE).exists():
        step = f"run vitals train BOOK, or name the right folder: there is no registry in {registry}"
        raise WrongUse("there is no challenger", [Fault("challenger", None, "a trained model", step)])


def _make_tables(registry: Path) -> None:
    """Has MLflow make its tables in a file beside, which takes its place when it is whole: a first run that
    is killed leaves none that is half made, and of two that start at once the second waits."""
    if (registry / DATABASE).exists():
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    with FileLock(registry / f"{DATABASE}.lock"):
        if (registry / DATABASE).exists():
            return
        begun = registry / f"{DATABASE}.begun"
        begun.unlink(missing_ok=True)  # of a run that was killed
        SqlAlchemyStore(f"sqlite:///{begun}", str(registry / "artifacts")).engine.dispose()
        begun.replace(registry / DATABASE)


def experiment(client: MlflowClient, registry: Path) -> str:
    """The id of the experiment that runs are logged to; made on first use, and again where the registry was
    moved or copied: MLflow notes the place of an experiment once and would go on writing to the old one."""
    place = (registry / "artifacts").resolve().as_uri()
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None and found.artifact_location == place:
        return str(found.experiment_id)
    if found is not None:
        client.rename_experiment(found.experiment_id, f"{EXPERIMENT} {found.experiment_id}, made elsewhere")
    return str(client.create_experiment(EXPERIMENT, artifact_location=place))


def version_of(client: MlflowClient, alias: str) -> str | None:
    """The version that an alias names, or None. DataFault where the registry does not answer."""
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_model_version_by_alias(MODEL, alias).version)
    except MlflowException as error:
        if error.error_code in UNNAMED:
            return None
        step = "try again once nothing else writes to it, or restore mlflow.db"
        fault = Fault("registry", str(error).splitlines()[0][:200], "a database that answers", step)
        raise DataFault(f"the registry cannot say which version is {alias}", [fault]) from error


def horizon_of(client: MlflowClient, version: str) -> str | None:
    """The horizon that a version was trained for, with its unit (`365d`), as its run logged it."""
    run_id = client.get_model_version(MODEL, version).run_id
    found: str | None = client.get_run(run_id).data.params.get("horizon")
    return found


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
    """The comparison that was logged with the challenger, and what the leakage checks found, as JSON and
    as text for people."""
    with tracking(registry, make=False) as client:
        version = challenger_version(client)
        found = logged_document(client, version, "comparison.json")
        text = _artifact(client, version, "comparison.txt").read_text(encoding="utf-8")
        leakage = findings_of(client, version)
    checks = "not checked for leaks: train again" if leakage is None else findings_as_text(leakage)
    told = None if leakage is None else [one.as_dict() for one in leakage]
    return {"version": version, **found, "leakage": told}, f"{text}\n\nleakage checks\n{checks}"


def findings_of(client: MlflowClient, version: str) -> tuple[Finding, ...] | None:
    """What the leakage checks found in the version's run; None where it was made without them."""
    try:
        return read_findings(logged_document(client, version, "leakage.json")["findings"])
    except FileNotFoundError:
        return None


def origins_of(client: MlflowClient, version: str) -> list[dict[str, Any]]:
    """The origins of a version's test: dates, and what was learned from. Empty where its run noted none."""
    try:
        found: list[dict[str, Any]] = logged_document(client, version, "splits.json")["origins"]
    except FileNotFoundError:
        return []
    return found


def learned_churns(client: MlflowClient, version: str) -> int | None:
    """The churned accounts that the poorest origin learned from; None where nobody noted it."""
    counts = (int(origin["learned_churns"]) for origin in origins_of(client, version))
    return min(counts, default=None)


def logged_document(client: MlflowClient, version: str, name: str) -> Any:
    """A JSON document that was logged with a version. FileNotFoundError where there is none."""
    return json.loads(_artifact(client, version, name).read_text(encoding="utf-8"))


def bundle_folder(client: MlflowClient, version: str, registry: Path) -> Path:
    """The folder of a version's bundle; in this registry, wherever it was moved or copied to."""
    import mlflow

    source = client.get_model_version(MODEL, version).source
    place = mlflow.get_logged_model(source.rpartition("/")[2]).artifact_location
    folder = Path(unquote(urlparse(place).path))
    here = registry / "artifacts" / "models" / folder.parent.name / folder.name
    return (here if here.exists() else folder) / "artifacts" / "bundle"


def model_of(client: MlflowClient, version: str, registry: Path) -> HealthModel:
    """The model of a version. DataFault where its bundle is not the one that was signed."""
    folder = bundle_folder(client, version, registry)
    return read_health_model(folder, vouched_by(folder, version, registry))


def _artifact(client: MlflowClient, version: str, name: str) -> Path:
    """A file of the version's run; in this registry, wherever it was moved or copied to."""
    run = client.get_run(client.get_model_version(MODEL, version).run_id)
    home = Path(client.tracking_uri.removeprefix("sqlite:///")).parent
    here = home / "artifacts" / run.info.run_id / "artifacts" / name
    # Not by `download_artifacts`: it leaves a folder behind, each time, for a file that is on this disk.
    logged = Path(unquote(urlparse(run.info.artifact_uri).path)) / name
    for place in (here, logged):
        if place.exists():
            return place
    raise FileNotFoundError(f"version {version} has no {name}")
