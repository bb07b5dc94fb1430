"""What every test may ask for: a small simulated book, made once per run."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from training.simulation.book import simulate_book
from training.simulation.params import SimulationParams

SMALL = SimulationParams(accounts=40, months=18)


@pytest.fixture(scope="session")
def small_book(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A book of 40 accounts over 18 months, ending 2026-11-01, shared by all workers of a run.

    It is for reading: a test that changes a book copies it first.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base  # the workers' common parent
    book, made = shared / "small_book", shared / "small_book.made"
    with FileLock(shared / "small_book.lock"):
        if not made.exists():
            simulate_book(SMALL, book)
            made.touch()
    return book
