"""Is a change noticed in time, is a calm world left in peace, and is what is expected what comes?

    .venv/bin/python benchmarks/monitoring.py [worlds|still] [--worlds 50] [--jobs 1] [--quick]

    worlds   calm worlds (seeds 1, 2, …), and worlds whose market shifts on the day the model is made (1001,
             …), looked at 28 and 56 days later (`monitored_worlds`). Drawing one takes 20 s of one core; what
             is drawn is kept in `--kept`: a run may be stopped and taken up again; `--report` draws nothing.
    still    books in which nothing moves, of 30, 100, 300 and 3,000 accounts: how often there is an alarm

Asked: the change flagged in 90 % of the shifted worlds, an alarm at either look in at most 5 % of the calm
ones, the realised AUC within its 90 % interval in 85 %. Intervals of shares are Clopper and Pearson's, 90 %.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

# Beside this file stands features.py: the package of that name must be found first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd
from monitored_worlds import LOOKS, DrawnWorld
from scipy.stats import beta
from sklearn.metrics import roc_auc_score

from features.params import Windows
from serving.monitoring.churn_timing import ChurnTiming
from serving.monitoring.column_drift import examine_columns
from serving.monitoring.drift_report import GROWS_OLDER
from serving.monitoring.early_truth import early_truth
from serving.monitoring.expected_performance import LineOutOfTime, expected_performance
from serving.monitoring.reference_day import settled_days
from serving.monitoring.same_accounts import same_accounts
from tests.serving.monitoring.still_books import still_book

KEPT = Path(__file__).resolve().parents[1] / "data" / "benchmarks" / "monitoring"
FIRST_SHIFTED = 1_001
HORIZON = 365
BESIDE = ("account_id", "as_of", "segment", "part", "days_to_churn", GROWS_OLDER.column)
SIZES = (30, 100, 300, 3_000)
EARLY = 91


@dataclass(frozen=True)
class Judged:
    """What the monitor said of one world: the columns that drifted by look, and of a calm one `inside` (what
    was measured lay within the estimate, by measure) and `early` (churns so far were as expected)."""

    drifted: dict[int, list[str]]
    inside: dict[str, bool]
    early: bool | None

    @property
    def alarm(self) -> bool:
        """At either look."""
        return any(self.drifted.values())


def judged(rows: pd.DataFrame, seed: int) -> Judged:
    """The monitor's own functions on a drawn world."""
    columns = [str(column) for column in rows.columns if column not in BESIDE]
    first = rows[rows["part"] == "day_0"]
    drifted = {}
    for days in LOOKS:
        same = same_accounts(first, rows[rows["part"] == f"day_{days}"], settled_days(Windows()))
        found = examine_columns(same.then, same.now, columns)
        drifted[days] = [finding.column for finding in found if finding.state == "drifted"]
    tested = rows[rows["part"] == "tested"]
    if tested.empty:
        return Judged(drifted, {}, None)
    left = tested["days_to_churn"].notna().to_numpy(float)
    line = LineOutOfTime.of(tested["p"].to_numpy(), left, tested["account_id"].to_numpy(str))
    p, churned = first["p"].to_numpy(), first["days_to_churn"].notna().to_numpy()
    expected = expected_performance(p, line.line, seed=seed)
    real = {"auc": roc_auc_score(churned, p), "brier": np.mean((churned - p) ** 2), "churns": churned.sum()}
    inside = {name: bool(expected[name].low <= value <= expected[name].high) for name, value in real.items()}
    cohort = rows[rows["part"] == "cohort"]
    dated = [cohort[name].to_numpy() for name in ("days_to_churn", "days_to_renewal")]
    timing = ChurnTiming.of(*dated, HORIZON)
    facts = [first[name].to_numpy() for name in ("p", "days_to_renewal", "days_to_churn")]
    return Judged(drifted, inside, early_truth("", EARLY, *facts, timing).verdict == "as expected")


def share(hits: int, of: int) -> str:
    """A share with its exact interval."""
    low = beta.ppf(0.05, hits, of - hits + 1) if hits else 0.0
    high = beta.ppf(0.95, hits + 1, of - hits) if hits < of else 1.0
    return f"{hits:>3} of {of:<3} {hits / max(of, 1):6.1%}  [{low:.1%}, {high:.1%}]"


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


def worlds(options: argparse.Namespace) -> None:
    """Draws what is missing, and reports on all that is there."""
    asked = wanted(options)
    if not options.report:
        with ProcessPoolExecutor(options.jobs) as processes:
            for number, took in enumerate(processes.map(draw, asked, [options.kept] * len(asked)), start=1):
                print(f"{number} of {len(asked)} worlds, {took:.0f} s", flush=True)
    there = [world for world in asked if (options.kept / f"{world.name}.parquet").exists()]
    found = {world: judged(world.rows(options.kept), world.seed) for world in there}
    calm = [one for world, one in found.items() if not world.size]
    shifted = [one for world, one in found.items() if world.size]
    last = FIRST_SHIFTED + len(shifted) - 1
    print(f"\nbooks of {options.accounts} accounts: calm, seeds 1 to {len(calm)};", end=" ")
    print(f"shifted by {options.size:g} standard deviations, seeds {FIRST_SHIFTED} to {last}")
    lines = {
        f"shift flagged within {LOOKS[0]} days": (shifted, lambda one: bool(one.drifted[LOOKS[0]])),
        f"shift flagged within {LOOKS[1]} days": (shifted, lambda one: one.alarm),
        "… by health itself": (shifted, lambda one: any("p" in found for found in one.drifted.values())),
        "calm world alarmed at either look": (calm, lambda one: one.alarm),
        "realised AUC within its estimate": (calm, lambda one: one.inside["auc"]),
        "realised Brier score within": (calm, lambda one: one.inside["brier"]),
        "realised number of churns within": (calm, lambda one: one.inside["churns"]),
        f"churns of {EARLY} days as expected": (calm, lambda one: one.early),
    }
    for name, (some, holds) in lines.items():
        print(f"  {name:<36}{share(sum(map(bool, map(holds, some))), len(some))}")
    alarmed = Counter(column for one in calm for columns in one.drifted.values() for column in set(columns))
    if alarmed:
        print("  false alarms by", dict(alarmed))


def still(options: argparse.Namespace) -> None:
    """Alarms where nothing moves: the nominal rate is 5 %."""
    for accounts in SIZES:
        for own in (0.0, 0.5, 0.95):
            rng, times = np.random.default_rng([accounts, int(100 * own)]), options.times
            alarms = 0
            for _ in range(times):
                then, now = still_book(rng, accounts, own)
                alarms += any(f.state == "drifted" for f in examine_columns(then, now, list(then.columns)))
            print(
                f"{accounts:>5} accounts, {own:4.0%} of the variance their own: {share(alarms, times)}",
                flush=True,
            )


def main() -> None:
    """Reads the options and runs one part."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", nargs="?", choices=("worlds", "still"), default="worlds")
    parser.add_argument("--worlds", type=int, default=50)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--size", type=float, default=0.8, help="of the shift, in standard deviations")
    parser.add_argument("--times", type=int, default=1_000, help="still books of each size")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--kept", type=Path, default=KEPT)
    parser.add_argument("--report", action="store_true", help="of what is there; draws nothing")
    parser.add_argument("--quick", action="store_true", help="2 worlds of either kind, 50 still books")
    options = parser.parse_args()
    if options.quick:
        options.worlds, options.times = 2, 50
    (worlds if options.part == "worlds" else still)(options)


if __name__ == "__main__":
    main()
