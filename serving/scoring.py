"""One path from feature rows to health payloads, for one account and for a whole book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalog import Feature
from serving.driver_payloads import Matrix, Reasons, explained
from serving.explained_rule import ExplainedScores
from serving.shown_points import tenths_down
from serving.since_when import SinceWhen
from training.typical_values import TypicalValues


@dataclass(frozen=True)
class Verdict:
    """Health of n accounts, before rounding, on the features `X` (n, k) that `features` name.

    `health`, `base` (n,), `interval`, `extent` (n, 2) and `points` (n, k) are health points;
    `base + points.sum(1)` is `health`; `extent` is what health could be, were the missing measures known.
    `horizon_days` is None where health is no probability of staying but the rule's score. `typical` holds
    what is usual for a feature, of all accounts and by segment; `segment` (n,) is that of each account.
    `missing_unseen` (n, k): missing, though never missing in training, so that a typical value stands in;
    `out_of_range` (n, k): see `column_flags`.
    """

    features: Sequence[Feature]
    X: Matrix
    health: Matrix
    base: Matrix
    points: Matrix
    interval: Matrix
    extent: Matrix
    band: Sequence[str]
    horizon_days: int | None
    typical: TypicalValues
    segment: Sequence[object] | None
    model: Mapping[str, Any]
    missing_unseen: NDArray[np.bool_]
    out_of_range: NDArray[np.bool_]


def feature_matrix(rows: pd.DataFrame, names: Sequence[str]) -> Matrix:
    """The named features as float64 (n, k); a column that is not there is missing (NaN)."""
    return rows.reindex(columns=list(names)).to_numpy("float64")


def payloads(
    accounts: pd.Series, verdict: Verdict, rule: ExplainedScores, top: int, since: SinceWhen | None = None
) -> list[dict[str, Any]]:
    """The health payloads of `contract.md`, one per account, with `top` drivers each.

    Every number is rounded for display, health and its interval downwards, and what is displayed adds
    up: `base_health` + all `drivers[].points` + `other_points` = `health`, and so with `pillar_points` and
    with `family_points`; the rule's score is explained in the same way. `churn_probability` is
    1 − `health` / 100. `since` is of the same accounts in the same order; None: no past is known.
    """
    shown = tenths_down(verdict.health)
    families = {f.family: f.pillar for f in (*verdict.features, *rule.features)}
    usual = verdict.typical, verdict.segment, since
    reasons = Reasons(verdict.features, verdict.X, verdict.base, verdict.points, *usual)
    why = explained(reasons, shown, families, top)
    beside = Reasons(rule.features, rule.X, rule.base, rule.points, *usual)
    rules, coverage = _rules(rule, beside, families, top), rule.scores.coverage.to_numpy(float)
    return [
        {
            "account_id": str(account),
            "as_of": None,
            "known_until": None,
            **_health(verdict, i, int(shown[i])),
            "base_health": why[i].pop("base"),
            **why[i],
            "rule": rules[i],
            "coverage": round(float(coverage[i]), 2),
            "missing": _named(verdict.features, np.isnan(verdict.X[i])),
            "missing_unseen": _named(verdict.features, verdict.missing_unseen[i]),
            "out_of_range": _named(verdict.features, verdict.out_of_range[i]),
            "vanished": [],
            "constant": [],
            "stale": [],
            "model": dict(verdict.model),
            "case_id": None,
        }
        for i, account in enumerate(accounts)
    ]


def _named(features: Sequence[Feature], chosen: NDArray[np.bool_]) -> list[str]:
    return [feature.name for feature, here in zip(features, chosen, strict=True) if here]


def _health(verdict: Verdict, i: int, tenths: int) -> dict[str, Any]:
    return {
        "health": tenths / 10,
        "interval": (tenths_down(verdict.interval[i]) / 10).tolist(),
        "range": (tenths_down(verdict.extent[i]) / 10).tolist(),
        "band": str(verdict.band[i]),
        "churn_probability": None if verdict.horizon_days is None else (1000 - tenths) / 1000,
        "horizon_days": verdict.horizon_days,
    }


def _rules(
    rule: ExplainedScores, reasons: Reasons, families: Mapping[str, str], top: int
) -> list[dict[str, Any]]:
    """The rule's score, range, band and pillars of each account, rounded down to tenths, and its reasons."""
    found = rule.scores
    score, low, high = (tenths_down(s.to_numpy(float)) for s in (found.score, found.lowest, found.highest))
    pillars = found.pillars.round(1).to_dict("records")
    why = explained(reasons, score, families, top)
    return [
        {
            "score": int(score[i]) / 10,
            "range": [int(low[i]) / 10, int(high[i]) / 10],
            "band": str(band),
            "pillars": pillars[i],
            **why[i],
        }
        for i, band in enumerate(found.band)
    ]
