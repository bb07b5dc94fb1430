"""One simulated world: customers, their latents and their outcomes, which all sources are drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.simulation.arrays import DAY, Columns, Flags, Ints, Times, pick
from training.simulation.customers import Customers, draw_customers
from training.simulation.latents import Latents, draw_latents
from training.simulation.market_shift import market_shift
from training.simulation.outcomes import Outcomes, draw_outcomes
from training.simulation.params import LEAD, SimulationParams, moment


@dataclass(frozen=True)
class World:
    """Everything that is true, before any source has shown a part of it.

    `starts` are the month starts of the timeline; position `LEAD` is where the book begins.
    """

    params: SimulationParams
    starts: Times
    customers: Customers
    latents: Latents
    outcomes: Outcomes

    @property
    def months(self) -> range:
        """The months of the book."""
        return range(LEAD, LEAD + self.params.months)

    @property
    def begin(self) -> np.datetime64:
        """Midnight on which the book begins: no event before it is in the book."""
        return np.datetime64(self.starts[LEAD])

    @property
    def end(self) -> np.datetime64:
        """Midnight on which the book ends: no event at or after it is in the book."""
        return np.datetime64(self.starts[-1])

    def days_in(self, month: int) -> int:
        """The number of days in a month of the book."""
        return int((self.starts[month + 1] - self.starts[month]) / DAY)

    def moment(self, month: Ints, day: Ints) -> Times:
        """Midnight UTC of a day (1–28) of each month of the timeline, or beyond it."""
        return moment(self.params, month, day)

    def month_of(self, at: Times) -> Ints:
        """The month of the timeline that each moment lies in."""
        months = at.astype("datetime64[M]") - self.starts[0].astype("datetime64[M]")
        return np.asarray(months.astype(np.int64))

    def is_customer(self, account: Ints, at: Times) -> Flags:
        """Whether each account is a customer at each moment (an account that left writes nothing)."""
        left = self.outcomes.churned_at[account]
        return np.asarray((self.customers.created_at[account] <= at) & (np.isnat(left) | (at < left)))

    def within(self, columns: Columns, account: Ints, time: str) -> Columns:
        """The rows whose moment lies within the book and within the account's time as a customer."""
        at = columns[time]
        return pick(columns, (at >= self.begin) & (at < self.end) & self.is_customer(account, at))


def draw_world(params: SimulationParams) -> World:
    """The world under these parameters; the same parameters give the same world."""
    customers = draw_customers(params)
    latents = draw_latents(params, customers)
    moved = latents.moved_by(market_shift(params))
    outcomes = draw_outcomes(params, customers, latents, moved)
    return World(params, params.month_starts(), customers, moved, outcomes)
