"""A scorer for the tests of the service: a real logistic curve over four features, drivers that add up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from serving.scores.feature_rows import FeatureRows, Rows

WEIGHTS = {"seat_utilisation": 2.0, "nps_account": 0.02, "days_since_last_use": -0.05, "tenure_days": 0.001}
TYPICAL = {"seat_utilisation": 0.6, "nps_account": 20.0, "days_since_last_use": 5.0, "tenure_days": 700.0}
MODEL = {"kind": "rule", "version": "rule-1", "trained_until": None}
RULE = {
    "score": 63.2,
    "range": [58.0, 71.5],
    "band": "yellow",
    "pillars": {"usage": 44.0},
    "base": 50.0,
    "drivers": [],
    "other_points": 13.2,
    "pillar_points": {"usage": 13.2},
    "family_points": {"use": 13.2},
}


class FakeScorer:
    def __init__(self) -> None:
        self.feature_names = tuple(WEIGHTS)
        self.model: dict[str, Any] = MODEL
        self.comparison: dict[str, Any] = {"rule": {"auc": 0.676}}
        self.usual: dict[str, dict[str, Any]] = {}
        self.weights = [{"pillar": "usage", "expert": 30.0, "believed": 41.0, "error": 6.0}]
        self.catalog: list[dict[str, Any]] = [{"name": name, "family": "use"} for name in WEIGHTS]

    def score(self, rows: Rows, top: int, explain: bool) -> list[dict[str, Any]]:
        rows = FeatureRows.of(rows, self.feature_names)
        values = rows.matrix(self.feature_names)
        assert values.dtype == np.float64
        shown = top if explain else 0
        return [self._one(*row, shown) for row in zip(rows.account_ids, values.tolist(), strict=True)]

    def _one(self, account_id: str, row: list[float], top: int) -> dict[str, Any]:
        values = dict(zip(WEIGHTS, row, strict=True))
        missing = [name for name, value in values.items() if math.isnan(value)]
        steps = {
            name: 0.0 if name in missing else WEIGHTS[name] * (value - TYPICAL[name])
            for name, value in values.items()
        }
        health = round(100 / (1 + math.exp(-1.5 - sum(steps.values()))), 1)
        base = 81.7
        scale = (health - base) / (sum(steps.values()) or 1)
        ranked = sorted(steps, key=lambda name: -abs(steps[name]))[:top]
        points = {name: round(steps[name] * scale, 1) for name in ranked}
        drivers = [_driver(name, None if name in missing else values[name], points[name]) for name in ranked]
        band = "green" if health >= 85 else "yellow" if health >= 60 else "red"
        return {
            "account_id": account_id,
            "as_of": None,
            "known_until": None,
            "health": health,
            "interval": [max(0.0, health - 8), min(100.0, health + 8)],
            "range": [health, health],
            "band": band,
            "churn_probability": round(1 - health / 100, 3),
            "horizon_days": 365,
            "base_health": base,
            "drivers": drivers,
            "other_points": round(health - base - sum(points.values()), 1),
            "pillar_points": {"usage": round(health - base, 1)},
            "family_points": {"use": round(health - base, 1)},
            "rule": RULE,
            "coverage": 1 - len(missing) / len(WEIGHTS),
            "missing": missing,
            "missing_unseen": [],
            "out_of_range": [],
            "vanished": [],
            "constant": [],
            "stale": [],
            "model": MODEL,
            "case_id": None,
        }


def _driver(name: str, value: float | None, points: float) -> dict[str, Any]:
    return {
        "feature": name,
        "family": "use",
        "pillar": "usage",
        "role": None,
        "value": value,
        "typical": TYPICAL[name],
        "points": points,
        "actionable": True,
        "text": {"en": f"{name} is {value}", "zh": f"{name} 为 {value}"},
    }
