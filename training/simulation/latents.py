"""What is going on inside each account, month by month, and what nobody sees directly.

Seven latent states follow a mean-reverting AR(1) process around the account's own mean, so that
today's state informs the next twelve months without fixing them; each has mean 0 and variance 1 over
the book. An eighth, the months since the key decision maker (the sponsor) left, is a renewal chain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from training.simulation.arrays import Flags, Floats, Ints, generator
from training.simulation.customers import Customers
from training.simulation.params import SimulationParams


class Latent(IntEnum):
    """Position of each latent state in the last axis of `Latents.states`. Higher is more of it."""

    ADOPTION = 0
    DECISION_MAKER_GOODWILL = 1
    COMPETITOR_INTEREST = 2
    USER_GOODWILL = 3
    SUPPORT_BURDEN = 4
    PAYMENT_STRESS = 5
    HEADCOUNT = 6


PERSISTENCE = 0.93  # from one month to the next
SPREAD_OF_MEANS = 0.5  # share of the variance that lies between accounts, and never reverts
GAP_MONTHS = 9  # how long an account suffers from a sponsor who left
DEPARTURE_CHANCE = 0.013  # a month, while there is a sponsor
CORRELATIONS = {
    (Latent.ADOPTION, Latent.USER_GOODWILL): 0.4,
    (Latent.ADOPTION, Latent.DECISION_MAKER_GOODWILL): 0.2,
    (Latent.DECISION_MAKER_GOODWILL, Latent.COMPETITOR_INTEREST): -0.5,
    (Latent.USER_GOODWILL, Latent.SUPPORT_BURDEN): -0.3,
}


@dataclass(frozen=True)
class Latents:
    """`states` (month, account, latent), `means` (account, latent), `since_left` (month, account):
    months since the sponsor left, GAP_MONTHS meaning that long ago or never. `moved` (month, latent) is what
    a shift of the market adds to the states and to the means of every account."""

    states: Floats
    means: Floats
    since_left: Ints
    moved: Floats

    def moved_by(self, moved: Floats) -> Latents:
        """The same accounts where the market shifts."""
        return replace(self, states=self.states + moved[:, None, :], moved=moved)

    def means_at(self, month: Ints, account: Ints) -> Floats:
        """The mean that each account's latents go back to, as it is in that month."""
        return np.asarray(self.means[account] + self.moved[month])

    def state(self, month: int, latent: Latent) -> Floats:
        """One latent of every account at the start of a month."""
        return np.asarray(self.states[month, :, latent])

    def gap(self, month: int) -> Flags:
        """Whether each account is without its sponsor at the start of a month."""
        return np.asarray(self.since_left[month] < GAP_MONTHS)


def draw_latents(params: SimulationParams, customers: Customers) -> Latents:
    """The latents of every account from the start of the timeline to the book's end, inclusive."""
    rng = generator(params.seed, "latents")
    steps = len(params.month_starts())
    means = _draw(rng, customers.count) * np.sqrt(SPREAD_OF_MEANS)
    deviation = _draw(rng, customers.count) * np.sqrt(1 - SPREAD_OF_MEANS)
    shock = np.sqrt((1 - SPREAD_OF_MEANS) * (1 - PERSISTENCE**2))  # keeps the variance as it is
    states = np.empty((steps, customers.count, len(Latent)))
    for month in range(steps):
        states[month] = means + deviation
        deviation = PERSISTENCE * deviation + shock * _draw(rng, customers.count)
    unmoved = np.zeros((steps, len(Latent)))
    return Latents(states, means, _since_sponsor_left(rng, customers, steps), unmoved)


def _draw(rng: np.random.Generator, count: int) -> Floats:
    return np.asarray(rng.standard_normal((count, len(Latent))) @ mixing().T)


def mixing() -> Floats:
    """The matrix that turns independent standard normals into correlated ones (Cholesky)."""
    correlation = np.eye(len(Latent))
    for (a, b), value in CORRELATIONS.items():
        correlation[a, b] = correlation[b, a] = value
    return np.asarray(np.linalg.cholesky(correlation))


def _since_sponsor_left(rng: np.random.Generator, customers: Customers, steps: int) -> Ints:
    since = np.full((steps, customers.count), GAP_MONTHS)
    for month in range(1, steps):
        may_leave = (since[month - 1] == GAP_MONTHS) & (month > customers.start)
        leaves = may_leave & (rng.random(customers.count) < DEPARTURE_CHANCE)
        since[month] = np.where(leaves, 0, np.minimum(since[month - 1] + 1, GAP_MONTHS))
    return since


def gap_chances(ahead: int) -> Floats:
    """P(no sponsor j months ahead | left s months ago), shape (ahead + 1, GAP_MONTHS + 1). Exact.

    >>> [round(float(p), 3) for p in gap_chances(1)[:, GAP_MONTHS]]
    [0.0, 0.013]
    """
    step = np.eye(GAP_MONTHS + 1, k=1)
    step[GAP_MONTHS, [0, GAP_MONTHS]] = DEPARTURE_CHANCE, 1 - DEPARTURE_CHANCE
    powers = [np.linalg.matrix_power(step, j) for j in range(ahead + 1)]
    return np.stack([power[:, :GAP_MONTHS].sum(axis=1) for power in powers])
