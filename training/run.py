"""Training from start to end: labels, splits, models, calibration, comparison, challenger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from training.all_params import AllParams
from training.fit_and_compare import Trained, fit_and_compare
from training.run_log import Registered, register

Progress = Callable[[str], None]


def train(
    book_folder: Path, params: AllParams, registry: Path, progress: Progress = lambda _: None
) -> tuple[Trained, Registered]:
    """Trains on the book, compares, and registers a challenger in the registry folder (`mlruns`)."""
    trained = fit_and_compare(book_folder, params, progress)
    progress("logging to MLflow")
    return trained, register(trained, params, registry)
