"""Invoices: monthly for small customers, quarterly for the others, and paid late under stress."""

from __future__ import annotations

import numpy as np

from training.simulation.arrays import NEVER, Columns, Floats, Ints, Times, days, generator, softplus
from training.simulation.contracts import Seats
from training.simulation.customers import numbered
from training.simulation.latents import Latent
from training.simulation.world import World

TERMS_DAYS = 30
KEYED_LATE = 0.03  # share of invoices that are written by hand and keyed in days later


def invoices_table(world: World, seats: Seats) -> Columns:
    """The rows of `invoices`, issued on the renewal day's anniversary in each billing month."""
    rng, customers = generator(world.params.seed, "invoices"), world.customers
    period = np.where(customers.segment == 0, 1, 3)
    bills = [(m >= customers.start) & ((m - customers.start) % period == 0) for m in world.months]
    month, account = np.nonzero(np.stack(bills))
    month = month + world.months.start
    issued = world.moment(month, customers.renewal_day[account]) + days(0.375)
    amount = seats.seats[month, account] * seats.price[month, account] * period[account]
    rows = {
        "account": account,
        "amount": np.round(amount, 2),
        "currency": np.where(customers.chinese, "CNY", "USD").astype(object)[account],
        "issued_at": issued,
        "due_at": issued + days(TERMS_DAYS),
        "paid_at": _payments(world, rng, month, account, issued),
        "recorded_at": _keyed(rng, issued),
    }
    rows = world.within(rows, account, "issued_at")
    account = rows.pop("account")
    ids = numbered("I", len(account))
    return {"invoice_id": ids, "account_id": customers.ids[account], **rows}


def _payments(world: World, rng: np.random.Generator, month: Ints, account: Ints, issued: Times) -> Times:
    """When the money came: some days before the due date when all is well, weeks after under stress.

    A payment is booked on a later day than the bank's in some cases; the book holds the booking.
    """
    stress = softplus(1.5 * world.latents.states[month, account, Latent.PAYMENT_STRESS])
    late = -9.0 + 9.0 * stress * rng.gamma(2.0, 0.5, len(month)) + rng.normal(0, 4, len(month))
    booking: Floats = rng.exponential(6.0, len(month)) * (rng.random(len(month)) < 0.15)
    paid = issued + days(np.maximum(TERMS_DAYS + late, 1.0) + booking)
    never = rng.random(len(month)) < 0.004
    return np.where(never, NEVER, paid)


def _keyed(rng: np.random.Generator, issued: Times) -> Times:
    lag = days(rng.uniform(0.5, 5.0, len(issued)))
    return np.where(rng.random(len(issued)) < KEYED_LATE, issued + lag, NEVER)
