"""What hysteresis is worth: flips on pure noise and churners found 60 days ahead, beside a bare threshold.

    python benchmarks/settled_bands.py [--accounts 2000]

Steady accounts have a health that does not change, seen each night through noise (white, and correlated
from day to day); churners sink to their end over half a year. New evidence of the pillar that counts
comes on a third of the days. Intervals are bootstrapped by account, 95 %.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from features.params import BandLimits
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.settled_bands import Seen, Settled, settle

DAYS, AHEAD = 365, 60
LIMITS, PARAMS = BandLimits(), CaseParams()
DATES = [f"{datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=d):%Y-%m-%dT00:00:00Z}" for d in range(DAYS)]
Bools = NDArray[np.bool_]


def noisy(
    truth: NDArray[np.float64], spread: float, memory: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """`truth` (accounts × days) seen through noise of one spread, correlated from day to day by `memory`."""
    steps = rng.normal(0, spread, truth.shape)
    noise = np.empty_like(steps)
    noise[:, 0] = steps[:, 0]
    for day in range(1, truth.shape[1]):
        noise[:, day] = memory * noise[:, day - 1] + np.sqrt(1 - memory**2) * steps[:, day]
    return np.clip(truth + noise, 0, 100)


def red_days(health: NDArray[np.float64], evidence: Bools) -> Bools:
    """Which accounts the closed loop holds to be red on which days."""
    found = np.zeros(health.shape, dtype=bool)
    for account in range(len(health)):
        held: Settled | None = None
        fresh = -1
        for day in range(health.shape[1]):
            value = float(health[account, day])
            band = "green" if value >= LIMITS.green else "yellow" if value >= LIMITS.yellow else "red"
            fresh = day if evidence[account, day] else fresh
            spoken = held is not None and DATES[fresh] >= held.since if fresh >= 0 else False
            held = settle(held, Seen(DATES[day], value, band, "voice", spoken), PARAMS, LIMITS)
            found[account, day] = held.band == "red"
    return found


def flips(red: Bools) -> NDArray[np.int64]:
    """How often each account turns red or back."""
    return np.abs(np.diff(red.astype(np.int64), axis=1)).sum(axis=1)


def measured(accounts: int, spread: float, memory: float, seed: int) -> dict[str, tuple[float, float, float]]:
    """Each figure with its interval: the ratio of flips, recall by either rule, days in red by either."""
    rng = np.random.default_rng(seed)
    steady = np.repeat(rng.uniform(50, 95, accounts)[:, None], DAYS, axis=1)
    begin, end = rng.uniform(70, 95, accounts)[:, None], rng.uniform(20, 55, accounts)[:, None]
    sunk = np.clip((np.arange(DAYS) - (DAYS - 180)) / 180, 0, 1)
    evidence = rng.random((accounts, DAYS)) < 1 / 3
    calm, sinking = (noisy(t, spread, memory, rng) for t in (steady, begin + (end - begin) * sunk))
    bare_calm, bare_sinking = calm < LIMITS.yellow, sinking < LIMITS.yellow
    held_calm, held_sinking = red_days(calm, evidence), red_days(sinking, evidence)
    pairs = {
        "flips, bare per held": (flips(bare_calm), flips(held_calm)),
        "recall 60 days ahead, bare": (bare_sinking[:, -AHEAD], None),
        "recall 60 days ahead, held": (held_sinking[:, -AHEAD], None),
        "steady days in red, bare": (bare_calm.mean(axis=1), None),
        "steady days in red, held": (held_calm.mean(axis=1), None),
    }
    return {name: _interval(partial(_ratio, *pair), accounts, rng) for name, pair in pairs.items()}


def _ratio(top: NDArray, bottom: NDArray | None, drawn: NDArray[np.int64]) -> float:
    return float(top[drawn].mean() / (1 if bottom is None else max(bottom[drawn].mean(), 1e-9)))


def _interval(figure: object, accounts: int, rng: np.random.Generator) -> tuple[float, float, float]:
    draws = [figure(rng.integers(0, accounts, accounts)) for _ in range(500)]  # type: ignore[operator]
    low, high = np.quantile(draws, [0.025, 0.975])
    return figure(np.arange(accounts)), float(low), float(high)  # type: ignore[operator]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--accounts", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    for spread, memory in ((2.0, 0.0), (4.0, 0.0), (4.0, 0.7), (4.0, 0.95), (6.0, 0.7)):
        print(f"noise of {spread:g} points, day to day {memory:g}")
        for name, (value, low, high) in measured(asked.accounts, spread, memory, asked.seed).items():
            print(f"  {name:28} {value:7.3f}   [{low:.3f}, {high:.3f}]")


if __name__ == "__main__":
    main()
