"""How do time and work grow on a Spark cluster, and on DuckDB? The usage features at several sizes.

    .venv/bin/python benchmarks/spark_growth.py [--rows 1e6 3e6 9e6] [--dates 1]

A standalone cluster on this machine (a master and two workers of one core and 1 GB each). Printed per size:
seconds by the clock and processor seconds of all of its processes, and the same for DuckDB; equal results
are asserted first. The slope between sizes is what `docs/spark.md` extrapolates.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from usage_events import STICKY, as_of_days, write_book

from features.cohort import cohort
from features.params import FeatureParams
from features.spark_dialect import spark_engine
from features.spark_session import Cluster, spark_session
from features.time_windows import EPOCH
from features.usage import use
from features.warehouse import warehouse
from tests.spark.standalone_cluster import SETTINGS, standalone_cluster

TABLES = ("accounts", "usage", "subscriptions")


def usage_features(engine: Any, folder: Path, dates: int) -> pd.DataFrame:
    """The features of the book in `folder` on an Ibis engine, from the Parquet files."""
    source = warehouse({name: _instants(engine.read_parquet(folder / f"{name}.parquet")) for name in TABLES})
    who = cohort(source, [EPOCH + pd.Timedelta(days=day) for day in as_of_days(dates)])
    found: pd.DataFrame = use(source, who, FeatureParams(sticky_features=STICKY)).to_pandas()
    return found.sort_values(["as_of_day", "account_id"], ignore_index=True)


def _instants(table: Any) -> Any:
    times = [name for name, kind in table.schema().items() if kind.is_timestamp()]
    return table.cast(dict.fromkeys(times, "timestamp('UTC')"))


def work() -> float:
    """Processor seconds so far of this process and of all that it started."""
    here = psutil.Process(os.getpid())
    times = [process.cpu_times() for process in (here, *here.children(recursive=True))]
    return sum(spent.user + spent.system for spent in times)


def timed(run: Callable[[], pd.DataFrame]) -> tuple[pd.DataFrame, float, float]:
    """What `run` gives, its seconds and its processor seconds."""
    before, start = work(), time.perf_counter()
    found = run()
    return found, time.perf_counter() - start, work() - before


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=float, nargs="+", default=[1e6, 3e6, 9e6])
    parser.add_argument("--dates", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, standalone_cluster(Path(place)) as master:
        session = spark_session(Cluster(master, SETTINGS))
        spark, folder = spark_engine(session), Path(place)
        write_book(folder, 10_000, 100)
        usage_features(spark, folder, args.dates)  # the JVM and the Python workers warm up
        for rows in map(int, args.rows):
            write_book(folder, rows, max(100, rows // 2000))
            there, clock, spent = timed(lambda: usage_features(spark, folder, args.dates))
            here, own_clock, own_spent = timed(
                lambda: usage_features(ibis.duckdb.connect(), folder, args.dates)
            )
            pd.testing.assert_frame_equal(here, there, rtol=1e-9, check_dtype=False)
            print(
                f"{rows:>12,} rows: Spark {clock:>7.1f} s by the clock, {spent:>7.1f} s of processors;",
                end="",
            )
            print(f" DuckDB {own_clock:>6.1f} s, {own_spent:>6.1f} s", flush=True)
        session.stop()


if __name__ == "__main__":
    main()
