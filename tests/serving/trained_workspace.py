"""A small workspace made once per run: a simulated book, a registry with a champion, a published snapshot."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from features.params_file import DEFAULT_PARAMS
from serving.batch.publishing import score_and_publish
from training.all_params import AllParams
from training.promotion import promote
from training.run import train
from training.simulation.book import simulate_book
from training.simulation.params import SimulationParams

ROOT = Path(__file__).resolve().parents[2]
PARAMS = ROOT / DEFAULT_PARAMS
SMALL = SimulationParams(accounts=120, months=24)
LIGHT = (
    "training.horizon=90d",
    "training.test_months=1",
    "training.bootstrap=100",
    "training.learner.rounds=15",
    "training.learner.bags=1",
    "training.learner.folds=3",
    "training.learner.rows_in_leaf=20",
)
NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)


@dataclass(frozen=True)
class TrainedWorkspace:
    """The folders and the store; for reading only: a test that changes the registry copies it first."""

    book: str
    registry: str
    store: str

    def copied_registry(self, folder: Path) -> Path:
        """A registry of one's own, at another path than the one it was made at."""
        return Path(shutil.copytree(self.registry, folder / "copied"))


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> TrainedWorkspace:
    """Trained, promoted and published, shared by all workers of a run.

    VITALS_TEST_KEEP names a folder in which the training is kept for later runs of the very same code.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base  # the workers' common parent
    keep = os.environ.get("VITALS_TEST_KEEP")
    trained = (Path(keep) / _code_of_training() if keep else shared) / "trained"
    book, registry, store = trained / "book", trained / "mlruns", f"sqlite:///{shared / 'vitals.db'}"
    _once(trained, lambda: train_small(book, registry))
    _once(shared / "published", lambda: publish_small(book, registry, store))
    return TrainedWorkspace(str(book), str(registry), store)


def _once(folder: Path, make: Callable[[], object]) -> None:
    """Makes it where nobody has yet; a file beside it says that it was made to its end."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = folder.with_suffix(".made")
    with FileLock(folder.with_suffix(".lock")):
        if not made.exists():
            make()
            made.touch()


def _code_of_training() -> str:
    """A digest of all that makes a trained registry."""
    digest = hashlib.sha256(PARAMS.read_bytes() + Path(__file__).read_bytes())
    for package in ("features", "training"):
        for file in sorted([*(ROOT / package).rglob("*.py"), *(ROOT / package).rglob("*.yaml")]):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def train_small(book: Path, registry: Path) -> None:
    """A simulated book of 120 accounts and a champion, in half a minute."""
    simulate_book(SMALL, book)
    params = AllParams.read(PARAMS, LIGHT)
    train(book, params, registry)
    promote(params.training, registry, "the tests need a champion, however weak")


def publish_small(book: Path, registry: Path, store: str, as_of: str | None = None) -> None:
    """Its scores, as of the end of the book or of a date before."""
    score_and_publish(book, as_of, PARAMS, LIGHT, registry, store, None, NOW, lambda _: None)
