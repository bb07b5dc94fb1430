"""A book with enough churns to learn from, a model trained on it in seconds, and its registry."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from training.all_params import AllParams
from training.fit_and_compare import Trained, fit_and_compare
from training.run_log import register
from training.simulation.book import simulate_book
from training.simulation.params import SimulationParams

PARAMS_FILE = Path(__file__).parents[2] / "params.yaml"
BOOK = SimulationParams(accounts=200, months=30, annual_churn=0.3, paths=128)
LIGHT = (
    "training.horizon=120d",
    "training.test_months=4",
    "training.months_per_origin=2",
    "training.bootstrap=200",
    "training.learner={leaves: [6], rounds: 20, learning_rate: 0.1, rows_in_leaf: 20,"
    " feature_share: 0.35, l2: 20, bags: 2, folds: 2}",
)

Once = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Once:
    """A folder of that name that one worker makes and all workers of the run read."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        made = shared / f"{name}.made"
        with FileLock(shared / f"{name}.lock"):
            if not made.exists():
                make(shared / name)
                made.touch()
        return shared / name

    return folder


@pytest.fixture(scope="session")
def learning_book(made_once: Once) -> Path:
    """200 accounts over 30 months, three in ten lost a year, known until 2026-11-01. For reading only."""
    return made_once("learning_book", lambda folder: simulate_book(BOOK, folder))


@pytest.fixture(scope="session")
def light() -> AllParams:
    """The parameters of the project with a short horizon and a small learner."""
    return AllParams.read(PARAMS_FILE, LIGHT)


@pytest.fixture(scope="session")
def trained(made_once: Once, learning_book: Path, light: AllParams) -> Trained:
    """A whole training run on the learning book, without tracking."""
    kept = made_once("trained.pickle", lambda file: _pickled(fit_and_compare(learning_book, light), file))
    found: Trained = pickle.loads(kept.read_bytes())
    return found


def _pickled(trained: Trained, file: Path) -> None:
    file.write_bytes(pickle.dumps(trained))


@pytest.fixture(scope="session")
def registered(made_once: Once, trained: Trained, light: AllParams) -> Path:
    """A registry whose version 1 is the challenger; nobody is champion. For reading only."""
    return made_once("registered", lambda folder: register(trained, light, folder))


@pytest.fixture
def registry(registered: Path, tmp_path: Path) -> Path:
    """A registry of the test's own, with the challenger. Its artifacts stay where they were logged."""
    folder = tmp_path / "mlruns"
    folder.mkdir()
    shutil.copy(registered / "mlflow.db", folder)
    return folder
