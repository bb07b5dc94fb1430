"""Seats and subscriptions: how each contract grows and shrinks, as sales operations writes it down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.simulation.arrays import Columns, Flags, Floats, Ints, Times, generator, pick, sigmoid, stack
from training.simulation.latents import Latent
from training.simulation.product import module_texts, modules_licensed
from training.simulation.world import World

CHANGE_LEVEL = -3.6  # log-odds that the seats change in a month, at middling headcount
CHANGE_SLOPE = 1.1
RENEWAL_SHRINK = -2.2  # log-odds that the seats shrink at a renewal
SIZES = (0.05, 0.3)


@dataclass(frozen=True)
class Seats:
    """`seats` and `price` (per seat and month), shape (month, account), and `change_day`, the day of
    the month on which seats, price or the contract's end changed (0: nothing did)."""

    seats: Floats
    price: Floats
    change_day: Ints


def draw_seats(world: World) -> Seats:
    """Seats follow the latent headcount: changes in mid-term, and adjustments at renewals."""
    rng, customers = generator(world.params.seed, "seats"), world.customers
    shape = (len(world.starts), customers.count)
    seats, price = np.tile(customers.seats, (shape[0], 1)), np.tile(customers.seat_price, (shape[0], 1))
    change_day = np.zeros(shape, dtype=np.int64)
    for month in range(shape[0]):
        before, begins = max(month - 1, 0), customers.begins(month)
        seats[month] = np.clip(np.round(seats[before] * _factor(world, rng, month)), 3, 2_000)
        price[month] = price[before] * (1 + 0.07 * rng.random(shape[1]) * customers.renews(month))
        day = np.where(begins, customers.renewal_day, rng.integers(2, 29, shape[1]))
        change_day[month] = day * (begins | (seats[month] != seats[before]))
    return Seats(seats, price, change_day)


def _factor(world: World, rng: np.random.Generator, month: int) -> Floats:
    """By how much each account's seats grow or shrink in a month; 1 where they stay."""
    headcount, n = world.latents.state(month, Latent.HEADCOUNT), world.customers.count
    shrink_level = np.where(world.customers.renews(month), RENEWAL_SHRINK, CHANGE_LEVEL)
    shrinks = rng.random(n) < sigmoid(shrink_level - CHANGE_SLOPE * headcount)
    grows = rng.random(n) < sigmoid(CHANGE_LEVEL + CHANGE_SLOPE * headcount)
    size = rng.uniform(*SIZES, n)
    live = month > world.customers.start
    return np.where(live & shrinks, 1 - size, np.where(live & grows, 1 + size, 1.0))


def subscriptions_table(world: World, seats: Seats) -> Columns:
    """The rows of `subscriptions`: the state in which the book finds each account, then every change."""
    month, account = np.nonzero(seats.change_day)
    at = world.moment(month, seats.change_day[month, account])
    held = world.is_customer(account, at) & (at < world.end) & _from_the_last_before(world, account, at)
    changes = _rows(world, seats, month[held], account[held], at[held])
    rows = stack([changes, _terminations(world, seats)])
    return pick(rows, np.lexsort((rows["changed_at"], rows["account_id"])))


def _from_the_last_before(world: World, account: Ints, at: Times) -> Flags:
    """Rows within the book, and of those before it only each account's last (rows come by time)."""
    last = np.full(world.customers.count, world.starts[0])
    before = at < world.begin
    np.maximum.at(last, account[before], at[before])
    return np.asarray(~before | (at == last[account]))


def _terminations(world: World, seats: Seats) -> Columns:
    """An early termination changes the contract's end: one more row, on the day."""
    account = np.flatnonzero(world.outcomes.early)
    at = world.outcomes.churned_at[account]
    rows = _rows(world, seats, world.outcomes.churn_month[account], account, at)
    return {**rows, "ends_at": at}


def _rows(world: World, seats: Seats, month: Ints, account: Ints, at: Times) -> Columns:
    customers, count = world.customers, seats.seats[month, account]
    return {
        "subscription_id": np.array([f"S{name[1:]}" for name in customers.ids[account]], dtype=object),
        "account_id": customers.ids[account],
        "product": np.full(len(account), "suite", dtype=object),
        "modules": module_texts(modules_licensed(world))[account],
        "seats": count,
        "mrr": np.round(count * seats.price[month, account], 2),
        "currency": np.where(customers.chinese, "CNY", "USD").astype(object)[account],
        "starts_at": customers.created_at[account],
        "ends_at": contract_end(world, month, account),
        "changed_at": at,
    }


def contract_end(world: World, month: Ints, account: Ints) -> Times:
    """End of the yearly contract in force after a change in that month.

    Changes in a renewal month fall on the renewal day itself, so the new contract is the one in force.
    """
    start = world.customers.start[account]
    return world.moment(start + 12 * ((month - start) // 12 + 1), world.customers.renewal_day[account])
