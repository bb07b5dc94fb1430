"""One path from feature rows to health payloads, for one account and for a whole book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.catalog import Feature
from features.params import PILLARS
from serving.scores.driver_payloads import Reasons, explained
from serving.scores.explained_features import ExplainedFeatures
from serving.scores.explained_rule import ExplainedScores
from serving.scores.feature_rows import Matrix
from serving.scores.shown_points import Tenths, tenths_down
from serving.scores.since_when import SinceWhen
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


def payloads(
    accounts: Sequence[str], verdict: Verdict, rule: ExplainedScores, top: int, since: SinceWhen | None = None
) -> list[dict[str, Any]]:
    """The health payloads of `contract.md`, one per account, with `top` drivers each.

    Every number is rounded for display, health and its interval downwards, and what is displayed adds
    up: `base_health` + all `drivers[].points` + `other_points` = `health`, and so with `pillar_points` and
    with `family_points`; the rule's score is explained in the same way. `churn_probability` is
    1 − `health` / 100. `since` is of the same accounts in the same order; None: no past is known.
    """
    shown = tenths_down(verdict.health)
    families = _families(verdict.features, rule.features)
    usual = verdict.typical, verdict.segment, since
    reasons = Reasons(verdict.features, verdict.X, verdict.base, verdict.points, *usual)
    why = explained(reasons, shown, families, top)
    beside = Reasons(rule.features, rule.X, rule.base, rule.points, *usual)
    rules, coverage = _rules(rule, beside, families, top), rule.scores.coverage.tolist()
    health = _healths(verdict, shown)
    flags = np.isnan(verdict.X), verdict.missing_unseen, verdict.out_of_range
    missing, unseen, outside = (_named(ExplainedFeatures.of(verdict.features), flag) for flag in flags)
    return [
        {
            "account_id": account,
            "as_of": None,
            "known_until": None,
            **health[i],
            "base_health": why[i].pop("base"),
            **why[i],
            "rule": rules[i],
            "coverage": round(coverage[i], 2),
            "missing": missing[i],
            "missing_unseen": unseen[i],
            "out_of_range": outside[i],
            "vanished": [],
            "constant": [],
            "stale": [],
            "model": dict(verdict.model),
            "case_id": None,
        }
        for i, account in enumerate(accounts)
    ]


def _families(first: Sequence[Feature], others: Sequence[Feature]) -> dict[str, str]:
    """The families of both, and their pillars."""
    return ExplainedFeatures.of(first).pillar_of | ExplainedFeatures.of(others).pillar_of


def _named(features: ExplainedFeatures, chosen: NDArray[np.bool_]) -> list[list[str]]:
    """Of each account (n, k) the names of the chosen features."""
    return [features.names[row].tolist() for row in chosen]


def _healths(verdict: Verdict, shown: Tenths) -> list[dict[str, Any]]:
    """Of each account its health, with what belongs to it."""
    interval, extent = ((tenths_down(ends) / 10).tolist() for ends in (verdict.interval, verdict.extent))
    return [
        {
            "health": tenths / 10,
            "interval": interval[i],
            "range": extent[i],
            "band": str(verdict.band[i]),
            "churn_probability": None if verdict.horizon_days is None else (1000 - tenths) / 1000,
            "horizon_days": verdict.horizon_days,
        }
        for i, tenths in enumerate(shown.tolist())
    ]


def _rules(
    rule: ExplainedScores, reasons: Reasons, families: Iterable[str], top: int
) -> list[dict[str, Any]]:
    """The rule's score, range, band and pillars of each account, rounded down to tenths, and its reasons."""
    found = rule.scores
    score, low, high = (tenths_down(side) for side in (found.score, found.lowest, found.highest))
    why = explained(reasons, score, families, top)
    return [
        {
            "score": int(score[i]) / 10,
            "range": [int(low[i]) / 10, int(high[i]) / 10],
            "band": band,
            "pillars": dict(zip(PILLARS, pillars, strict=True)),
            **why[i],
        }
        for i, (band, pillars) in enumerate(zip(rule.band, found.pillars.round(1).tolist(), strict=True))
    ]
