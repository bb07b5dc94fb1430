"""How fast are the usage features? Ratios from one run, each contender in a process of its own.

    .venv/bin/python benchmarks/features.py [--rows 10e6] [--quick] [--growth] [--book]
        [--peer-python PYTHON]

10 M usage rows of 5,000 accounts, 12 as-of dates, the 16 usage features, read from Parquet. Every contender
must give what Vitals gives (keys, nulls, whole numbers; floats to 1e-9) before its time is printed.
Seconds are the median of --repeats, with start-up of the process left out; memory is the process's peak.
Processor seconds stand beside them: on a busy machine they tell more than the clock does.

featuretools takes part on a book of its own (--featuretools-rows), none of whose rows is late, which it
cannot express; its ratio is to Vitals on those very rows.
--peer-python names the interpreter of another environment for the data-frame peers: featuretools 1.31 needs
pandas below 3 (and setuptools below 80). It must have pandas, numpy and pyarrow; a peer that it lacks is
left out, and said.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

# This file is called as the package that it measures: the package comes first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from usage_events import as_of_days, write_book

RATIOS = {"sql by masks": "by_masks", "sql by calendar": "by_calendar"}
FRAMES = {"pandas, a loop over dates": "by_pandas", "polars": "by_polars", "featuretools": "by_featuretools"}
GROWTH = (1_000_000, 3_000_000, 10_000_000, 30_000_000)
NAMES = {
    "active_users_30d": "active",
    "active_days_30d": "days",
    "dau_over_mau_30d": "dau",
    "dau_over_mau_change_30d": "dau_change",
    "events_per_active_user_30d": "per_user",
    "active_users_change_30d": "users_change",
    "events_change_30d": "events_change",
    "days_since_last_use": "last_age",
    "sticky_feature_user_share_30d": "deep",
    "sticky_feature_user_share_change_30d": "deep_change",
    "seat_utilisation_30d": "utilisation",
    "seat_utilisation_change_30d": "utilisation_change",
    "modules_used_share_30d": "breadth",
    "modules_used_share_change_30d": "breadth_change",
}
Taken = dict[str, Any]


def by_vitals(folder: str, days: list[int]) -> pd.DataFrame:
    """The product's own path: Ibis over DuckDB, from the Parquet files to a data frame."""
    import ibis
    from usage_events import STICKY

    from features.cohort import cohort
    from features.params import FeatureParams
    from features.time_windows import EPOCH
    from features.usage import use
    from features.warehouse import warehouse

    con = ibis.duckdb.connect()
    con.raw_sql("SET TimeZone = 'UTC'")
    names = ("accounts", "usage", "subscriptions")
    source = warehouse({name: con.read_parquet(f"{folder}/{name}.parquet") for name in names})
    who = cohort(source, [EPOCH + pd.Timedelta(days=day) for day in days])
    return use(source, who, FeatureParams(sticky_features=STICKY)).to_pandas().rename(columns=NAMES)


def reading(folder: str, days: list[int]) -> pd.DataFrame:
    """What reading the seven columns costs by itself: one hash over each."""
    import duckdb

    columns = ("account_id", "user_id", "occurred_at", "module", "feature", "quantity", "recorded_at")
    hashes = ", ".join(f"max(hash({name}))" for name in columns)
    return duckdb.sql(f"select {hashes} from '{folder}/usage.parquet'").df()


def contender(name: str) -> Any:
    """The function of a contender; the peers' interpreter may lack what the others need."""
    if name in FRAMES:
        return getattr(import_module("usage_frames"), FRAMES[name])
    if name in RATIOS:
        return getattr(import_module("usage_sql"), RATIOS[name])
    return {"vitals": by_vitals, "reading the columns alone": reading}[name]


def run_one(name: str, folder: str, dates: int) -> None:
    """In the child process: one run, its result beside the book, its cost as JSON on stdout."""
    function, days = contender(name), as_of_days(dates)
    if name == "vitals":
        import ibis

        import features.usage  # noqa: F401  the imports are start-up

        ibis.duckdb.connect()
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    found = function(folder, days)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    found.to_parquet(f"{folder}/found.parquet")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak() / 2**20}))


def peak() -> int:
    """The most memory this process has held, in KiB. Linux tells it apart from its parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measured(name: str, folder: Path, dates: int, args: argparse.Namespace) -> tuple[Taken, pd.DataFrame]:
    """The median run of a contender, and what it found."""
    python = args.peer_python if name in FRAMES else sys.executable
    command = [python, __file__, "--run", name, "--folder", str(folder), "--dates", str(dates)]
    runs = []
    for _ in range(1 if name == "featuretools" else args.repeats):
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        runs.append(json.loads(done.stdout.strip().splitlines()[-1]))
    taken = {key: median(run[key] for run in runs) for key in runs[0]}
    return taken, pd.read_parquet(folder / "found.parquet")


def installed(package: str, args: argparse.Namespace) -> bool:
    """Whether the peers' interpreter has the package; says so where it has not."""
    asked = [args.peer_python, "-c", f"import {package}"]
    found = subprocess.run(asked, check=False, stderr=subprocess.DEVNULL).returncode == 0
    if not found:
        print(f"{package}: left out, because {args.peer_python} cannot import it (the extra `benchmarks`)")
    return found


