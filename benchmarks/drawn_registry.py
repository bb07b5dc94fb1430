"""A registry as training leaves it, of drawn numbers: what pages read of one. It holds no model."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd

from features.params import RuleParams
from training.evaluation import MEASURES
from training.kept_past import FILE, read_by

RUN = "drawn"
MODELS = ("base_rate", "clock", "logistic", "rule", "reweighted", "lightgbm", "pool")
TABLES = """
    CREATE TABLE model_versions (name TEXT, version TEXT, run_id TEXT, storage_location TEXT);
    CREATE TABLE registered_model_aliases (name TEXT, alias TEXT, version TEXT);
    CREATE TABLE runs (run_uuid TEXT, start_time INTEGER, lifecycle_stage TEXT, status TEXT);
    CREATE TABLE tags (run_uuid TEXT, key TEXT, value TEXT);
    INSERT INTO model_versions VALUES ('vitals', '1', 'drawn', '');
    INSERT INTO registered_model_aliases VALUES ('vitals', 'challenger', '1');
"""


def drawn_registry(folder: Path, accounts: int, rule: RuleParams) -> Path:
    """The folder, with a challenger whose run kept a comparison, predictions and a past of twelve months."""
    artifacts = folder / "artifacts" / RUN / "artifacts"
    artifacts.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        connection.executescript(TABLES)
    rng = np.random.default_rng(3)
    names = [f"A-{n:06d}" for n in range(accounts)]
    _written(artifacts / "params.json", {"training": {"horizon": "365d"}})
    _written(artifacts / "comparison.json", _comparison(rng, accounts))
    months = pd.date_range("2025-01-01", periods=12, freq="MS", tz="UTC")
    keys = {"account_id": np.tile(names, 12), "as_of": np.repeat(months, accounts)}
    keys |= {"segment": np.resize(["enterprise", "mid", "smb"], 12 * accounts)}
    left = np.where(rng.random(12 * accounts) < 0.02, rng.integers(1, 365, 12 * accounts), np.nan)
    drawn = {name: rng.uniform(0, 1, 12 * accounts) for name in read_by(rule)}
    past = pd.DataFrame(keys | {"mrr": rng.lognormal(7, 1, 12 * accounts), "days_to_churn": left} | drawn)
    past.to_parquet(artifacts / FILE)
    tested = past[past["as_of"] >= months[9]][["account_id", "as_of"]]
    told = {name: rng.uniform(0.01, 0.5, len(tested)) for name in ("answer", "rule")}
    churned = (rng.random(len(tested)) < 0.1).astype(float)
    tested.assign(churned=churned, **told).to_parquet(artifacts / "predictions.parquet")
    return folder


def _comparison(rng: np.random.Generator, accounts: int) -> dict[str, object]:
    def drawn() -> dict[str, float]:
        low, value, high = np.sort(rng.random(3))
        return {"value": float(value), "low": float(low), "high": float(high)}

    estimates = [{"model": m, "measure": k, **drawn()} for m in MODELS for k in MEASURES]
    differences = [
        {"model": MODELS[-1], "against": other, "measure": k, "better": 0.5, **drawn()}
        for other in MODELS[:-1]
        for k in MEASURES
    ]
    weights = [
        {"pillar": pillar, "expert": 25.0, "believed": 25.0, "error": 5.0}
        for pillar in ("usage", "voice", "commercial", "service")
    ]
    counts = {"rows": 3 * accounts, "accounts": accounts, "churns": accounts // 10}
    counts |= {"resamples": 1_000, "skipped": 0, "seed": 7}
    return {"estimates": estimates, "differences": differences, "level": 0.9, "weights": weights, **counts}


def _written(path: Path, document: object) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")
