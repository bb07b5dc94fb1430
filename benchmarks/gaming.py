"""Gaming that was planted, and honest CSMs: who is found, and who is accused who did nothing.

    python benchmarks/gaming.py [--worlds 8] [--accounts 1000] [--quick]

In each world every fifth CSM plays one trick at a time, for a year. AUC: of −log p of gamers against honest
CSMs, over all worlds. Accused: by the rule of `vitals gaming` (false-discovery control over CSMs and tricks,
fewest records). Honest CSMs are those of untouched worlds and the others of gamed ones.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import rankdata

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from features.book import open_book
from features.gaming.detectors import KINDS
from features.params import CheckParams
from features.warehouse import Warehouse
from serving.gaming.gaming_params import GamingParams
from serving.gaming.suspicions import Suspicion, suspicions
from training.simulation.book import simulate_book
from training.simulation.gamed_book import gamed
from training.simulation.params import SimulationParams

TABLES = ("accounts", "contacts", "surveys", "notes", "tickets", "usage")
EVERY = 5  # one CSM in so many games
UNTIL = pd.Timestamp("2026-11-01", tz="UTC")


@dataclass(frozen=True)
class Judged:
    """One CSM in one world: what was played (None: nothing anywhere), whether by this CSM, what came out."""

    world: int
    played: str | None
    gamer: bool
    found: dict[str, Suspicion]

    def accused(self) -> bool:
        return any(suspicion.accused for suspicion in self.found.values())


def worlds(count: int, accounts: int, kinds: tuple[str, ...]) -> Iterator[tuple[int, list[Judged]]]:
    for seed in range(1, count + 1):
        with tempfile.TemporaryDirectory() as scratch:
            book = Path(scratch) / "book"
            simulate_book(SimulationParams(accounts=accounts, months=20, seed=seed, paths=128), book)
            tables = {name: pd.read_parquet(book / f"{name}.parquet") for name in TABLES}
            csms = sorted(tables["accounts"]["owner"].unique())
            gamers = set(np.random.default_rng(seed).choice(csms, max(len(csms) // EVERY, 1), replace=False))
            found = list(judged(seed, None, set(), csms, opened(book)))
            for kind in kinds:
                changed = gamed(tables, kind, gamers, UNTIL, seed)
                for name in TABLES:
                    if changed[name] is not tables[name]:
                        changed[name].to_parquet(book / f"{name}.parquet")
                found += judged(seed, kind, gamers, csms, opened(book))
                for name in TABLES:
                    if changed[name] is not tables[name]:
                        tables[name].to_parquet(book / f"{name}.parquet")
        yield seed, found


def opened(book: Path) -> Warehouse:
    return open_book(book, CheckParams(max_faulty_share=0.5)).source


def judged(
    world: int, played: str | None, gamers: set[str], csms: list[str], book: Warehouse
) -> Iterator[Judged]:
    found = suspicions(book, UNTIL, GamingParams())
    for csm in csms:
        mine = {each.kind: each for each in found if each.csm == csm}
        yield Judged(world, played, csm in gamers, mine)


def auc(gamers: list[float], honest: list[float]) -> float:
    ranks = rankdata([*gamers, *honest])[: len(gamers)]
    return float((ranks.sum() - len(gamers) * (len(gamers) + 1) / 2) / (len(gamers) * len(honest)))


def surprise(one: Judged, kind: str) -> float:
    return 0.0 if kind not in one.found else -float(np.log(max(one.found[kind].p_value, 1e-300)))


def report(found: list[Judged], kinds: tuple[str, ...]) -> str:
    lines = [
        f"{'trick':<12} {'AUC':>6} {'gamers found':>13} {'gamers':>7} {'honest accused':>15} {'honest':>7}"
    ]
    for kind in kinds:
        mine = [one for one in found if one.played == kind]
        gamers, others = [o for o in mine if o.gamer], [o for o in mine if not o.gamer]
        value = auc([surprise(o, kind) for o in gamers], [surprise(o, kind) for o in others])
        caught = sum(one.accused() for one in gamers) / len(gamers)
        wrongly = sum(one.accused() for one in others)
        lines.append(
            f"{kind:<12} {value:>6.3f} {caught:>13.0%} {len(gamers):>7} {wrongly:>15} {len(others):>7}"
        )
    honest = [one for one in found if not one.gamer]
    untouched = [one for one in honest if one.played is None]
    for name, group in (("honest, untouched worlds", untouched), ("honest, all", honest)):
        wrongly = sum(one.accused() for one in group)
        lines.append(f"{name}: {wrongly} of {len(group)} accused ({wrongly / len(group):.2%})")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=8, help="seeds 1 to this")
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS))
    parser.add_argument("--quick", action="store_true", help="one small world and two tricks")
    args = parser.parse_args()
    count, accounts, kinds = args.worlds, args.accounts, tuple(args.kinds)
    if args.quick:
        count, accounts, kinds = 1, 260, ("begged", "reopened")
    found: list[Judged] = []
    for world, judged_there in worlds(count, accounts, kinds):
        found += judged_there
        print(f"after world {world}\n{report(found, kinds)}", file=sys.stderr, flush=True)
    print(report(found, kinds))


if __name__ == "__main__":
    main()
