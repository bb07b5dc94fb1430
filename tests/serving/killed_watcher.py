"""A watcher as a process of its own, to be killed: the database URL is its argument."""

from __future__ import annotations

import sys

from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.watching import Watcher
from serving.delivery.delivery_params import DeliveryParams
from serving.store import ScoreStore

if __name__ == "__main__":
    delivery = DeliveryParams(allow_networks=("127.0.0.1/32",), timeout_seconds=2)
    Watcher(ScoreStore(sys.argv[1]), CaseParams(), delivery).run()
