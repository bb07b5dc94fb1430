"""The model that is served: calibrated health, its interval, and points that add up.

Everything is additive in log-odds of churn: `z = z₀ + Σ φ_f`, with the SHAP values of the pool's members,
weighted and on the calibration line (`pooled_log_odds`). Health is `100 · (1 − σ(z))`, which is not
additive; so each feature gets its share of the straight path from the portfolio's log-odds `z₀` to the
account's `z`:

    points_f = φ_f · (health(z) − health(z₀)) / (z − z₀)

where φ_f is the feature's share in log-odds. Along the straight path every feature moves in
proportion to its φ, so this is the path integral (Sundararajan 2017) of the health from z₀ to z, and
the points sum to `health − base_health`. Needs NumPy alone: serving reads this without LightGBM.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.faults import DataFault, Fault, VitalsFault
from training.bundle import MAKE_AGAIN, Bundle, read_bundle, write_bundle
from training.bundle_documents import ModelOf, check_document
from training.calibration import Matrix
from training.doubt import Z90
from training.golden_rows import GOLDEN_ARRAYS, check_golden_rows, golden_files
from training.pool_files import POOL_ARRAYS, pool_from_files, pool_to_files
from training.pooled_log_odds import PooledLogOdds, Segment
from training.text_signal import TextSignal

__all__ = ["HealthModel", "Matrix", "health_model", "health_of", "read_health_model", "write_health_model"]

TEXT = ("text_idf", "text_weights", "text_signal")
KNOWN = frozenset({*POOL_ARRAYS, *TEXT, *GOLDEN_ARRAYS, "golden", "model", "pool", "rule"})


@dataclass(frozen=True, eq=False)
class HealthModel:
    """The pooled log-odds and the facts of their training. `facts` is plain JSON.

    `X` (n, k) is in the order of `features`, NaN = missing; `segment` (n,) picks the rule's profile of
    weights, None: unknown. `text` makes the feature that is learned from words; None: it is missing.
    """

    pooled: PooledLogOdds
    facts: Mapping[str, Any]
    text: TextSignal | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of X, in order."""
        return self.pooled.features

    @property
    def base_log_odds(self) -> float:
        """Calibrated log-odds of churn that the drivers start from: the training portfolio's."""
        return self.pooled.base

    @property
    def base_health(self) -> float:
        """The portfolio's health, 0–100."""
        return float(health_of(np.array([self.base_log_odds]))[0])

    @property
    def weights(self) -> list[dict[str, Any]]:
        """What the data believe the pillars should weigh, beside the expert (see `believed_weights`)."""
        found: list[dict[str, Any]] = self.facts.get("weights", [])
        return found

    def log_odds(self, X: Matrix, segment: Segment = None) -> Matrix:
        """Calibrated log-odds of churn within the horizon: (n, features) -> (n,)."""
        return self.pooled.log_odds(X, segment)

    def health(self, X: Matrix, segment: Segment = None) -> Matrix:
        """Health, 0–100, higher is better: (n, features) -> (n,)."""
        return health_of(self.log_odds(X, segment))

    def interval(self, X: Matrix, segment: Segment = None) -> Matrix:
        """90 % interval of the health: (n, features) -> (n, 2), low and high, 0–100.

        In nine of ten accounts it holds the account's true probability of staying (`doubt` says what
        it is made of, and where that was measured). It is not a range for what the account will do,
        which is to stay or to leave.
        """
        z, error = self.log_odds(X, segment), np.sqrt(self.pooled.variance(X, segment))
        return np.column_stack([health_of(z + Z90 * error), health_of(z - Z90 * error)])

    def under_missing_evidence(self, X: Matrix, segment: Segment = None) -> Matrix:
        """What the health could be, were the missing measures known: (n, features) -> (n, 2), 0–100.

        From everything missing at its worst to everything at its best (H2); never narrower than the truth,
        and the lower end is never raised by setting a feature to null.
        """
        low, high = self.pooled.under_missing_evidence(X, segment)
        here = self.health(X, segment)
        # The bounds add in another order than the log-odds: rounding must not put the health outside.
        return np.column_stack([np.minimum(health_of(high), here), np.maximum(health_of(low), here)])

    def change_interval(self, X: Matrix, Y: Matrix, segment: Segment = None) -> Matrix:
        """90 % interval of the points from rows X to rows Y: (n, features), (n, features) -> (n, 2).

        How sure the model is of the *difference*, given the health of X. It is a difference between accounts
        as they were seen, and no measured effect of acting on them.
        """
        z = self.log_odds(X, segment)
        move = self.log_odds(Y, segment) - z
        error = np.sqrt(self.pooled.variance_of_change(X, Y, segment))
        ends = [health_of(z + move + side * Z90 * error) - health_of(z) for side in (1, -1)]
        return np.column_stack(ends)

    def points(self, X: Matrix, segment: Segment = None) -> Matrix:
        """Signed health points of each feature: (n, features) -> (n, features).

        `base_health + points(X).sum(1)` is `health(X)` up to rounding (1e-9).
        """
        z, z0 = self.log_odds(X, segment), self.base_log_odds
        return self.pooled.contributions(X, segment) * _points_per_log_odds(z, z0)[:, None]

    def missing_unseen(self, X: Matrix) -> NDArray[np.bool_]:
        """(n, features): missing here, and never missing in training: a typical value stands in."""
        return self.pooled.unseen.where(X)


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
    arrays, documents = pool_to_files(model.pooled)
    about = {**model.facts, "features": list(model.features)}
    if model.text is not None:
        arrays, documents = arrays | model.text.arrays, documents | {"text_signal": model.text.document}
    documents = {"model": about, **documents}
    golden_arrays, golden = golden_files(model, arrays, documents)
    return write_bundle(folder, arrays | golden_arrays, documents | golden)


def read_health_model(folder: Path, vouched: Callable[[bytes], None] = lambda _: None) -> HealthModel:
    """The model of a bundle whose checksums hold and whose golden rows come out as when it was made.

    `vouched` checks who signed it (see `training.bundle`). DataFault naming what is wrong with it.
    """
    return health_model(read_bundle(folder, vouched))


def health_model(bundle: Bundle) -> HealthModel:
    """The model that a verified bundle holds. DataFault where its parts do not fit together, or do not
    answer the golden rows as they did."""
    try:
        model = _assembled(bundle)
        check_golden_rows(model, bundle.arrays, bundle.documents)
    except VitalsFault:
        raise
    except Exception as error:  # crafted parts raise many kinds, and none may end the process
        found = f"{type(error).__name__}: {error}"[:200]
        fault = Fault("bundle", found, "parts that fit together", MAKE_AGAIN)
        raise DataFault("this bundle cannot be used", [fault]) from error
    return model


def _assembled(bundle: Bundle) -> HealthModel:
    facts = bundle.documents.get("model", {})
    check_document("model.json", ModelOf, facts)
    told = bundle.documents.get("text_signal")
    strange = sorted({*bundle.arrays, *bundle.documents} - KNOWN)
    if strange:
        raise DataFault(
            "this bundle cannot be used", [Fault("bundle", strange, "no other files", MAKE_AGAIN)]
        )
    text = None if told is None else TextSignal.from_bundle(bundle.arrays, told)
    return HealthModel(pool_from_files(facts["features"], bundle.arrays, bundle.documents), facts, text)