def assert_equal(name: str, found: pd.DataFrame, vitals: pd.DataFrame) -> None:
    """Stops the run where a contender did not compute the same."""
    keys = ["account_id", "as_of_day"]
    one, other = (
        frame.set_index(keys).sort_index().astype("float64")
        for frame in (vitals, found.reindex(columns=vitals.columns))
    )
    pd.testing.assert_frame_equal(one, other, rtol=1e-9, atol=1e-12, check_index_type=False, obj=name)


def show(name: str, taken: Taken, vitals: Taken) -> None:
    """A line: how many times Vitals' time, by the clock and by the processor, and the peak."""
    clock, cpu = taken["seconds"] / vitals["seconds"], taken["cpu"] / vitals["cpu"]
    print(
        f"{name:<28}{taken['seconds']:>9.2f} s{clock:>8.2f} x{taken['cpu']:>10.2f} s{cpu:>8.2f} x"
        f"{taken['peak']:>8.2f} GiB",
        flush=True,
    )


def peers(folder: Path, args: argparse.Namespace) -> None:
    """The contenders on one book, equal before they are timed."""
    write_book(folder, args.rows, args.accounts)
    print(f"{args.rows:,} rows, {args.accounts:,} accounts, {args.dates} as-of dates; x: times Vitals' own")
    print(f"{'':<28}{'clock':>11}{'':>10}{'processor':>12}{'':>10}{'peak':>12}")
    vitals, rows = measured("vitals", folder, args.dates, args)
    show("vitals", vitals, vitals)
    show(
        "reading the columns alone",
        measured("reading the columns alone", folder, args.dates, args)[0],
        vitals,
    )
    for name in (*RATIOS, *list(FRAMES)[:2]):
        package = name.partition(",")[0]
        if name in FRAMES and not installed(package, args):
            continue
        taken, found = measured(name, folder, args.dates, args)
        assert_equal(name, found, rows)
        show(name, taken, vitals)
    single = measured("vitals", folder, 1, args)[0]
    for kind in ("seconds", "cpu"):
        print(f"{args.dates} dates cost {vitals[kind] / single[kind]:.2f} x one date ({kind})")


def against_featuretools(folder: Path, args: argparse.Namespace) -> None:
    """Vitals and featuretools on the same, fewer rows."""
    if not installed("featuretools", args):
        return
    rows = args.featuretools_rows
    write_book(folder, rows, args.accounts, late=0.0)
    print(f"\n{rows:,} rows, none late, {args.dates} as-of dates")
    vitals, expected = measured("vitals", folder, args.dates, args)
    show("vitals", vitals, vitals)
    try:
        taken, found = measured("featuretools", folder, args.dates, args)
    except subprocess.CalledProcessError:
        print("featuretools: left out, because it failed (its error is above; it may not know this pandas)")
        return
    assert_equal("featuretools", found, expected)
    show("featuretools", taken, vitals)


def growth(folder: Path, args: argparse.Namespace) -> None:
    """Time and memory of Vitals at 1 M to 30 M rows."""
    print("\nvitals as the book grows (users of an account stay the same)")
    first: Taken = {}
    for rows in GROWTH:
        write_book(folder, rows, args.accounts)
        taken, _ = measured("vitals", folder, args.dates, args)
        first = first or {**taken, "rows": rows}
        more = rows / first["rows"]
        print(f"{rows:>12,} rows: {more:>4.0f} x the rows ", end="")
        show("", taken, first)


def whole_book(folder: Path, args: argparse.Namespace) -> None:
    """Every family of features of a simulated book of 5,000 accounts, checks included."""
    from features.book import open_book
    from features.extent import known_extent
    from features.params import CheckParams, FeatureParams
    from features.params_file import DEFAULT_PARAMS, read_section
    from features.snapshot import build_snapshot
    from training.simulation.book import simulate_book
    from training.simulation.params import SimulationParams

    simulate_book(SimulationParams(accounts=args.accounts, months=36), folder / "book")
    start = time.perf_counter()
    source = open_book(folder / "book", CheckParams()).source
    opened = time.perf_counter()
    params = read_section(DEFAULT_PARAMS, "features", FeatureParams, ())
    rows = build_snapshot(source, [known_extent(source)[1]], params)
    end = time.perf_counter()
    usage = source["usage"].count().execute()
    print(
        f"\nsimulated book of {args.accounts:,} accounts, {usage:,} usage rows: {len(rows):,} rows of ",
        end="",
    )
    print(f"{rows.shape[1] - 2} features in {end - opened:.1f} s, after {opened - start:.1f} s of checks")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=float, default=10e6)
    parser.add_argument("--accounts", type=int, default=5000)
    parser.add_argument("--dates", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--featuretools-rows", type=float, default=1e6)
    parser.add_argument("--peer-python", default=sys.executable, help="an interpreter that has the peers")
    parser.add_argument("--quick", action="store_true", help="300,000 rows, 500 accounts, one repeat")
    parser.add_argument("--growth", action="store_true", help="1 M to 30 M rows as well")
    parser.add_argument("--book", action="store_true", help="a whole simulated book as well")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        run_one(args.run, args.folder, args.dates)
        return
    if args.quick:
        args.rows, args.accounts, args.repeats, args.featuretools_rows = 3e5, 500, 1, 1e5
    args.rows, args.featuretools_rows = int(args.rows), int(args.featuretools_rows)
    parts = [
        peers,
        against_featuretools,
        *([growth] if args.growth else []),
        *([whole_book] if args.book else []),
    ]
    for part in parts:
        with tempfile.TemporaryDirectory() as folder:
            part(Path(folder), args)


if __name__ == "__main__":
    main()
