"""One small simulated book and one world without tables, each made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from training.simulation.book import SimulationSummary, simulate_book
from training.simulation.params import SimulationParams
from training.simulation.world import World, draw_world

SMALL = SimulationParams(accounts=150, months=24, seed=3)


@pytest.fixture(scope="session")
def small_params() -> SimulationParams:
    return SMALL


@pytest.fixture(scope="session")
def small_book(tmp_path_factory: pytest.TempPathFactory) -> SimulationSummary:
    return simulate_book(SMALL, tmp_path_factory.mktemp("simulated") / "book")


@pytest.fixture(scope="session")
def small_world() -> World:
    return draw_world(SMALL)


@pytest.fixture(scope="session")
def large_world() -> World:
    """Large enough that shares can be told from noise; nobody writes its tables."""
    return draw_world(SimulationParams(accounts=6_000, months=24, seed=5))


@pytest.fixture(scope="session")
def read(small_book: SimulationSummary) -> Callable[[str], pd.DataFrame]:
    """Reads one table of the small book."""

    def read_table(name: str) -> pd.DataFrame:
        return pd.read_parquet(Path(small_book.out) / f"{name}.parquet")

    return read_table
