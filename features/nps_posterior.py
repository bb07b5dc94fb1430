"""How sure an NPS on few answers is (V1, V2): a posterior by role and an interval that keeps its word.

Of one role of one account `d`, `p`, `u` people were last heard as detractors, passives, promoters.
What the role thinks is the shares (δ, π, υ) from which such answers are drawn; its latent NPS is
100 (υ − δ). The posterior is Dirichlet(d + f/3 + f g_d, p + f/3 + f g_p, u + f/3 + f g_u) with f = 0.1
and g the shares among the answers of the same role in the other accounts of the segment: the prior
weighs a fifth of an answer, half of it flat and half of it the segment's.

The interval imagines one more answer against itself: its lower end is the t-quantile with one more
detractor, its upper end the (1 − t)-quantile with one more promoter (with two classes and no prior this
is the interval of Clopper and Pearson, 1934; as a set of priors, Walley's imprecise Dirichlet model,
1996). Of n answers t is 5 % n / (n + 2): few answers leave few ends to choose from, so that less may
lie beyond them. Why so, and what it covers: docs/decisions/an-nps-interval-imagines-one-more-answer-against-
itself.md and benchmarks/nps_intervals.py.
"""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaincinv

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEVEL = 0.90  # what the interval is made to cover, of every latent NPS; see the benchmark
TAIL = (1 - LEVEL) / 2  # beyond each end by the posterior, where many answered
FLAT = 0.1  # answers' worth of prior spread evenly over the three classes
SEGMENT = 0.1  # answers' worth of prior spread as the role answers in the other accounts of the segment


def segment_shares(counts: Floats, as_of_day: NDArray[np.int64], segment: pd.Series) -> Floats:
    """How the same role answers elsewhere: shares of the classes, (rows, roles, 3).

    Elsewhere are the other accounts of the segment at the same as-of date; where nobody of the role
    answered there (or the segment is unknown) all other accounts; where nobody did at all, a third
    each. `counts` is (rows, roles, 3): detractors, passives, promoters.
    """
    day = pd.Series(as_of_day, index=segment.index)
    book = _others(counts, [day])
    near = np.where(segment.isna().to_numpy()[:, None, None], 0.0, _others(counts, [day, segment.fillna("")]))
    flat = np.ones_like(counts)
    chosen = np.where(_people(near)[..., None] > 0, near, np.where(_people(book)[..., None] > 0, book, flat))
    shares: Floats = chosen / _people(chosen)[..., None]
    return shares


def _others(counts: Floats, groups: list[pd.Series]) -> Floats:
    """The group's counts without the row's own. Sums of whole numbers: the same in any order."""
    flat = pd.DataFrame(counts.reshape(len(counts), -1), index=groups[0].index)
    total = flat.groupby(groups).transform("sum").to_numpy("float64")
    return np.asarray((total - flat.to_numpy()).reshape(counts.shape), dtype=np.float64)


def _people(counts: Floats) -> Floats:
    """How many answered, over the last axis (detractors, passives, promoters)."""
    return np.asarray(counts[..., 0] + counts[..., 1] + counts[..., 2], dtype=np.float64)


def role_nps(counts: Floats) -> Floats:
    """100 (promoters − detractors) / answers over the last axis; NaN where nobody answered."""
    n = _people(counts)
    net = 100 * (counts[..., 2] - counts[..., 0])
    found: Floats = np.divide(net, n, out=np.full(n.shape, np.nan), where=n > 0)
    return found


def posterior(counts: Floats, shares: Floats) -> Floats:
    """The Dirichlet parameters of the role's (detractor, passive, promoter) shares; shape of `counts`.

    >>> posterior(np.array([0.0, 0.0, 1.0]), np.array([0.2, 0.3, 0.5])).round(4).tolist()
    [0.0533, 0.0633, 1.0833]
    """
    return np.asarray(counts + FLAT / 3 + SEGMENT * shares, dtype=np.float64)


def expected_nps(dirichlet: Floats) -> Floats:
    """The posterior mean of the latent NPS, −100 … 100."""
    return np.asarray(100 * (dirichlet[..., 2] - dirichlet[..., 0]) / _people(dirichlet), dtype=np.float64)


