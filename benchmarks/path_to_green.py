"""How long a path to green takes: every account of the newest snapshot that is not green, one at a time.

    python -m benchmarks.path_to_green [--registry mlruns] [--store sqlite:///data/vitals.db] [--accounts 200]

The snapshot is one as `make run` leaves it; the first answer, which reads what is known of accounts like
these, is told by itself. Times are of the processor, so that other work on the machine counts less.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import cast

import numpy as np

# Beside this file stands features.py: the package of that name must be found first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from features.faults import Fault, WrongUse
from features.params_file import DEFAULT_PARAMS
from serving.history.opened_store import opened_store
from serving.history.store import ScoreStore
from serving.path_to_green.answer import path_to_green_of
from serving.path_to_green.standing import Planner
from serving.scores.champion import load_scorer


def unhealthy_accounts(store: ScoreStore, most: int) -> list[str]:
    """Evenly over the newest snapshot, those that are not green; WrongUse where there is none."""
    snapshot = store.newest_snapshot()
    accounts = [] if snapshot is None else store.all_scores_of(snapshot)
    found = [one.payload["account_id"] for one in accounts if one.payload["band"] != "green"]
    if not found:
        fault = Fault(
            "store", "no account below green", "a published snapshot", "run: vitals score data/book"
        )
        raise WrongUse("there is no path to measure", [fault])
    return found[:: max(1, len(found) // most)][:most]


def timed(store: ScoreStore, scorer: Planner, account: str) -> tuple[float, str]:
    """Seconds of the processor, and the answer's status."""
    begun = time.process_time()
    status = path_to_green_of(store, scorer, account, None)["status"]
    return time.process_time() - begun, str(status)


def main() -> int:
    """Prints the first, the median, the 90 % quantile and the longest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--registry", type=Path, default=Path("mlruns"))
    parser.add_argument("--store", help="database URL of the score history")
    parser.add_argument("--accounts", type=int, default=200)
    given = parser.parse_args()
    scorer = cast(Planner, load_scorer(given.registry, DEFAULT_PARAMS))
    with opened_store(given.store) as store:
        accounts = unhealthy_accounts(store, given.accounts)
        first, _ = timed(store, scorer, accounts[0])
        found = [timed(store, scorer, account) for account in accounts]
    seconds = np.array([second for second, _ in found])
    reached = sum(status == "reachable" for _, status in found)
    print(f"{scorer.model['kind']}: {len(found)} accounts that are not green, {reached} with a path to it")
    print(f"  first answer {first:.2f} s; then median {np.median(seconds):.3f} s, ", end="")
    print(f"p90 {np.quantile(seconds, 0.9):.3f} s, longest {seconds.max():.3f} s")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except WrongUse as fault:
        sys.exit(str(fault))
