"""Do the points add up? Asked of whole responses, as they are sent, and of the numbers behind them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from serving.scores.learned_scorer import LearnedScorer
from serving.scores.rule_scorer import RuleScorer

ROWS = 1_000  # scored at a time, as in one call


@dataclass(frozen=True)
class SumCheck:
    """Of `responses`, how many add up exactly as shown, and the largest error before rounding, in points."""

    responses: int
    exact: int
    largest_error: float

    def as_text(self) -> str:
        """One line.

        >>> SumCheck(100, 100, 2e-13).as_text()
        '100 of 100 responses add up exactly as shown; largest error before rounding 2.0e-13 points'
        """
        return (
            f"{self.exact} of {self.responses} responses add up exactly as shown; "
            f"largest error before rounding {self.largest_error:.1e} points"
        )


def check_sums(scorer: LearnedScorer | RuleScorer, rows: pd.DataFrame, top: int = 5) -> SumCheck:
    """Scores the rows (as `Scorer.score` takes them) and adds up every response, and what is behind it."""
    exact, largest = 0, 0.0
    for start in range(0, len(rows), ROWS):
        some = rows.iloc[start : start + ROWS]
        verdict = scorer.verdict(some)
        error = np.abs(verdict.base + verdict.points.sum(axis=1) - verdict.health)
        largest = max(largest, float(error.max()))
        exact += sum(adds_up(payload) for payload in scorer.score(some, top=top))
    return SumCheck(len(rows), exact, largest)


def adds_up(payload: dict[str, Any]) -> bool:
    """Whether a response adds up as shown: by features, families, pillars, of the health and the rule."""
    rule = payload["rule"]
    sums = [*_sums(payload["base_health"], payload), payload["health"]]
    of_rule = [*_sums(rule["base"], rule), rule["score"]]
    return len(set(map(_exact, sums))) == 1 == len(set(map(_exact, of_rule)))


def _sums(base: float, shown: dict[str, Any]) -> Iterator[Decimal]:
    features = [driver["points"] for driver in shown["drivers"]] + [shown["other_points"]]
    for parts in (features, shown["family_points"].values(), shown["pillar_points"].values()):
        yield _exact(base) + sum(map(_exact, parts), Decimal(0))


def _exact(number: float | Decimal) -> Decimal:
    """The number as it is written, not as it is stored."""
    return Decimal(str(number))
