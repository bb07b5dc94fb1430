"""What a night costs after one day's increment, against a full run on the same book. One run, equal bits.

    .venv/bin/python benchmarks/nightly_increment.py [--rows 30e6] [--quick]

A book of usage rows (5,000 accounts, sparse: hardly two rows of one user and day, so that the roll-up is
no shorter than the rows; 2 % become known late), cut before its last day. The full run imports nothing: it
reads and checks every row of the whole book and makes the snapshot. The night appends the last day's rows
and makes the snapshot. Each runs in a process of its own; processor seconds stand beside the clock,
because on a busy machine they tell more. The roll-up of the base is made once, before, and is told apart.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path = [str(ROOT), *(entry for entry in sys.path if Path(entry or ".").resolve() != ROOT / "benchmarks")]
sys.path.append(str(ROOT / "benchmarks"))

import duckdb  # noqa: E402
import pandas as pd  # noqa: E402
from usage_events import LAST, write_book  # noqa: E402

DAY = pd.Timedelta(days=1)
TABLES = ("accounts", "subscriptions")


def taken_apart(whole: Path, base: Path, increment: Path) -> None:
    """The whole book without what became known on its last day or later, and the rows of that day."""
    known = f"coalesce(recorded_at, occurred_at) >= TIMESTAMPTZ '{LAST - DAY}'"
    rows = f"FROM '{whole}/usage.parquet'"
    for folder, which in ((base, f"NOT ({known})"), (increment, known)):
        folder.mkdir()
        duckdb.sql(f"COPY (SELECT * {rows} WHERE {which}) TO '{folder}/usage.parquet' (COMPRESSION zstd)")
    for name in TABLES:
        (base / f"{name}.parquet").write_bytes((whole / f"{name}.parquet").read_bytes())


def snapshot(book: Path, out: Path) -> None:
    """What a night scores: the book opened and checked, its extent, the rows at the last date."""
    from features.book import open_book
    from features.extent import known_extent, newest_fact
    from features.params import CheckParams, FeatureParams
    from features.params_file import DEFAULT_PARAMS, read_section
    from features.snapshot import build_snapshot

    source = open_book(book, CheckParams()).source
    known_extent(source)
    newest_fact(source, "usage", LAST)
    params = read_section(DEFAULT_PARAMS, "features", FeatureParams, ())
    build_snapshot(source, [LAST], params).to_parquet(out)


def append(increment: Path, book: Path, known_at: dt.datetime) -> None:
    """The day's rows into the book, as `vitals import --append` does it."""
    from features.imports.appending import append_import
    from features.imports.import_report import ImportReport, TableImport
    from features.source_tables import SOURCE_TABLES

    def run(place: Path) -> ImportReport:
        (place / "usage.parquet").write_bytes((increment / "usage.parquet").read_bytes())
        return ImportReport("usage", str(place), (TableImport("usage", ("usage.parquet",), 0, 0),))

    append_import(run, book, SOURCE_TABLES, known_at)


def timed(work: Callable[[], None]) -> dict[str, float]:
    """Seconds by the clock and of the processor."""
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"clock": time.perf_counter() - start, "cpu": cpu, "peak": peak() / 2**20}


def peak() -> int:
    """The most memory this process has held, in KiB. Linux tells it apart from its parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def part(name: str, folder: Path) -> None:
    """One of the runs, in a process of its own."""
    import features.book
    import features.imports.appending  # noqa: F401  the imports are start-up

    last = LAST.to_pydatetime()
    works: dict[str, Callable[[], None]] = {
        "full": lambda: snapshot(folder / "whole", folder / "full.parquet"),
        "roll-up": lambda: append(folder / "nothing", folder / "base", last - dt.timedelta(days=1)),
        "append": lambda: append(folder / "increment", folder / "base", last + dt.timedelta(hours=1)),
        "night": lambda: snapshot(folder / "base", folder / "night.parquet"),
    }
    print(json.dumps(timed(works[name])))


def ran(name: str, folder: Path) -> dict[str, float]:
    """The costs of a run of this file as `part`."""
    command = [sys.executable, __file__, "--part", name, "--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ)
    costs: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    clock, cpu, peak = costs["clock"], costs["cpu"], costs["peak"]
    print(f"{name:<10}{clock:>9.2f} s{cpu:>9.2f} processor s{peak:>8.2f} GiB", flush=True)
    return costs


def compared(folder: Path, rows: int, accounts: int) -> None:
    """Makes the books, runs both ways, and stops where a bit differs."""
    whole, nothing = folder / "whole", folder / "nothing"
    whole.mkdir()
    nothing.mkdir()
    write_book(whole, rows, accounts)
    taken_apart(whole, folder / "base", folder / "increment")
    one = f"SELECT * FROM '{folder}/increment/usage.parquet' LIMIT 1"
    duckdb.sql(f"COPY ({one}) TO '{nothing}/usage.parquet'")
    added = duckdb.sql(f"SELECT count(*) FROM '{folder}/increment/usage.parquet'").fetchall()[0][0]
    print(f"{rows:,} rows, {added:,} of them the last day's increment")
    full = ran("full", folder)
    ran("roll-up", folder)
    costs = [ran("append", folder), ran("night", folder)]
    one_way, other = (pd.read_parquet(folder / f"{name}.parquet") for name in ("full", "night"))
    same = list(one_way) == list(other) and all(
        one_way[name].to_numpy().tobytes() == other[name].to_numpy().tobytes() for name in one_way.columns[2:]
    )
    if not same or not one_way[["account_id", "as_of"]].equals(other[["account_id", "as_of"]]):
        raise SystemExit("the bits of the two snapshots differ")
    print(f"{len(one_way):,} rows of {one_way.shape[1] - 2} features: the same bits")
    for kind in ("clock", "cpu"):
        print(f"the snapshot of the night costs {costs[1][kind] / full[kind]:.3f} of the full run ({kind})")
        both = sum(each[kind] for each in costs)
        print(f"with the append it costs {both / full[kind]:.3f} of the full run ({kind})")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=float, default=30e6)
    parser.add_argument("--accounts", type=int, default=5000)
    parser.add_argument("--quick", action="store_true", help="300,000 rows, 500 accounts")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        part(args.part, args.folder)
        return
    rows, accounts = (300_000, 500) if args.quick else (int(args.rows), args.accounts)
    with tempfile.TemporaryDirectory() as folder:
        compared(Path(folder), rows, accounts)


if __name__ == "__main__":
    main()
