"""What the notebooks read: the folder that the documents' commands made, and one kernel for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from serving.history.opened_store import opened_store
from tests.documents.documented_run import Documented, documented

__all__ = ["documented"]
PROJECT = Path(__file__).resolve().parents[2]


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
def workspace(documented: Documented) -> Workspace:
    """Trained, promoted and published; only for reading."""
    with opened_store(documented.store) as store:
        snapshot = store.newest_snapshot()
        assert snapshot is not None
        # The notebook asks for revenue alone; `most_in_need` puts the red accounts first.
        worst = max(
            store.all_scores_of(snapshot),
            key=lambda a: (a.payload["churn_probability"] or 0) * (a.details.get("mrr") or 0),
        )
    return Workspace(documented.book, documented.registry, documented.store, worst.payload["account_id"])


@pytest.fixture(scope="session")
def kernel() -> Iterator[KernelManager]:
    """One process for all notebooks of a worker, emptied before each: imports cost more than the notebooks."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(PROJECT))
    yield manager
    manager.shutdown_kernel(now=True)
