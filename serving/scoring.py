"""One path from feature rows to health payloads, for one account and for a whole book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalog import Feature
from features.params import PILLARS
from features.rule_score import RuleScores
from serving.shown_points import nested_tenths, tenths_down
from serving.words import LANGUAGES, sentence

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """Health of n accounts, before rounding, on the features `X` (n, k) that `features` name.

    `health`, `base` (n,), `interval` (n, 2) and `points` (n, k) are health points;
    `base + points.sum(1)` is `health`. `horizon_days` is None where health is no probability of staying
    but the rule's score. `typical` holds what is usual for a feature, None where unknown.
    `missing_unseen` (n, k): missing, though never missing in training, so that a typical value stands in.
    """

    features: Sequence[Feature]
    X: Matrix
    health: Matrix
    base: Matrix
    points: Matrix
    interval: Matrix
    band: Sequence[str]
    horizon_days: int | None
    typical: Mapping[str, float | None]
    model: Mapping[str, Any]
    missing_unseen: NDArray[np.bool_]


def feature_matrix(rows: pd.DataFrame, names: Sequence[str]) -> Matrix:
    """The named features as float64 (n, k); a column that is not there is missing (NaN)."""
    return rows.reindex(columns=list(names)).to_numpy("float64")


def segment_of(rows: pd.DataFrame) -> pd.Series | None:
    """The segment column where the rows have one."""
    return rows.get("segment")


def payloads(accounts: pd.Series, verdict: Verdict, rule: RuleScores, top: int) -> list[dict[str, Any]]:
    """The health payloads of `contract.md`, one per account, with `top` drivers each.

    Every number is rounded for display, health and its interval downwards, and what is displayed adds
    up: `base_health` + all `drivers[].points` + `other_points` = `health`, and so with `pillar_points`;
    `churn_probability` is 1 − `health` / 100.
    """
    shown, base = tenths_down(verdict.health), np.rint(verdict.base * 10).astype(np.int64)
    pillars, families = [f.pillar for f in verdict.features], [f.family for f in verdict.features]
    points = nested_tenths(verdict.points, shown - base, pillars, families)
    order = np.argsort(-np.abs(verdict.points), axis=1, kind="stable")[:, :top]
    rules, coverage = _rules(rule), rule.coverage.to_numpy(float)
    found = []
    for i, account in enumerate(accounts):
        first = [j for j in order[i] if points[i, j] != 0]
        rest = shown[i] - base[i] - points[i, first].sum()
        found.append(
            {
                "account_id": str(account),
                "as_of": None,
                "known_until": None,
                **_health(verdict, i, int(shown[i])),
                "base_health": int(base[i]) / 10,
                "drivers": [_driver(verdict, i, j, int(points[i, j])) for j in first],
                "other_points": int(rest) / 10,
                "pillar_points": _by_pillar(points[i], pillars),
                "rule": rules[i],
                "coverage": round(float(coverage[i]), 2),
                "missing": _named(verdict.features, np.isnan(verdict.X[i])),
                "missing_unseen": _named(verdict.features, verdict.missing_unseen[i]),
                "stale": [],
                "model": dict(verdict.model),
                "case_id": None,
            }
        )
    return found


def _named(features: Sequence[Feature], chosen: NDArray[np.bool_]) -> list[str]:
    return [feature.name for feature, here in zip(features, chosen, strict=True) if here]


def _health(verdict: Verdict, i: int, tenths: int) -> dict[str, Any]:
    return {
        "health": tenths / 10,
        "interval": (tenths_down(verdict.interval[i]) / 10).tolist(),
        "band": str(verdict.band[i]),
        "churn_probability": None if verdict.horizon_days is None else (1000 - tenths) / 1000,
        "horizon_days": verdict.horizon_days,
    }


def _by_pillar(tenths: NDArray[np.int64], pillars: Sequence[str]) -> dict[str, float]:
    here = np.array(pillars)
    return {pillar: int(tenths[here == pillar].sum()) / 10 for pillar in PILLARS}


def _driver(verdict: Verdict, i: int, j: int, tenths: int) -> dict[str, Any]:
    feature, value = verdict.features[j], float(verdict.X[i, j])
    usual = verdict.typical.get(feature.name)
    return {
        "feature": feature.name,
        "family": feature.family,
        "pillar": feature.pillar,
        "role": feature.role,
        "value": None if np.isnan(value) else round(value, 4),
        "typical": None if usual is None else round(usual, 4),
        "points": tenths / 10,
        "actionable": feature.actionable,
        "text": {language: sentence(feature, value, usual, language) for language in LANGUAGES},
    }


def _rules(rule: RuleScores) -> list[dict[str, Any]]:
    """The rule's score, range, band and pillars of each account, rounded down to tenths."""
    score, low, high = (tenths_down(s.to_numpy(float)) for s in (rule.score, rule.lowest, rule.highest))
    pillars = rule.pillars.round(1).to_dict("records")
    return [
        {
            "score": int(score[i]) / 10,
            "range": [int(low[i]) / 10, int(high[i]) / 10],
            "band": str(band),
            "pillars": pillars[i],
        }
        for i, band in enumerate(rule.band)
    ]
