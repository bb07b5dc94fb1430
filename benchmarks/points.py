"""Two promises of the points, held to many rows: they add up, and the catalogue's directions are kept.

    python -m benchmarks.points [--registry mlruns] [--store sqlite:///data/vitals.db]
        [--responses 100000] [--perturbations 1000000]

The rows are those of the newest published snapshot, as `make run` leaves one: drawn anew and again, a
fifth of the values exchanged for another account's and a tenth made missing. Both answers are held to the
first promise, the champion's and the rule's; exit 1 where a response does not add up, an error is above
1e-9 points, or a direction is violated.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

# Beside this file stands features.py: the package of that name must be found first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from features.faults import Fault, WrongUse
from features.params import FeatureParams, RuleParams
from features.params_file import DEFAULT_PARAMS, read_section
from serving.history.opened_store import opened_store
from serving.scores.champion import load_scorer
from serving.scores.learned_scorer import LearnedScorer
from serving.scores.rule_scorer import RuleScorer
from serving.scores.sum_check import check_sums
from training.direction_check import check_directions

MOST_ERROR = 1e-9  # points, before rounding


def published_rows(store_url: str | None) -> pd.DataFrame:
    """Features and segment of every account of the newest snapshot."""
    with opened_store(store_url) as store:
        snapshot = store.newest_snapshot()
        inputs = None if snapshot is None else store.inputs_of(snapshot)
        if snapshot is None or inputs is None:
            fault = Fault("store", store_url, "a published snapshot", "run: vitals score data/book")
            raise WrongUse("there are no rows to try", [fault])
        segments = {a.payload["account_id"]: a.details.get("segment") for a in store.all_scores_of(snapshot)}
    return inputs.rows.assign(segment=inputs.rows["account_id"].map(segments).astype("object"))


def many_of(rows: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    """`count` rows drawn from these, with some of the values another account's, and some missing."""
    draws = np.random.default_rng(seed)
    picked = draws.integers(len(rows), size=count)
    names = [name for name in rows.columns if name not in ("account_id", "segment")]
    values = rows[names].to_numpy("float64")
    found, width = values[picked], len(names)
    other = values[draws.integers(len(rows), size=(count, width)), np.arange(width)]
    found = np.where(draws.random(found.shape) < 0.2, other, found)
    found[draws.random(found.shape) < 0.1] = np.nan
    made = pd.DataFrame(found, columns=names)
    made.insert(0, "account_id", [f"A-{i}" for i in range(count)])
    return made.assign(segment=rows["segment"].to_numpy()[picked])


def sums_hold(registry: Path, rows: pd.DataFrame) -> bool:
    """The first promise, of the champion (where there is one) and of the rule."""
    rule = read_section(DEFAULT_PARAMS, "rule", RuleParams)
    windows = read_section(DEFAULT_PARAMS, "features", FeatureParams).windows
    champion = load_scorer(registry, DEFAULT_PARAMS)
    scorers = {"rule": RuleScorer(rule, windows), champion.model["kind"]: champion}
    kept = True
    for name, scorer in scorers.items():
        found = check_sums(scorer, rows)
        print(f"{name}: {found.as_text()}", flush=True)
        kept &= found.exact == found.responses and found.largest_error <= MOST_ERROR
    return kept


def directions_hold(registry: Path, rows: pd.DataFrame, perturbations: int) -> bool:
    """The second promise, of the champion."""
    champion = load_scorer(registry, DEFAULT_PARAMS)
    if not isinstance(champion, LearnedScorer):
        print("no model is champion: no directions to try")
        return True
    X = rows.reindex(columns=list(champion.feature_names)).to_numpy("float64")
    model = champion.health_model
    found = check_directions(model.health, X, rows["segment"].tolist(), champion.features, perturbations)
    print(f"{champion.model['kind']}: {found.as_text()}", flush=True)
    return found.violations == 0


def main() -> None:
    """Prints what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--registry", type=Path, default=Path("mlruns"))
    parser.add_argument("--store")
    parser.add_argument("--responses", type=int, default=100_000)
    parser.add_argument("--perturbations", type=int, default=1_000_000)
    asked, began = parser.parse_args(), time.perf_counter()
    rows = published_rows(asked.store)
    kept = sums_hold(asked.registry, many_of(rows, asked.responses, seed=1))
    kept &= directions_hold(asked.registry, many_of(rows, 20_000, seed=2), asked.perturbations)
    print(f"{time.perf_counter() - began:.0f} s")
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
