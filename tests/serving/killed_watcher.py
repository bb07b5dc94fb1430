"""A watcher as a process of its own, to be killed: the database URL is its argument."""

from __future__ import annotations

import sys

from serving.case_params import CaseParams
from serving.delivery_params import DeliveryParams
from serving.store import ScoreStore
from serving.watching import Watcher

if __name__ == "__main__":
    delivery = DeliveryParams(allow_networks=("127.0.0.1/32",), timeout_seconds=2)
    Watcher(ScoreStore(sys.argv[1]), CaseParams(), delivery).run()
