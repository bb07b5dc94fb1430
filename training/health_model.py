"""The model that is served: calibrated health, its interval, and points that add up.

Everything is additive in log-odds of churn: `z = intercept + slope · margin`, and the margin is the
trees' expected value plus SHAP values. Health is `100 · (1 − σ(z))`, which is not additive; so each
feature gets its share of the straight path from the portfolio's log-odds `z₀` to the account's `z`:

    points_f = φ_f · (health(z) − health(z₀)) / (z − z₀)

where φ_f is the feature's calibrated SHAP value. Along the straight path every feature moves in
proportion to its φ, so this is the path integral (Sundararajan 2017) of the health from z₀ to z, and
the points sum to `health − base_health`. Needs NumPy alone: serving reads this without LightGBM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.additive_model import AdditiveTrees
from training.bundle import Bundle, read_bundle, write_bundle
from training.calibration import LogOddsLine

Matrix = NDArray[np.float64]
Z90 = 1.6448536269514722  # standard normal quantile of a two-sided 90 % interval


@dataclass(frozen=True, eq=False)
class HealthModel:
    """Trees, calibration line and facts about their training. `facts` is plain JSON."""

    trees: AdditiveTrees
    line: LogOddsLine
    facts: Mapping[str, Any]

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of X, in order."""
        return self.trees.features

    @property
    def base_log_odds(self) -> float:
        """Calibrated log-odds of churn that the drivers start from: the training portfolio's."""
        return float(self.line.apply(np.array([self.trees.expected]))[0])

    @property
    def base_health(self) -> float:
        """The portfolio's health, 0–100."""
        return float(health_of(np.array([self.base_log_odds]))[0])

    def log_odds(self, X: Matrix) -> Matrix:
        """Calibrated log-odds of churn within the horizon: (n, features) -> (n,)."""
        return self.line.apply(self.trees.log_odds(X))

    def health(self, X: Matrix) -> Matrix:
        """Health, 0–100, higher is better: (n, features) -> (n,)."""
        return health_of(self.log_odds(X))

    def interval(self, X: Matrix) -> Matrix:
        """90 % interval of the health: (n, features) -> (n, 2), low and high, 0–100.

        It says how far the *estimate* would move had other accounts been there to learn from: the
        spread of the bag (each booster saw a bootstrap of the accounts) and the line's covariance.
        It is not a range for what the account will do, which is to stay or to leave.
        """
        margins = self.trees.bag_log_odds(X)
        spread = self.line.slope * margins.std(axis=1, ddof=1)
        error = np.hypot(spread, self.line.standard_error(margins.mean(axis=1)))
        z = self.log_odds(X)
        return np.column_stack([health_of(z + Z90 * error), health_of(z - Z90 * error)])

    def points(self, X: Matrix) -> Matrix:
        """Signed health points of each feature: (n, features) -> (n, features).

        `base_health + points(X).sum(1)` is `health(X)` up to rounding (1e-9).
        """
        shares = self.line.slope * self.trees.contributions(X)
        z, z0 = self.log_odds(X), self.base_log_odds
        return shares * _points_per_log_odds(z, z0)[:, None]


def health_of(log_odds: Matrix) -> Matrix:
    """Health, 0–100, from log-odds of churn.

    >>> health_of(np.array([0.0])).tolist()
    [50.0]
    """
    return np.asarray(100.0 / (1.0 + np.exp(log_odds)))


def _points_per_log_odds(z: Matrix, z0: float) -> Matrix:
    """The slope of the straight line through (z₀, health(z₀)) and (z, health(z)); the tangent at z₀."""
    base = float(health_of(np.array([z0]))[0])
    step = z - z0
    tangent = -base * (100.0 - base) / 100.0
    near = np.abs(step) < 1e-9
    return np.where(near, tangent, (health_of(z) - base) / np.where(near, 1.0, step))


def write_health_model(folder: Path, model: HealthModel) -> dict[str, Any]:
    """Writes the bundle that serving reads; returns its manifest (see `training.bundle`)."""
    line = {
        "intercept": model.line.intercept,
        "slope": model.line.slope,
        "covariance": [list(row) for row in model.line.covariance],
    }
    documents = {"model": {**model.facts, "features": list(model.features)}, "line": line}
    return write_bundle(folder, model.trees.arrays, documents)


def read_health_model(folder: Path) -> HealthModel:
    """The model of a bundle whose checksums hold. DataFault naming what is wrong with it otherwise."""
    return health_model(read_bundle(folder))


def health_model(bundle: Bundle) -> HealthModel:
    """The model that a verified bundle holds."""
    facts = bundle.documents["model"]
    trees = AdditiveTrees.from_arrays(facts["features"], bundle.arrays)
    line = bundle.documents["line"]
    (v00, v01), (v10, v11) = line["covariance"]
    covariance = ((v00, v01), (v10, v11))
    return HealthModel(trees, LogOddsLine(line["intercept"], line["slope"], covariance), facts)
