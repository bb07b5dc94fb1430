"""Where the learned health and the rule differ most, and by which driver.

The rule's score is no probability, so the two cannot be subtracted as they are. Each is set against its own
book: how many standard deviations an account lies above the book's mean. The *gap* is the model's standing
minus the rule's: at +1.5 the model holds the account one and a half standard deviations healthier than the
rule does, among the same accounts on the same date. Points add up on either side, so the gap is a sum too:
family by family, what the model gives it beyond the book's mean minus what the rule does. What the rule
starts from is a part of its own, since it differs by segment. Places in the book (1: the least healthy)
stand beside it for people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from serving.history.snapshots import ScoredAccount
from serving.scores.shown_points import apportion

Matrix = NDArray[np.float64]

ROUNDING = 1e-9  # standard deviations
START = "start"  # the part that is no family's: what the rule's points begin from in the segment


@dataclass(frozen=True, eq=False)
class Disagreement:
    """A whole book under both, `accounts` by the size of their gap, largest first; ties by account id.

    `gap` (n,) and `parts` (n, k) are in standard deviations of the book and `parts.sum(1)` is `gap`; a part
    is that of a family (or START). `health_place`, `rule_place` (n,): 1 is the least healthy, ties share a
    place. `agreement`: the rank correlation of the two (Spearman), None where either is the same throughout.
    """

    accounts: Sequence[ScoredAccount]
    families: Sequence[str]
    gap: Matrix
    parts: Matrix
    health_place: NDArray[np.int64]
    rule_place: NDArray[np.int64]
    agreement: float | None

    def shares(self) -> dict[str, float]:
        """By family, its share of the disagreement over the book, largest first; they sum to 1.

        The share of Σ gap² that its parts account for: below 0 where it draws the two together.
        """
        whole = float(self.gap @ self.gap)
        alike = np.abs(self.gap).max(initial=0.0) <= ROUNDING
        found = np.zeros(len(self.families)) if alike else self.gap @ self.parts / whole
        order = np.argsort(-found, kind="stable")
        return {self.families[i]: round(float(found[i]), 4) for i in order}

    def accounts_shown(self, start: int, count: int, top: int) -> list[dict[str, Any]]:
        """`count` accounts from place `start` on, with the `top` largest parts of their gap.

        As shown, a gap is the sum of its parts and `other`, to the hundredth.
        """
        return [self._shown(i, top) for i in range(start, min(start + count, len(self.gap)))]

    def _shown(self, i: int, top: int) -> dict[str, Any]:
        details, health = self.accounts[i].details, self.accounts[i].payload
        hundredths = np.rint(self.gap[i : i + 1] * 100).astype(np.int64)
        shown = apportion(self.parts[i : i + 1] * 100, hundredths)[0]
        first = [j for j in np.argsort(-np.abs(self.parts[i]), kind="stable")[:top] if shown[j] != 0]
        return {
            "account_id": health["account_id"],
            **{name: details.get(name) for name in ("name", "owner", "segment")},
            **{name: health[name] for name in ("health", "band")},
            "rule": {name: health["rule"][name] for name in ("score", "band")},
            "health_place": int(self.health_place[i]),
            "rule_place": int(self.rule_place[i]),
            "gap": int(hundredths[0]) / 100,
            "parts": [_part(health, self.families[j], int(shown[j])) for j in first],
            "other": int(hundredths[0] - shown[first].sum()) / 100,
        }


def disagreement_of(accounts: Sequence[ScoredAccount]) -> Disagreement:
    """The whole book of one snapshot; every payload must hold the rule's own points."""
    health, score, model, rule, families = _read(accounts)
    parts = _in_deviations(model, health) - _in_deviations(rule, score)
    gap = np.zeros(len(accounts))
    for part in parts.T:
        gap += part
    ids = np.array([account.payload["account_id"] for account in accounts], dtype=str)
    order = np.lexsort((ids, -np.abs(np.round(gap / ROUNDING))))
    return Disagreement(
        [accounts[i] for i in order],
        families,
        gap[order],
        parts[order],
        _places(health)[order],
        _places(score)[order],
        _rank_correlation(health, score),
    )


def explains_the_rule(account: ScoredAccount) -> bool:
    """Whether the payload holds the rule's own points; snapshots of earlier versions do not."""
    return "family_points" in account.payload and "family_points" in account.payload["rule"]


def _read(accounts: Sequence[ScoredAccount]) -> tuple[Matrix, Matrix, Matrix, Matrix, list[str]]:
    """Health and score (n,), and the points of each by family with the start first (n, 1 + families)."""
    payloads = [account.payload for account in accounts]
    families = list(payloads[0]["family_points"]) if payloads else []
    model = [[p["base_health"], *(p["family_points"][f] for f in families)] for p in payloads]
    rule = [[p["rule"]["base"], *(p["rule"]["family_points"][f] for f in families)] for p in payloads]
    health, score = [p["health"] for p in payloads], [p["rule"]["score"] for p in payloads]
    table = (len(payloads), 1 + len(families))
    arrays = [np.array(values, dtype=np.float64) for values in (health, score)]
    arrays += [np.array(values, dtype=np.float64).reshape(table) for values in (model, rule)]
    return *arrays, [START, *families]  # type: ignore[return-value]


def _in_deviations(points: Matrix, score: Matrix) -> Matrix:
    """Points beyond the book's mean, in standard deviations of the score; 0 where all scores are alike."""
    spread = float(score.std()) if len(score) else 0.0
    return (points - points.mean(axis=0)) / spread if spread > ROUNDING else np.zeros(points.shape)


def _rank_correlation(health: Matrix, score: Matrix) -> float | None:
    if not len(health) or np.ptp(health) == 0 or np.ptp(score) == 0:
        return None
    of_health, of_score = (np.array(pd.Series(values).rank()) for values in (health, score))
    together = float(np.cov(of_health, of_score, ddof=0)[0, 1])
    return round(together / float(of_health.std() * of_score.std()), 4)


def _places(values: Matrix) -> NDArray[np.int64]:
    return np.asarray(pd.Series(values).rank(method="min").to_numpy(np.int64))


def _part(health: dict[str, Any], family: str, hundredths: int) -> dict[str, Any]:
    """One part of the gap, with the points that either side gives the family."""
    rule = health["rule"]
    if family == START:
        points, own = health["base_health"], rule["base"]
    else:
        points, own = health["family_points"][family], rule["family_points"][family]
    drivers = [d["feature"] for side in (health, rule) for d in side["drivers"] if d["family"] == family]
    return {
        "family": family,
        "gap": hundredths / 100,
        "points": points,
        "rule_points": own,
        "drivers": list(dict.fromkeys(drivers)),
    }
