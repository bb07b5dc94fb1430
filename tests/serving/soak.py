"""Schemathesis over the OpenAPI document of a real service: no server error but deliberate ones, no body
outside its schema, nothing undocumented, what is wrong refused, and every operation seen to answer.

    python -m tests.serving.soak --requests 20000 --seed 7     (make soak)

Where something is wrong, the exit is 1, and the store is kept so that the curl lines can be sent again.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.serving.conformance.generation import PHASES, Round, run
from tests.serving.conformance.served_book import Served, served_book
from tests.serving.conformance.tally import Tally
from tests.serving.trained_workspace import publish_small, train_small

A_MONTH_BEFORE = "2026-10-01"  # of the end of the small book: a change needs two ends
AGAIN = ("fuzzing", "stateful")  # the other phases make the same calls each time


@dataclass(frozen=True)
class Soak:
    """So many calls, in rounds of so many examples of each operation, and no more minutes."""

    requests: int
    seed: int
    minutes: float
    examples: int = 40

    def of(self, served: Served) -> Tally:
        """What came of it. Says every ten seconds how far it is."""
        tally, began, turn = Tally(), time.monotonic(), 0
        told = began
        while tally.requests < self.requests and time.monotonic() - began < self.minutes * 60:
            asked = Round(self.examples, self.seed + turn, AGAIN if turn else PHASES)
            for _ in run(served, asked, tally):
                if time.monotonic() - began > self.minutes * 60:
                    break
                if time.monotonic() - told > 10:
                    told = time.monotonic()
                    print(f"{tally.requests:,} calls in {told - began:.0f} s", file=sys.stderr, flush=True)
            turn += 1
        took = time.monotonic() - began
        print(f"{tally.requests:,} calls in {took:.0f} s, {turn} rounds from seed {self.seed}")
        return tally


def workspace(folder: Path) -> tuple[str, str]:
    """A registry with a champion and a store with two snapshots, as the service is given them."""
    book, registry, store = folder / "book", folder / "mlruns", f"sqlite:///{folder / 'published.db'}"
    print("training and publishing a small book", file=sys.stderr, flush=True)
    train_small(book, registry)
    for as_of in (A_MONTH_BEFORE, None):
        publish_small(book, registry, store, as_of)
    return str(registry), store


def soaked(asked: Soak, folder: Path) -> bool:
    """Whether all was well; prints the report."""
    with served_book(*workspace(folder), folder) as served:
        tally = asked.of(served)
    print("\n".join(tally.lines()))
    enough = tally.requests >= asked.requests
    if not enough:
        print(f"\nfewer calls than the {asked.requests:,} that were asked for: give it more --minutes")
    if not tally.is_clean:
        print(f"\nto send a curl line again, start the service again:\n{served.command}")
    return enough and tally.is_clean


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--requests", type=int, default=20_000, help="at least so many calls")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--minutes", type=float, default=60, help="given up after so long")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="vitals-soak-"))
    clean = soaked(Soak(asked.requests, asked.seed, asked.minutes), folder)
    if clean:
        shutil.rmtree(folder)
    return int(not clean)


if __name__ == "__main__":
    sys.exit(main())
