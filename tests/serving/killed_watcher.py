"""A watcher as a process of its own, to be killed."""

from __future__ import annotations

from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.watching import Watcher
from serving.delivery.delivery_params import DeliveryParams
from serving.history.store import ScoreStore


def watch(url: str) -> None:
    """Watches over the store at a database URL until it is killed."""
    delivery = DeliveryParams(allow_networks=("127.0.0.1/32",), timeout_seconds=2)
    Watcher(ScoreStore(url), CaseParams(), delivery).run()
