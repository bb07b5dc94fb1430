"""A small workspace made once per run: a simulated book, a registry with a champion, a published snapshot."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from features.params_file import DEFAULT_PARAMS
from serving.publishing import score_and_publish
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
    """Trained, promoted and published, shared by all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base  # the workers' common parent
    made = shared / "trained_workspace.json"
    with FileLock(shared / "trained_workspace.lock"):
        if not made.exists():
            made.write_text(json.dumps(asdict(_made(shared / "trained"))), encoding="utf-8")
    return TrainedWorkspace(**json.loads(made.read_text(encoding="utf-8")))


def _made(folder: Path) -> TrainedWorkspace:
    book, registry, store = folder / "book", folder / "mlruns", f"sqlite:///{folder / 'vitals.db'}"
    simulate_book(SMALL, book)
    params = AllParams.read(PARAMS, LIGHT)
    train(book, params, registry)
    promote(params.training, registry, "the tests need a champion, however weak")
    score_and_publish(book, None, PARAMS, LIGHT, registry, store, None, NOW, lambda _: None)
    return TrainedWorkspace(str(book), str(registry), store)
