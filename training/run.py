"""Training from start to end: labels, splits, models, calibration, comparison, checks, challenger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from features.faults import Fault, WrongUse
from training.all_params import AllParams
from training.bundle_files import canonical_json
from training.bundle_signature import check_keys
from training.fit_and_compare import Trained, fit_and_compare
from training.health_model import write_health_model
from training.run_log import Registered, register

Progress = Callable[[str], None]


def train(
    book_folder: Path,
    params: AllParams,
    registry: Path,
    progress: Progress = lambda _: None,
    out: Path | None = None,
) -> tuple[Trained, Registered]:
    """Trains on the book, compares, and registers a challenger in the registry folder (`mlruns`).

    `out`, a new or empty folder, gets the bundle, the comparison and the findings of the leakage checks as
    plain files: the same book and parameters give the same bytes.
    """
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        fault = Fault("--out", str(out), "a new or empty folder", "name another, or remove what is in it")
        raise WrongUse("the model cannot be written there", [fault])
    check_keys(registry)
    trained = fit_and_compare(book_folder, params, progress)
    progress("logging to MLflow")
    registered = register(trained, params, registry)
    if out is not None:
        _write(trained, out)
    return trained, registered


def _write(trained: Trained, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    write_health_model(out / "bundle", trained.model)
    documents: dict[str, dict[str, Any]] = {
        "comparison": {**trained.comparison.as_dict(), "weights": trained.model.weights},
        "leakage": {"findings": [one.as_dict() for one in trained.findings]},
    }
    for name, document in documents.items():
        (out / f"{name}.json").write_bytes(canonical_json(document))
