"""How good is the learner of few accounts, against the truth and against what others would fit?

    .venv/bin/python benchmarks/quality.py [worlds|tables|books] [--quick]
    .venv/bin/python benchmarks/quality.py worlds --first 16 --worlds 200 --jobs 2   # none was tuned on
    .venv/bin/python benchmarks/quality.py worlds --first 16 --worlds 200 --jobs 2 --in-turn all   # a third
    .venv/bin/python benchmarks/quality.py worlds --sizes 20,50,100,5000 --models learned   # beside the rule

    worlds   drawn worlds of eight kinds whose true probabilities are known (`simulation.tabular_world`)
    tables   two public tables, and the export of a CRM product (`public_tables`)
    books    whole simulated books, from tables to health (`simulated_books`)

Every part prints its figures with intervals and what they are held against. The run over worlds may be
stopped and taken up again: what is measured is kept in `--kept`, beside a digest of the code that made it,
and the report is of all that is there. `--jobs 2` measures on two processes; `--report` measures nothing.
With `--in-turn all` each world has one of the churn rates, the next world of its kind the next, so that 200
worlds take a third of the time; with `--in-turn slow` only the two slowest peers have (tuned LightGBM and
EBM), and whatever is held against them is so in those cells.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

# Beside this file stands features.py: the package of that name must be found first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import public_tables
import simulated_books
import world_report
from peers import installed
from world_cells import OURS, ROOT, Cell, Kept, as_table

from training.simulation.planted_effects import KINDS

PARTS = ("worlds", "tables", "books")
MODELS = ("base_rate", "logistic", "lightgbm", "tuned_lightgbm", "ebm", *OURS)
TAKING_TURNS = {"none": (), "slow": ("tuned_lightgbm", "ebm"), "all": MODELS}
KEPT = ROOT / "data" / "benchmarks" / "worlds.jsonl"


def wanted(options: argparse.Namespace) -> list[Cell]:
    """The cells that were asked for, world by world, so that a stopped run has whole worlds."""
    models = installed(options.models)
    return [
        Cell(world, churn, accounts, options.dates, model)
        for world in range(options.first, options.first + options.worlds)
        for churn in options.churn
        for accounts in options.sizes
        for model in models
        if churn == _its_turn(world, options.churn) or model not in TAKING_TURNS[options.in_turn]
    ]


def _its_turn(world: int, churn: list[float]) -> float:
    """The churn rate of this world where rates are taken in turn, by the worlds of a kind."""
    return churn[world // len(KINDS) % len(churn)]


def worlds(options: argparse.Namespace) -> None:
    """Measures what is missing and prints the report of what was asked for."""
    kept, cells = Kept(options.kept), wanted(options)
    start = time.perf_counter()
    if not options.report:
        for done, left in enumerate(kept.run(cells, options.jobs), start=1):
            if done % 20 == 0:
                pace = (time.perf_counter() - start) / done
                print(f"{done} cells measured, {left} left, about {pace * left / 60:.0f} minutes", flush=True)
    asked = {(c.world, c.churn, c.accounts, c.dates) for c in cells}
    found = {c: s for c, s in kept.read().items() if (c.world, c.churn, c.accounts, c.dates) in asked}
    print("\n".join(world_report.report(as_table(found).drop(columns="dates"))))


def numbers(text: str) -> list[int]:
    """`100,300` as numbers."""
    return [int(part) for part in text.split(",")]


def shares(text: str) -> list[float]:
    """`0.03,0.2` as numbers."""
    return [float(part) for part in text.split(",")]


def read_options() -> argparse.Namespace:
    """The options; `--quick` is for every change: one world of each kind, one churn rate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", nargs="?", choices=(*PARTS, "all"), default="all")
    parser.add_argument("--worlds", type=int, default=200, help="so many; eight are one of each kind")
    parser.add_argument(
        "--first", type=int, default=0, help="the first world: the settings were chosen on 0 to 15"
    )
    parser.add_argument("--sizes", type=numbers, default=[100, 300, 600, 1200, 3000], help="accounts")
    parser.add_argument("--churn", type=shares, default=[0.03, 0.08, 0.2])
    parser.add_argument("--dates", type=int, default=1, help="as-of dates of each account")
    parser.add_argument("--models", type=lambda text: text.split(","), default=list(MODELS))
    parser.add_argument(
        "--in-turn", choices=TAKING_TURNS, default="none", help="these models at one churn rate of each world"
    )
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--kept", type=Path, default=KEPT)
    parser.add_argument("--report", action="store_true", help="of what is there; measures nothing")
    parser.add_argument("--repeats", type=int, default=3, help="of the folds of the public tables")
    parser.add_argument("--accounts", type=numbers, default=[300, 1000], help="of the simulated books")
    parser.add_argument("--seeds", type=int, default=3, help="books of each size")
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.worlds, options.sizes, options.churn, options.repeats = 8, [300], [0.08], 1
        options.accounts, options.seeds, options.resamples = [300], 2, 200
    return options


def main() -> None:
    """Runs the parts that were asked for."""
    options = read_options()
    parts = {"worlds": worlds, "tables": public_tables.main, "books": simulated_books.main}
    for name in PARTS if options.part == "all" else (options.part,):
        parts[name](options)


if __name__ == "__main__":
    main()