def role_interval(counts: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """(low, high) of the latent NPS of each role, −100 … 100: at least 90 % intervals, see the module.

    Both ends hold the NPS by the answers: where everybody promotes, the upper end is 100. NaN where
    nobody answered. The quantile is that of the beta distribution on [−100, 100] with the mean and
    the variance of the Dirichlet's υ − δ.

    >>> one_promoter, elsewhere = np.array([0.0, 0.0, 1.0]), np.array([0.2, 0.3, 0.5])
    >>> [round(float(end), 1) for end in role_interval(one_promoter, elsewhere)]
    [-94.7, 100.0]
    >>> role_interval(np.zeros(3), elsewhere)
    (np.float64(nan), np.float64(nan))
    """
    point, belief = role_nps(counts), posterior(counts, shares)
    heard = ~np.isnan(point)
    low, high = np.full(point.shape, np.nan), np.full(point.shape, np.nan)
    n = _people(counts)[heard]
    tail = TAIL * n / (n + 2)
    low[heard] = _quantile(belief[heard] + np.array([1.0, 0.0, 0.0]), tail)
    high[heard] = _quantile(belief[heard] + np.array([0.0, 0.0, 1.0]), 1 - tail)
    return np.minimum(low, point), np.maximum(high, point)


def _quantile(dirichlet: Floats, share: Floats) -> Floats:
    """The quantile of 100 (υ − δ): m and v are its mean and variance on −1 … 1."""
    down, up, size = dirichlet[..., 0], dirichlet[..., 2], _people(dirichlet)
    m = (up - down) / size
    v = ((up + down) / size - m * m) / (size + 1)
    together = (1 - m * m) / v - 1
    a, b = (1 + m) / 2 * together, (1 - m) / 2 * together
    return np.asarray(200 * betaincinv(a, b, share) - 100, dtype=np.float64)


def in_role_order(terms: Floats) -> Floats:
    """The sum over the last axis (roles), always added in the same order: the same bits for any rows."""
    total: Floats = reduce(add, (terms[..., place] for place in range(terms.shape[-1])))
    return total


def account_nps(by_role: Floats, weights: Floats) -> Floats:
    """The weighted mean of the roles' NPS over the roles heard; NaN where none with a weight was.

    `by_role` is (rows, roles) with NaN for a role not heard, `weights` (roles,).
    """
    heard = np.where(np.isnan(by_role), 0.0, weights)
    total = in_role_order(heard)
    weighted = in_role_order(heard * np.nan_to_num(by_role, nan=0.0))
    found: Floats = np.divide(weighted, total, out=np.full(total.shape, np.nan), where=total > 0)
    return found


def account_interval(
    by_role: Floats, low: Floats, high: Floats, present: Flags, weights: Floats
) -> tuple[Floats, Floats]:
    """(low, high) of the account's latent NPS over the roles *present*, −100 … 100.

    With ω the weights renewed over the roles present, the roles heard lie as far below their NPS as
    √Σ (ω (nps − low))², and above alike (Zou and Donner 2008: the roles answer independently, so
    their chances add in squares). A role present and not heard may be anything: it adds ω times −100
    at the lower end and ω times 100 at the upper. NaN where the account NPS is.

    All of `by_role`, `low`, `high`, `present` are (rows, roles); a role heard counts as present.
    """
    heard = ~np.isnan(by_role)
    given = np.where(present | heard, weights, 0.0)
    total = in_role_order(given)
    share = given / np.where(total > 0, total, np.nan)[..., None]
    middle = in_role_order(share * np.where(heard, by_role, 0.0))
    silent = 100 * in_role_order(np.where(heard, 0.0, share))
    below = np.sqrt(in_role_order(np.where(heard, share * (by_role - low), 0.0) ** 2))
    above = np.sqrt(in_role_order(np.where(heard, share * (high - by_role), 0.0) ** 2))
    known = ~np.isnan(account_nps(by_role, weights))
    ends = np.maximum(middle - below - silent, -100.0), np.minimum(middle + above + silent, 100.0)
    return np.where(known, ends[0], np.nan), np.where(known, ends[1], np.nan)
