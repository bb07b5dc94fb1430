"""Whether an NPS really moved between two dates (H7): the probability that it fell, or that it rose.

Who answered at both dates is compared with himself, who was not asked again did not move, and who
joined or left the panel is compared with the others of the role. Each person pulls the role's NPS by

    pull = [heard later] (x_later − m) / n_later  −  [heard earlier] (x_earlier − m) / n_earlier

with x = −1, 0, 1 for detractor, passive, promoter, n the people heard at that date and m the mean of
all n_later + n_earlier answers. The pulls of a role add up to its move (over 100); who gave the same
answer to a panel of the same size pulls by nothing. Over roles heard at both dates the pulls are
weighted by role, so that a role that begins or ceases to answer moves nothing.

With F and R the sums of the pulls down and up, and n = (F + R)² / Σ pull² the number of people who
would pull as unevenly, n F / (F + R) of n fell. The posterior of the share that falls is beta; the
probability that the NPS really fell is that of a share above a half after one more person, imagined,
moved the other way:

    P(fell) = P(Beta(n F / (F + R), n R / (F + R) + 1) > 1/2),   0 where nobody pulls down

and P(rose) alike; what is left is "too few to tell". Where all pull alike this is one minus the
p-value of the sign test, so that without change P(fell) reaches 95 % in at most 5 % of panels
(measured: benchmarks/nps_intervals.py).
"""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
from scipy.special import betainc

from features.nps_panel import CLASSES
from features.nps_posterior import Floats

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
    later, earlier = heard_at(cells, -1), heard_at(cells, -2)
    n_later, n_earlier = later.sum(axis=-1), earlier.sum(axis=-1)
    both = (n_later > 0) & (n_earlier > 0) & (weights > 0)
    down, up, squares = np.zeros((3, len(cells)))
    for role, weight in enumerate(weights):
        for (before, after), pull in _pulls(later[:, role], earlier[:, role]).items():
            pulled = np.where(both[:, role], weight * pull, 0.0)
            people = cells[:, role, before, after]
            down += people * np.maximum(-pulled, 0.0)
            up += people * np.maximum(pulled, 0.0)
            squares += people * pulled * pulled
    comparable = both.any(axis=-1)
    return _share_above_half(down, up, squares, comparable), _share_above_half(up, down, squares, comparable)


def _pulls(later: Floats, earlier: Floats) -> dict[tuple[int, int], Floats]:
    """The pull of a person by (earlier class, later class): one number per row. In whole numbers until
    the division, so that who pulls by nothing pulls by nothing exactly."""
    n_later, n_earlier = later.sum(axis=-1), earlier.sum(axis=-1)
    n, total = n_later + n_earlier, later[:, 2] - later[:, 0] + earlier[:, 2] - earlier[:, 0]
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


def _share_above_half(this: Floats, other: Floats, squares: Floats, comparable: np.ndarray) -> Floats:
    """P(Beta(n this / (this + other), n other / (this + other) + 1) > 1/2); 0 where `this` is 0."""
    some = comparable & (this > 0)
    people = np.divide((this + other), squares, out=np.zeros_like(this), where=some)  # n / (this + other)
    found = np.where(comparable, 0.0, np.nan)
    found[some] = betainc(people[some] * other[some] + 1, people[some] * this[some], 0.5)
    return found
