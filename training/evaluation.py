"""How good are churn probabilities? Nine measures, each with its range, its direction and its source.

A measure takes `WeightedRows` under b weightings and gives b values. The tests hold those that
scikit-learn has equal to it; they are written here because the bootstrap needs a thousand weightings at a
time, and scikit-learn sorts anew for each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlog1py, xlogy

from features.faults import DataFault, Fault
from training.calibration import Matrix
from training.ranked_rows import Outcomes, Ranking, WeightedRows

TOP_SHARE = 0.1
CALIBRATION_GROUPS = 10


def auc(rows: WeightedRows) -> Matrix:
    """The chance that a row that churned ranks above one that stayed, ties counting half.

    0 to 1, higher is better, 0.5 is chance (Hanley & McNeil 1982).
    """
    kept = rows.every - rows.lost
    below = kept.sum(axis=1, keepdims=True) - kept.cumsum(axis=1) + kept / 2
    value: Matrix = (rows.lost * below).sum(axis=1) / (rows.lost.sum(axis=1) * kept.sum(axis=1))
    return value


def average_precision(rows: WeightedRows) -> Matrix:
    """Mean precision at each churn, from the highest risk down.

    0 to 1, higher is better, the churn rate is chance (Davis & Goadrich 2006).
    """
    precision = _ratio(rows.lost.cumsum(axis=1), rows.every.cumsum(axis=1))
    value: Matrix = (rows.lost * precision).sum(axis=1) / rows.lost.sum(axis=1)
    return value


def brier(rows: WeightedRows) -> Matrix:
    """Mean squared distance of probability and outcome. 0 to 1, lower is better (Brier 1950)."""
    return rows.mean((rows.ranking.probability - rows.ranking.churned) ** 2)


def log_loss(rows: WeightedRows) -> Matrix:
    """Mean negative log-likelihood, in nats. 0 upwards, lower is better (Good 1952)."""
    y, p = rows.ranking.churned, rows.ranking.probability
    return rows.mean(-xlogy(y, p) - xlog1py(1 - y, -p))


def calibration_slope(rows: WeightedRows) -> Matrix:
    """Slope of churn on log-odds. 1 is best; below 1 the probabilities are too extreme (Cox 1958).

    Probabilities that are all equal have no slope: what is shown then is the weak prior's, which is 1
    where they equal the churn rate, and says nothing elsewhere.
    """
    return rows.lines[:, 1]


def calibration_intercept(rows: WeightedRows) -> Matrix:
    """Intercept of churn on log-odds, in log-odds. 0 is best; read it together with the slope (Cox 1958)."""
    return rows.lines[:, 0]


def calibration_error(rows: WeightedRows) -> Matrix:
    """Expected calibration error: distance of mean probability and churn rate, over ten equal groups.

    0 to 1, lower is better (Naeini et al. 2015). Few rows alone push it up, resampling once more: it
    compares models on the same rows, and says little by itself.
    """
    starts = rows.ranking.equal_groups(CALIBRATION_GROUPS)
    gaps = np.add.reduceat(rows.weights * (rows.ranking.probability - rows.ranking.churned), starts, axis=1)
    value: Matrix = np.abs(gaps).sum(axis=1) / rows.weights.sum(axis=1)
    return value


def lift_top_tenth(rows: WeightedRows) -> Matrix:
    """Churn rate of the tenth with the highest risk, over that of all rows.

    0 to 10, higher is better, 1 is chance (Neslin et al. 2006). A group of equal probability that does not
    fit whole counts with the share that fits.
    """
    room = TOP_SHARE * rows.every.sum(axis=1, keepdims=True)
    taken = _share_that_fits(rows.every, rows.every.cumsum(axis=1) - rows.every, room)
    value: Matrix = (rows.lost * taken).sum(axis=1) / rows.lost.sum(axis=1) / TOP_SHARE
    return value


def revenue_found(rows: WeightedRows) -> Matrix:
    """Share of the churned revenue that lies in the `calls` rows of highest risk of each as-of date.

    0 to 1, higher is better. DataFault where no churned revenue is known.
    """
    ranking, revenue = rows.ranking, rows.ranking.outcomes.churned_revenue
    if revenue is None:
        fault = Fault("revenue", None, "a number per row, above 0 for some churn", "leave this measure out")
        raise DataFault("No churned revenue is known", [fault])
    weights = rows.weights[:, ranking.by_date]
    every = np.add.reduceat(weights, ranking.date_ties, axis=1)
    lost = np.add.reduceat(weights * revenue[ranking.order][ranking.by_date], ranking.date_ties, axis=1)
    before = every.cumsum(axis=1) - every
    before -= before[:, np.searchsorted(ranking.tie_date, ranking.tie_date)]  # count anew for each date
    taken = _share_that_fits(every, before, np.asarray(float(ranking.outcomes.calls)))
    value: Matrix = (lost * taken).sum(axis=1) / lost.sum(axis=1)
    return value


@dataclass(frozen=True)
class Measure:
    """One measure: how people call it, which way is better, and its function."""

    title: str
    better: Literal["higher", "lower", "near 0", "near 1"]
    of: Callable[[WeightedRows], Matrix]

    @property
    def target(self) -> float | None:
        """The best value of a measure that has one in the middle of its range; None for the others."""
        return {"near 0": 0.0, "near 1": 1.0}.get(self.better)

    @property
    def compared(self) -> str:
        """What a difference of two models is a difference of."""
        return self.title if self.target is None else f"{self.title}, off {self.target:.0f}"

    def to_compare(self, value: Matrix) -> Matrix:
        """`value` itself; for a measure with a target, its distance from the target (lower is better)."""
        return value if self.target is None else np.abs(value - self.target)


MEASURES: dict[str, Measure] = {
    "auc": Measure("AUC", "higher", auc),
    "average_precision": Measure("average precision", "higher", average_precision),
    "brier": Measure("Brier score", "lower", brier),
    "log_loss": Measure("log loss", "lower", log_loss),
    "calibration_slope": Measure("calibration slope", "near 1", calibration_slope),
    "calibration_intercept": Measure("calibration intercept", "near 0", calibration_intercept),
    "calibration_error": Measure("calibration error", "lower", calibration_error),
    "lift_top_tenth": Measure("lift in the top tenth", "higher", lift_top_tenth),
    "revenue_found": Measure("churned revenue found", "higher", revenue_found),
}


def measures_for(outcomes: Outcomes) -> dict[str, Measure]:
    """The measures that these outcomes allow: `revenue_found` only where churned revenue is known."""
    known = outcomes.churned_revenue is not None
    return {name: measure for name, measure in MEASURES.items() if known or name != "revenue_found"}


def evaluate(probability: ArrayLike, outcomes: Outcomes) -> dict[str, float]:
    """Every measure that the outcomes allow, each row counting once. `probability` (n,) in (0, 1).

    >>> outcomes = Outcomes.of([1, 0, 0, 1], ["a", "b", "c", "d"], revenue=[300, 50, 0, 100], calls=1)
    >>> measured = evaluate([0.7, 0.2, 0.4, 0.4], outcomes)
    >>> measured["auc"], round(measured["brier"], 4), measured["revenue_found"]
    (0.875, 0.1625, 0.75)
    """
    rows = WeightedRows.once_each(Ranking.of(outcomes, probability))
    return {name: float(measure.of(rows)[0]) for name, measure in measures_for(outcomes).items()}


def _share_that_fits(every: Matrix, before: Matrix, room: Matrix) -> Matrix:
    """The share of each group that still fits into `room` once all `before` it are in. 0 to 1."""
    return _ratio(np.clip(room - before, 0, every), every)


def _ratio(part: Matrix, whole: Matrix) -> Matrix:
    """part / whole, and 0 where both are 0: a group that no resample drew."""
    return part / np.where(whole > 0, whole, 1)
