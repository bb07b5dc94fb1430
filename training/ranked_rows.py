"""What happened to each row, and one model's rows in the order of their risk.

A `Ranking` is sorted once; `WeightedRows` holds it under b weightings at a time: a bootstrap is a matrix of
weights. Rows of equal probability share their place, so that the order in which rows arrive never matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit

from features.faults import DataFault, Fault
from training.calibration import Matrix, greatest_posterior, posterior_derivatives

Indices = NDArray[np.intp]

CALLS = 20  # calls that a team can make for one as-of date
NEWTON_STEPS = 5
SETTLED = 1e-4  # each step squares the distance: what is left is below 1e-7


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What happened: one row per account and as-of date whose label is mature. Columns of shape (n,).

    `churned` is 0 or 1, `account` and `date` are codes from 0, `revenue` is 0 or more in one currency
    (None: not known), `calls` is the number of calls that can be made for one as-of date.
    """

    churned: Matrix
    account: Indices
    date: Indices
    revenue: Matrix | None
    calls: int

    @classmethod
    def of(
        cls,
        churned: ArrayLike,
        account: ArrayLike,
        revenue: ArrayLike | None = None,
        as_of: ArrayLike | None = None,
        calls: int = CALLS,
    ) -> Outcomes:
        """Checked outcomes; `account` and `as_of` are keys of any kind (no `as_of`: all rows of one date).

        DataFault with all that is wrong, also where nobody churned or everybody did.

        >>> Outcomes.of([1, 0, 0], ["a", "a", "b"]).account
        array([0, 0, 1])
        """
        y = np.asarray(churned, dtype=np.float64)
        money = None if revenue is None else np.asarray(revenue, dtype=np.float64)
        keys, dates = np.asarray(account), np.zeros(len(y)) if as_of is None else np.asarray(as_of)
        columns = {"account": keys, "as_of": dates, "revenue": money}
        if faults := _misaligned(len(y), **columns) + _impossible(y, money, calls):
            raise DataFault("The outcomes cannot be evaluated", faults)
        return cls(y, _codes(keys), _codes(dates), money, calls)

    @property
    def churned_revenue(self) -> Matrix | None:
        """Revenue of the rows that churned, 0 in the others; None where no churned revenue is known."""
        if self.revenue is None or not (self.revenue * self.churned).any():
            return None
        return self.revenue * self.churned


@dataclass(frozen=True, eq=False)
class Ranking:
    """One model's rows from the highest churn probability to the lowest.

    `order` leads from the rows of the outcomes to these, `ties` are the first rows of the groups of equal
    probability. `by_date`, `date_ties` and `tie_date` are the same again within each as-of date.
    """

    outcomes: Outcomes
    order: Indices
    churned: Matrix
    probability: Matrix
    ties: Indices
    by_date: Indices
    date_ties: Indices
    tie_date: Indices

    @classmethod
    def of(cls, outcomes: Outcomes, probability: ArrayLike, name: str = "probability") -> Ranking:
        """`probability` (n,) of churn, strictly between 0 and 1. DataFault where it is not, by `name`."""
        p = np.asarray(probability, dtype=np.float64)
        if faults := probability_faults(outcomes, p, name):
            raise DataFault("These are no churn probabilities of the rows", faults)
        order = np.argsort(-p, kind="stable")
        by_date = np.argsort(outcomes.date[order], kind="stable")
        day = outcomes.date[order][by_date]
        ties, date_ties = _first_of_runs(p[order]), _first_of_runs(day, p[order][by_date])
        y = outcomes.churned[order]
        return cls(outcomes, order, y, p[order], ties, by_date, date_ties, day[date_ties])

    @cached_property
    def line(self) -> Matrix:
        """(2,): intercept and slope of the logistic regression of churn on the log-odds of all rows."""
        return greatest_posterior(logit(self.probability), self.churned, np.ones_like(self.churned))

    def equal_groups(self, groups: int) -> Indices:
        """First rows of at most `groups` groups of like size, none of which parts equal probabilities."""
        edges = np.arange(groups) * len(self.order) // groups
        return np.unique(self.ties[np.searchsorted(self.ties, edges, side="right") - 1])


