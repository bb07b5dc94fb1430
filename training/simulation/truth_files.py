"""Writes the planted truth of a book, which nothing but tests and the audit may read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.metrics import roc_auc_score

from training.simulation import hazard
from training.simulation.arrays import Columns, days
from training.simulation.truth import FAMILIES, churned_within_year, probabilities
from training.simulation.world import World

NOISE = {
    "columns": {
        "accounts": ["name", "industry", "region", "language", "owner", "director", "vp", "parent_account_id"]
    },
    "answers": [
        {"kind": "nps", "role": "it_manager"},
        {"kind": "nps", "role": "finance"},
        {"kind": "ces", "touchpoint": "renewal_completed"},
        {"kind": "csat", "touchpoint": "training"},
    ],
    "themes": ["missing_capability"],
    "no_effect_of_their_own": {"accounts": ["segment", "is_key", "created_at"]},
}
THEME_EFFECTS = {
    "loud_harmless": "missing_capability",
    "quiet_harmful": "competitor",
    "log_odds": {
        "competitor": hazard.COMPETITOR,
        "sponsor_left": hazard.SPONSOR_LEFT,
        "missing_capability": 0.0,
    },
}


def write_truth(world: World, folder: Path) -> tuple[float, float]:
    """Writes `probabilities.parquet`, `noise.json` and `world.json`; returns annual churn and AUC."""
    columns = probabilities(world)
    _write_probabilities(columns, folder / "probabilities.parquet")
    churn, auc = annual_churn(world), truth_auc(world, columns)
    _write_json(NOISE, folder / "noise.json")
    about = {
        "params": world.params.model_dump(mode="json"),
        "annual_churn": churn,
        "truth_auc": None if np.isnan(auc) else auc,
        "intercept": world.outcomes.intercept,
        "families": sorted(FAMILIES),
        "themes": THEME_EFFECTS,
    }
    _write_json(about, folder / "world.json")
    return churn, auc


def annual_churn(world: World) -> float:
    """Accounts lost in full within the book per account-year in it."""
    customers, left = world.customers, world.outcomes.churned_at
    begins = np.maximum(customers.created_at, world.begin)
    ends = np.where(np.isnat(left), world.end, left)
    years = np.maximum((ends - begins) / days(365.25), 0).sum()
    return float((left >= world.begin).sum() / years)


def truth_auc(world: World, columns: Columns) -> float:
    """AUC of the true probabilities over all mature account-dates; NaN where there is no such date."""
    mature, churned = churned_within_year(world, columns)
    if len(set(churned[mature])) < 2:
        return float("nan")
    return float(roc_auc_score(churned[mature], columns["p_churn_365d"][mature]))


def _write_probabilities(columns: Columns, path: Path) -> None:
    as_of = pa.array(columns["as_of"].astype("datetime64[us]"), type=pa.timestamp("us", tz="UTC"))
    table = pa.table({**columns, "as_of": as_of})
    pq.write_table(table, path, compression="zstd")


def _write_json(content: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
