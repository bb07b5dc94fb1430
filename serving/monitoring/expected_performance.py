"""What will be measured, once the labels are mature? Estimated from the calibrated probabilities alone.

If of the accounts told 20 % one in five leaves, and so on, then the probabilities say by themselves how well
they rank and how far they miss (confidence-based performance estimation). The interval is of what will be
measured on these very accounts: outcomes are drawn for each account many times from its probability, after
the line that the probabilities lie on was itself drawn from what is known of it. It holds for as long as a
row means what it meant in training, no concept drift; `doubts` says when that is in doubt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import chi2, rankdata

from features.faults import DataFault, Fault
from training.account_sums import Span
from training.bootstrap import LEVEL
from training.calibration import SMALLEST_SLOPE, LogOddsLine, Matrix, fit_log_odds_line, posterior_derivatives

DRAWS = 1_000
BLOCK = 2**20  # outcomes held at a time
NEWTON_STEPS = 6
MEASURES = ("auc", "brier", "calibration_slope", "calibration_intercept", "churns")
AS_TOLD = LogOddsLine(0.0, 1.0, ((0.0, 0.0), (0.0, 0.0)))


@dataclass(frozen=True)
class LineOutOfTime:
    """The calibration line of predictions out of time, and whether chance explains that it is not (0, 1)."""

    line: LogOddsLine
    p_value: float

    @classmethod
    def of(cls, probability: Matrix, churned: Matrix, account: np.ndarray) -> LineOutOfTime:
        """`probability` (n,) strictly in (0, 1), foretold for dates that its training knew nothing of."""
        line = fit_log_odds_line(logit(probability), churned, account)
        off = np.array([line.intercept, line.slope - 1.0])
        wald = off @ np.linalg.solve(np.array(line.covariance), off)
        return cls(line, float(chi2.sf(wald, 2)))


def expected_performance(
    probability: Matrix, line: LogOddsLine = AS_TOLD, draws: int = DRAWS, seed: int = 0
) -> dict[str, Span]:
    """Each of MEASURES with its 90 % interval. `probability` (n,) of churn, one per account, in (0, 1).

    Of `line` the covariance is used, and not the line: the probabilities are calibrated already, and how far
    they may be off is what its errors say. DataFault where a probability is none, or fewer than two rows.

    >>> found = expected_performance(np.array([0.1, 0.2, 0.3, 0.6] * 50))
    >>> round(found["brier"].value, 4), round(found["auc"].value, 2), found["calibration_slope"].value
    (0.175, 0.74, 1.0)
    >>> 0.6 < found["auc"].low < 0.7 < 0.78 < found["auc"].high < 0.9
    True
    """
    _check(probability)
    p = np.asarray(probability, dtype=np.float64)
    drawn = pd.DataFrame(list(_drawn(p, np.array(line.covariance), draws, seed)), columns=list(MEASURES))
    values = {
        "auc": _expected_auc(p),
        "brier": float((p * (1 - p)).mean()),
        "calibration_slope": 1.0,
        "calibration_intercept": 0.0,
        "churns": float(p.sum()),
    }
    return {name: _span(values[name], drawn[name].dropna().to_numpy()) for name in MEASURES}


def _span(value: float, drawn: Matrix) -> Span:
    if not len(drawn) or not np.isfinite(value):
        return Span(None, None, None)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Span(value, float(low), float(high))


def _drawn(p: Matrix, covariance: Matrix, draws: int, seed: int) -> Iterator[tuple[float, ...]]:
    rng = np.random.default_rng(seed)
    z, ranks = logit(p), rankdata(p)
    size = max(BLOCK // len(p), 1)
    for start in range(0, draws, size):
        lines = rng.multivariate_normal([0.0, 1.0], covariance, min(size, draws - start), method="svd")
        chance = expit(lines[:, :1] + np.maximum(lines[:, 1:], SMALLEST_SLOPE) * z)
        churned = (rng.random(chance.shape) < chance).astype(np.float64)
        yield from zip(*_measured(p, z, ranks, churned), strict=True)


def _measured(p: Matrix, z: Matrix, ranks: Matrix, churned: Matrix) -> tuple[Matrix, ...]:
    """Each measure (b,) of the same probabilities under b draws of the outcomes (b, n)."""
    lost = churned.sum(axis=1)
    kept = len(p) - lost
    pairs = np.where(lost * kept > 0, lost * kept, np.nan)  # nobody left, or everybody: there is no AUC
    auc = (churned @ ranks - lost * (lost + 1) / 2) / pairs
    brier = (p**2).mean() + (churned @ (1 - 2 * p)) / len(p)
    lines = np.tile(np.array([0.0, 1.0]), (len(churned), 1))
    once = np.ones((1, len(p)))
    for _ in range(NEWTON_STEPS):
        gradient, information = posterior_derivatives(lines, z, churned, once)
        lines += np.linalg.solve(information, gradient[:, :, None])[:, :, 0].clip(-1, 1)
    return auc, brier, lines[:, 1], lines[:, 0], lost


def _expected_auc(p: Matrix) -> float:
    """Over pairs of accounts: the chance that the one that leaves ranks above the one that stays."""
    values, place = np.unique(p, return_inverse=True)
    lost, kept = np.bincount(place, p), np.bincount(place, 1 - p)
    below = np.concatenate([[0.0], kept.cumsum()[:-1]]) + kept / 2
    itself = (p * (1 - p)).sum()
    pairs = p.sum() * (1 - p).sum() - itself
    return float(((lost * below).sum() - itself / 2) / pairs) if len(values) else float("nan")


def _check(probability: Matrix) -> None:
    p = np.asarray(probability, dtype=np.float64)
    faults = []
    if p.ndim != 1 or len(p) < 2:
        faults.append(Fault("probability", f"shape {p.shape}", "one per account, two or more", "score first"))
    if bad := [float(v) for v in p.ravel() if not 0 < v < 1][:1]:
        faults.append(Fault("probability", bad[0], "numbers strictly between 0 and 1", "calibrate first"))
    if faults:
        raise DataFault("Nothing can be expected of these probabilities", faults)


def spans_as_dict(found: Mapping[str, Span]) -> dict[str, dict[str, float | None]]:
    """Plain values, fit for JSON."""
    return {name: {"value": s.value, "low": s.low, "high": s.high} for name, s in found.items()}
