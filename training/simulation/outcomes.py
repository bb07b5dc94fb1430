"""Who leaves, when and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.simulation.arrays import Flags, Floats, Ints, Times, days, generator, sigmoid
from training.simulation.customers import Customers
from training.simulation.hazard import SPONSOR_LEFT, early_chance, renewal_log_odds
from training.simulation.latents import Latent, Latents
from training.simulation.params import LEAD, SimulationParams


@dataclass(frozen=True)
class Outcomes:
    """`intercept` of the renewal log-odds, and per account: the month it leaves in (past the
    timeline where it stays), the moment, whether that was before the end of its contract."""

    intercept: float
    churn_month: Ints
    churned_at: Times
    early: Flags

    def active(self, month: int, customers: Customers) -> Flags:
        """Who is a customer at the start of that month."""
        return (customers.start < month) & (month <= self.churn_month)

    def present(self, month: int, customers: Customers) -> Flags:
        """Who is a customer at some moment of that month."""
        return (customers.start <= month) & (month <= self.churn_month)

    def decided(self, month: int) -> Flags:
        """Who has already decided to leave at the next renewal, and has not left."""
        return ~self.early & (month <= self.churn_month) & (month >= self.churn_month - 1)


def decision_log_odds(latents: Latents, month: int) -> Floats:
    """Log-odds, without intercept, with which each account would refuse in that month's state."""
    return np.asarray(renewal_log_odds(latents.states[month]) + SPONSOR_LEFT * latents.gap(month))


def draw_outcomes(
    params: SimulationParams, customers: Customers, latents: Latents, moved: Latents
) -> Outcomes:
    """Outcomes whose expected annual share of full churn is `params.annual_churn`, had nothing shifted.

    A renewal in month m is decided at the start of month m - 1, 32 to 58 days before. `moved` are the
    latents as a shift of the market leaves them: they decide, on the scale that holds without it.
    """
    intercept = _intercept(params.annual_churn, *_chances(params, customers, latents))
    return _draw(params, customers, intercept, *_chances(params, customers, moved))


def _chances(params: SimulationParams, customers: Customers, latents: Latents) -> tuple[Floats, Floats]:
    """Per month of the book and account: decision log-odds (-inf: none due), early chance."""
    months = range(LEAD, LEAD + params.months)
    due = [np.where(customers.renews(m), decision_log_odds(latents, m - 1), -np.inf) for m in months]
    present = np.stack([customers.start < m for m in months])
    early = np.stack([early_chance(latents.state(m, Latent.PAYMENT_STRESS)) for m in months])
    return np.stack(due), early * present


def _intercept(target: float, due: Floats, early: Floats) -> float:
    """The intercept at which expected churns per expected account-year meet the target (bisection)."""
    low, high = -12.0, 4.0
    for _ in range(40):
        middle = (low + high) / 2
        stays = (1 - sigmoid(due + middle)) * (1 - early)
        before = np.vstack([np.ones(due.shape[1]), np.cumprod(stays, axis=0)[:-1]])
        present = before * (early > 0)
        rate = 12 * (present * (1 - stays)).sum() / present.sum()
        low, high = (middle, high) if rate < target else (low, middle)
    return (low + high) / 2


def _draw(
    params: SimulationParams, customers: Customers, intercept: float, due: Floats, early: Floats
) -> Outcomes:
    rng = generator(params.seed, "outcomes")
    refuses = rng.random(due.shape) < sigmoid(due + intercept)
    terminates = rng.random(due.shape) < early
    leaves = refuses | terminates
    ever = leaves.any(axis=0)
    first = leaves.argmax(axis=0)
    at_renewal = refuses[first, np.arange(due.shape[1])]
    day = np.where(at_renewal, customers.renewal_day, rng.integers(2, 29, due.shape[1]))
    at = params.month_starts()[first + LEAD] + days(day - 1)
    past = LEAD + params.months + 1
    return Outcomes(
        intercept=intercept,
        churn_month=np.where(ever, first + LEAD, past),
        churned_at=np.where(ever, at, np.datetime64("NaT", "s")),
        early=ever & ~at_renewal,
    )
