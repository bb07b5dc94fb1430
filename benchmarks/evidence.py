"""What keeping the evidence costs `vitals score`: the same book scored without and with it.

    .venv/bin/python benchmarks/evidence.py data/book

Both are scored by the rule, into stores of their own, in one process each and one after the other; the
ratios are those of this run. Processor seconds count all threads.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Beside this file stands features.py: the package of that name must be found first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def scored(book: Path, snapshots: int) -> dict[str, float]:
    """Seconds of scoring and publishing the book, and the size of the store in MB."""
    from features.params_file import DEFAULT_PARAMS
    from serving.batch.publishing import score_and_publish

    keep = (f"serving.evidence_snapshots={snapshots}",)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "vitals.db"
        began, worked = time.perf_counter(), time.process_time()
        score_and_publish(
            book,
            None,
            DEFAULT_PARAMS,
            keep,
            Path(folder) / "no registry",
            f"sqlite:///{store}",
            None,
            dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
            lambda _: None,
        )
        seconds = {"wall": time.perf_counter() - began, "processor": time.process_time() - worked}
        return {**seconds, "megabytes": store.stat().st_size / 1e6}


def main(book: str) -> None:
    """Prints both runs and their ratios."""
    runs = []
    for snapshots in ("0", "1"):
        command = [sys.executable, __file__, book, "--snapshots", snapshots]
        runs.append(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    without, kept = runs
    for name, value in without.items():
        print(f"{name:<10} {value:8.1f} without, {kept[name]:8.1f} with: {kept[name] / value:.2f} times")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("book", help="the folder with the book's tables")
    parser.add_argument("--snapshots", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.snapshots is None:
        main(options.book)
    else:
        print(json.dumps(scored(Path(options.book), options.snapshots)))
