"""100,000 damaged bundles: how many are used, and how many end the process that reads them? (`make mutate`)

    .venv/bin/python benchmarks/mutated_bundles.py [--tries 100000] [--processes 2] [--seed 7]

The damages and the three guards are those of `tests/training/bundle_mutations.py`: `as_it_is` (signature and
checksums stand), `signed` (both made again over the changed bytes, with the true key) and `vouched` (the
digest of the golden rows too, so that structure and golden rows alone are left). Each process reads a share,
and its death would be counted. Of a bundle that is accepted under `vouched` it is said how far its answers
lie from the true model's on a thousand rows that are not the golden ones.

Exit 1 where a process died, or where a bundle was accepted under one of the first two guards.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

# Beside this file stands features.py: the package of that name must be found first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.training.bundle_mutations import GUARDS, Workbench
from tests.training.small_model import small_model
from training.golden_rows import turning_rows
from training.health_model import HealthModel

CHUNK = 500  # tries between two lines of a share's file
PROBES = 1_000
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # files that no disk has to keep


def read_share(place: Path, first: int, last: int, seed: int) -> None:
    """Tries `first` to `last`; counts and distances go to `place` as they come."""
    warnings.simplefilter("ignore")
    model = small_model()
    X = turning_rows(model, PROBES, seed=99)
    truth = model.health(X)
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, place.open("w") as stream:
        bench = Workbench(model, Path(folder))
        for start in range(first, last, CHUNK):
            counts: Counter[str] = Counter()
            far: list[tuple[str, float]] = []
            for number in range(start, min(start + CHUNK, last)):
                one = bench.tried(number, seed)
                counts[f"{one.guard}|{one.outcome}|{one.why}"] += 1
                if one.model is not None:
                    far.append((one.mutation, distance(one.model, X, truth)))
            stream.write(json.dumps({"counts": counts, "far": far}) + "\n")
            stream.flush()


def distance(model: HealthModel, X: np.ndarray, truth: np.ndarray) -> float:
    """The largest difference of health, in points; infinite where an answer is no number."""
    with np.errstate(all="ignore"):
        off = np.abs(model.health(X) - truth).max()
    return float(off) if np.isfinite(off) else float("inf")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tries", type=int, default=100_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        edges = np.linspace(0, asked.tries, asked.processes + 1).astype(int).tolist()
        shares = [Path(folder) / f"{number}.jsonl" for number in range(asked.processes)]
        context = multiprocessing.get_context("spawn")
        readers = [
            context.Process(target=read_share, args=(share, edges[n], edges[n + 1], asked.seed))
            for n, share in enumerate(shares)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        lines = [json.loads(line) for share in shares for line in share.read_text().splitlines()]
    return report(lines, [reader.exitcode or 0 for reader in readers])


def report(lines: list[dict], codes: list[int]) -> int:
    """Prints what was counted; the exit code."""
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(line["counts"])
    bad = sum(code != 0 for code in codes)
    print(f"{sum(counts.values())} bundles; processes that died: {bad} {codes}")
    for guard in GUARDS:
        outcomes = Counter()
        for key, count in counts.items():
            of, outcome, why = key.split("|", 2)
            if of == guard:
                outcomes[f"{outcome}: {why}" if why else outcome] += count
        print(f"\n{guard}")
        for outcome, count in outcomes.most_common():
            print(f"  {count:8d}  {outcome}")
    far = [(mutation, distance) for line in lines for mutation, distance in line["far"]]
    for edge in (1e-9, 1e-6, 1e-3, 1.0):
        count = sum(distance > edge for _, distance in far)
        print(f"accepted, and more than {edge:g} points away on {PROBES} other rows: {count} of {len(far)}")
    for mutation, distance in sorted(far, key=lambda one: -one[1])[:5]:
        print(f"  the farthest: {mutation}, {distance:.3g} points")
    accepted = sum(
        count
        for key, count in counts.items()
        if key.split("|")[:2] != ["vouched", "accepted"] and "|accepted|" in key
    )
    return 1 if bad or accepted else 0


if __name__ == "__main__":
    sys.exit(main())
