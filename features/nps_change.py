"""Whether an NPS really moved between two dates (H7): the probability that it fell, or that it rose.

Only an answer given between the two dates can show a move. Who answered anew is compared with himself;
who was not asked again did not move: the earlier answer stands, also where it is more than a year old
by the later date, so that nobody leaves; who answered for the first time is compared with the others
of the role. Each person pulls the role's NPS by

    pull = (x_later − m) / n_later  −  [heard earlier] (x_earlier − m) / n_earlier

with x = −1, 0, 1 for detractor, passive, promoter, n_earlier the people heard at the earlier date,
n_later these and the new ones, and m the mean of all n_later + n_earlier answers. Where nobody is new
who gave the same answer again pulls by nothing, and the pulls add up to the move of the role. Over the
roles heard at both dates the pulls are weighted by role: a role that begins or ceases to answer moves
nothing.

With F and R the sums of the pulls down and up, k = (F + R) / Σ pull² turns a pull into people: k F of
k (F + R) people fell. The posterior of the share that falls is a beta, and the probability that the NPS
really fell is that of a share above a half after one more person, imagined, moved the other way:

    P(fell) = P(Beta(k F, k R + i) > 1/2),   0 where nobody pulls down
    i = max(1, k w (1 − m) / n_later, k w (1 + m) (1 / n_earlier − 1 / n_later))

the last two over the roles with somebody new: there the imagined person is one more new promoter or one
more detractor heard before, whichever pulls up more. P(rose) is the same with x and m negated; what the
two leave is "too few to tell". Where all pull alike this is one minus the p-value of the sign test, so
that without change P(fell) reaches 95 % in at most 5 % of panels (measured: benchmarks/nps_intervals.py).
"""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
from scipy.special import betainc

from features.nps_panel import CLASSES
from features.nps_posterior import Flags, Floats

CLAIMED = 0.95  # a move is claimed from this probability on
VALUES = (None, -1, 0, 1)  # what a class of CLASSES is worth; absent nothing


def heard_at(cells: Floats, date_axis: int) -> Floats:
    """Detractors, passives, promoters at a date: (rows, roles, 3) from `cells` (rows, roles, 4, 4).

    `date_axis` is −1 for the later date and −2 for the earlier: the axis of `cells` that it runs along.
    """
    along = np.moveaxis(cells, date_axis, -1)
    total: Floats = reduce(add, (along[..., other, :] for other in range(len(CLASSES))))
    return total[..., 1:]


def probabilities(cells: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """(P(fell), P(rose)) of each row, 0 … 1; NaN where no role with a weight was heard at both dates.

    `cells` (rows, roles, 4, 4) counts people by earlier and later class (see CLASSES), `weights`
    (roles,) weighs the roles. Their sum is at most 1.

    >>> users = np.zeros((1, 1, 4, 4))
    >>> users[0, 0, 3, 1] = 5  # five promoters became detractors
    >>> users[0, 0, 2, 3] = 1  # one passive became a promoter
    >>> [round(float(p[0]), 3) for p in probabilities(users, np.array([1.0]))]
    [0.943, 0.004]
    """
    both = (heard_at(cells, -1).sum(axis=-1) > 0) & (heard_at(cells, -2).sum(axis=-1) > 0) & (weights > 0)
    cells = _nobody_left(cells)
    later, earlier = heard_at(cells, -1), heard_at(cells, -2)
    down, up, squares, against_fall, against_rise = np.zeros((5, len(cells)))
    for role, weight in enumerate(weights):
        weighted = np.where(both[:, role], weight, 0.0)
        for (before, after), pull in _pulls(later[:, role], earlier[:, role]).items():
            pulled, people = weighted * pull, cells[:, role, before, after]
            down += people * np.maximum(-pulled, 0.0)
            up += people * np.maximum(pulled, 0.0)
            squares += people * pulled * pulled
        against_fall = np.maximum(against_fall, weighted * _imagined(later[:, role], earlier[:, role], 1))
        against_rise = np.maximum(against_rise, weighted * _imagined(later[:, role], earlier[:, role], -1))
    known = both.any(axis=-1)
    return (
        _more_than_half(down, up, squares, against_fall, known),
        _more_than_half(up, down, squares, against_rise, known),
    )


def _nobody_left(cells: Floats) -> Floats:
    """The cells with those heard at the earlier date alone at the answer they gave."""
    kept = cells.copy()
    for given in range(1, len(CLASSES)):
        kept[..., given, given] += kept[..., given, 0]
        kept[..., given, 0] = 0
    return kept


def _pulls(later: Floats, earlier: Floats) -> dict[tuple[int, int], Floats]:
    """The pull of a person by (earlier class, later class): one number per row. In whole numbers until
    the division, so that who pulls by nothing pulls by nothing exactly."""
    n_later, n_earlier, n, total = _sizes(later, earlier)
    scale = np.maximum(n_later * n_earlier * n, 1)
    zero = np.zeros(len(later))
    return {
        (before, after): (
            (zero if (x := VALUES[after]) is None else n_earlier * (x * n - total))
            - (zero if (y := VALUES[before]) is None else n_later * (y * n - total))
        )
        / scale
        for before in range(len(CLASSES))
        for after in range(len(CLASSES))
    }


def _imagined(later: Floats, earlier: Floats, sign: int) -> Floats:
    """How far one more person would pull a role with somebody new: up for `sign` 1, down for −1; else 0."""
    n_later, n_earlier, n, total = _sizes(later, earlier)
    some = (n_earlier > 0) & (n_later > n_earlier)
    new = n_earlier * (n - sign * total)
    before = (n_later - n_earlier) * (n + sign * total)
    return np.where(some, np.maximum(new, before) / np.maximum(n_later * n_earlier * n, 1), 0.0)


def _sizes(later: Floats, earlier: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """(n_later, n_earlier, all answers, their sum as −1, 0, 1), whole numbers."""
    n_later, n_earlier = later.sum(axis=-1), earlier.sum(axis=-1)
    total = later[:, 2] - later[:, 0] + earlier[:, 2] - earlier[:, 0]
    return n_later, n_earlier, n_later + n_earlier, total


def _more_than_half(this: Floats, other: Floats, squares: Floats, imagined: Floats, known: Flags) -> Floats:
    """P(Beta(k this, k other + i) > 1/2); 0 where `this` is 0, NaN where not `known`."""
    some = known & (this > 0)
    k = (this[some] + other[some]) / squares[some]
    against = k * other[some] + np.maximum(1.0, k * imagined[some])
    found = np.where(known, 0.0, np.nan)
    found[some] = betainc(against, k * this[some], 0.5)
    return found