@dataclass(frozen=True, eq=False)
class WeightedRows:
    """A ranking under b weightings of its rows: `weights` (b, n), in the order of the ranking, 0 or more."""

    ranking: Ranking
    weights: Matrix

    @classmethod
    def once_each(cls, ranking: Ranking) -> WeightedRows:
        """Every row once: b = 1."""
        return cls(ranking, np.ones((1, len(ranking.order))))

    def mean(self, values: Matrix) -> Matrix:
        """(b,): weighted mean of `values` (n,), in the order of the ranking."""
        mean: Matrix = self.weights @ values / self.weights.sum(axis=1)
        return mean

    @cached_property
    def every(self) -> Matrix:
        """(b, groups): the weight of each group of equal probability."""
        return np.add.reduceat(self.weights, self.ranking.ties, axis=1)

    @cached_property
    def lost(self) -> Matrix:
        """(b, groups): the weight that churned in each group of equal probability."""
        return np.add.reduceat(self.weights * self.ranking.churned, self.ranking.ties, axis=1)

    @cached_property
    def lines(self) -> Matrix:
        """(b, 2): intercepts and slopes of churn on log-odds (Cox 1958), weakly drawn to (0, 1).

        Newton's steps from the line of all rows; the few weightings that they do not settle, such as those
        that a threshold separates, are fitted one by one.
        """
        x, y = logit(self.ranking.probability), self.ranking.churned
        lines, moving = np.tile(self.ranking.line, (len(self.weights), 1)), np.arange(len(self.weights))
        for _ in range(NEWTON_STEPS):
            gradient, information = posterior_derivatives(lines[moving], x, y, self.weights[moving])
            step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
            lines[moving] += step
            moving = moving[np.abs(step).max(axis=1) > SETTLED]
        for row in moving:
            lines[row] = greatest_posterior(x, y, self.weights[row])
        return lines


def probability_faults(outcomes: Outcomes, probability: Matrix, name: str) -> list[Fault]:
    """What keeps `probability` from being one churn probability per row; empty where nothing does."""
    misaligned = _misaligned(len(outcomes.churned), **{name: probability})
    inside = (probability > 0) & (probability < 1)
    if misaligned or inside.all():
        return misaligned
    bad = float(probability[~inside][0])
    return [Fault(name, bad, "numbers strictly between 0 and 1", "calibrate the scores first")]


def _misaligned(rows: int, **columns: NDArray | None) -> list[Fault]:
    allowed = f"one value for each of the {rows} rows"
    return [
        Fault(name, f"shape {column.shape}", allowed, "align it with the rows")
        for name, column in columns.items()
        if column is not None and column.shape != (rows,)
    ]


def _impossible(y: Matrix, revenue: Matrix | None, calls: int) -> list[Fault]:
    faults = []
    if not np.isin(y, (0, 1)).all():
        odd = float(y[~np.isin(y, (0, 1))][0])
        faults.append(Fault("churned", odd, "0 or 1", "leave out rows whose label is not mature"))
    elif len(np.unique(y)) < 2:
        found = f"{int(y.sum())} churns in {len(y)} rows"
        faults.append(Fault("churned", found, "rows of both outcomes", "take more as-of dates"))
    if revenue is not None and not (np.isfinite(revenue) & (revenue >= 0)).all():
        bad = float(revenue[~(np.isfinite(revenue) & (revenue >= 0))][0])
        faults.append(Fault("revenue", bad, "finite numbers from 0", "say 0 where it is not known"))
    if calls < 1:
        faults.append(Fault("calls", calls, "1 or more", "give the calls a team makes per as-of date"))
    return faults


def _codes(keys: NDArray) -> Indices:
    return np.unique(keys.astype(str), return_inverse=True)[1]


def _first_of_runs(*columns: NDArray) -> Indices:
    changes = [column[1:] != column[:-1] for column in columns]
    return np.flatnonzero(np.concatenate([[True], np.any(changes, axis=0)]))
