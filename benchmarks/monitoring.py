"""Is a change noticed in time, is a calm world left in peace, and is what is expected what comes?

    .venv/bin/python benchmarks/monitoring.py [--worlds 50] [--jobs 1] [--kept data/benchmarks/monitoring]

Calm worlds have the seeds 1, 2, …, worlds whose market shifts 1001, 1002, … (`monitored_worlds`). Drawing a
world takes some 20 s of one core; what is drawn is kept, so the run may be stopped and taken up again.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

# Beside this file stands features.py: the package of that name must be found first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from monitored_worlds import DrawnWorld

KEPT = Path(__file__).resolve().parents[1] / "data" / "benchmarks" / "monitoring"
FIRST_SHIFTED = 1_001


def wanted(options: argparse.Namespace) -> list[DrawnWorld]:
    """A calm world, then a shifted one, and so on: a stopped run has as many of either."""
    return [
        DrawnWorld(seed, size, options.accounts)
        for number in range(options.worlds)
        for seed, size in ((1 + number, 0.0), (FIRST_SHIFTED + number, options.size))
    ]


def draw(world: DrawnWorld, kept: Path) -> float:
    """Draws a world that is not there yet; the seconds it took."""
    start = time.perf_counter()
    world.rows(kept)
    return time.perf_counter() - start


def main() -> None:
    """Draws what is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=50)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--size", type=float, default=0.8)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--kept", type=Path, default=KEPT)
    options = parser.parse_args()
    worlds = wanted(options)
    with ProcessPoolExecutor(options.jobs) as processes:
        for number, took in enumerate(processes.map(draw, worlds, [options.kept] * len(worlds)), start=1):
            print(f"{number} of {len(worlds)} worlds, {took:.0f} s", flush=True)


if __name__ == "__main__":
    main()
