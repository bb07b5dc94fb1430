"""A small workspace: a book, a registry with a champion, and a score history, made once per run."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from features.params_file import DEFAULT_PARAMS
from serving.publishing import score_and_publish
from training.promotion import promote
from training.all_params import AllParams
from training.run import train
from training.simulation.book import simulate_book
from training.simulation.params import SimulationParams

SMALL = SimulationParams(accounts=150, months=36)
LIGHT = ("training.learner.rounds=20", "training.learner.bags=3", "training.bootstrap=100")
PUBLISHED_AT = dt.datetime(2026, 11, 1, 3, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Workspace:
    """Where the inputs of the notebooks are, and which account has the most revenue at risk."""

    book: str
    registry: str
    store: str
    worst: str

    def environment(self) -> dict[str, str]:
        """What the notebooks read their places from."""
        return {"VITALS_BOOK": self.book, "VITALS_REGISTRY": self.registry, "VITALS_STORE": self.store}


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Workspace:
    """Trained, promoted and published; shared by all workers of a run, and only for reading."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base  # the workers' common parent
    folder = shared / "notebooks"
    made = folder / "workspace.json"
    with FileLock(shared / "notebooks.lock"):
        if not made.exists():
            made.write_text(json.dumps(asdict(_made(folder))), encoding="utf-8")
    return Workspace(**json.loads(made.read_text(encoding="utf-8")))


def _made(folder: Path) -> Workspace:
    book, registry, store = folder / "book", folder / "mlruns", f"sqlite:///{folder / 'vitals.db'}"
    simulate_book(SMALL, book)
    params = AllParams.read(DEFAULT_PARAMS, LIGHT)
    train(book, params, registry)
    promote(params.training, registry, "the tests need a champion, however weak")
    done = score_and_publish(
        book, None, DEFAULT_PARAMS, LIGHT, registry, store, None, PUBLISHED_AT, lambda _: None
    )
    # The notebook asks for revenue alone; `most_in_need` puts the red accounts first.
    worst = max(
        done.scored.accounts, key=lambda a: a.payload["churn_probability"] * (a.details.get("mrr") or 0)
    )
    return Workspace(str(book), str(registry), store, worst.payload["account_id"])
