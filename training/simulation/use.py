"""Use of the product: one row per user, day and feature, drawn month by month for all users at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.simulation.arrays import DAY, NEVER, Columns, Floats, Ints, Texts, days, generator, sigmoid
from training.simulation.contracts import Seats
from training.simulation.latents import Latent
from training.simulation.product import APPEAL, FEATURES, MODULE_OF, STICKY, module_reluctance
from training.simulation.world import World

DAILY_CHANCE = 0.12  # that a middling user of a middling account works with it on a weekday
WEEKEND = 0.15
LEAVING = 0.9  # use once the decision to leave is taken: a hint, not a give-away
LATE_SHARE = 0.02  # of account-days that arrive late, after an outage of the connector
MODULE_NAMES = np.array([module for module, _, _ in FEATURES], dtype=object)
FEATURE_NAMES = np.array([feature for _, feature, _ in FEATURES], dtype=object)


@dataclass(frozen=True)
class Users:
    """One position per user seat ever licensed, by account: `rank` within the account (seats are
    given out in this order), `keenness` (mean near 1) and leaning to `sticky` features."""

    ids: Texts
    account: Ints
    rank: Ints
    keenness: Floats
    sticky: Floats


def draw_users(world: World, seats: Seats, rng: np.random.Generator) -> Users:
    """A user for every seat that an account with product analytics ever had."""
    most = seats.seats.max(axis=0).astype(np.int64) * world.customers.tracked
    account = np.repeat(np.arange(world.customers.count), most)
    rank = np.arange(len(account)) - np.repeat(np.cumsum(most) - most, most)
    names = zip(world.customers.ids[account], rank, strict=True)
    return Users(
        ids=np.array([f"U{name[1:]}-{r + 1:04d}" for name, r in names], dtype=object),
        account=account,
        rank=rank,
        keenness=rng.gamma(2.0, 0.5, len(account)),
        sticky=rng.normal(0, 1, len(account)),
    )


def usage_by_month(world: World, seats: Seats) -> Iterator[Columns]:
    """The rows of `usage`, one part per month of the book, by user and time."""
    rng = generator(world.params.seed, "usage")
    users, reluctance = draw_users(world, seats, rng), module_reluctance(world)
    for month in world.months:
        yield _month(world, seats, users, reluctance, month, rng)


def utilisation(world: World, month: int, rng: np.random.Generator) -> Floats:
    """Share of each account's seats in use in a month: by adoption, after a ramp in its first months."""
    age = month - world.customers.start
    ramp = 1 - 0.6 * np.exp(-np.maximum(age, 0) / 2)
    noise = rng.normal(0, 0.25, world.customers.count)
    return ramp * sigmoid(0.5 + 0.9 * world.latents.state(month, Latent.ADOPTION) + noise)


def _month(
    world: World, seats: Seats, users: Users, reluctance: Floats, month: int, rng: np.random.Generator
) -> Columns:
    working = _working(world, seats, users, month, rng)
    user, day = _days_of_use(world, users, month, rng, working)
    account = users.account[user]
    chance = _feature_chances(world, users, reluctance, month)[:, user]
    used = rng.random(chance.shape, dtype=np.float32) < chance
    event, feature = np.nonzero(used.T)
    late = _late_days(world, rng)[account, day]
    at = world.starts[month] + DAY * day + _times_of_day(rng, len(user)).astype("timedelta64[s]")
    arrives = np.where(late > 0, at + days(late + 0.3), NEVER)
    rows = {
        "account_id": world.customers.ids[account[event]],
        "user_id": users.ids[user[event]],
        "occurred_at": at[event] + (feature * 97).astype("timedelta64[s]"),
        "module": MODULE_NAMES[feature],
        "feature": FEATURE_NAMES[feature],
        "quantity": 1.0 + rng.poisson(1.2, len(event)) * (feature > 0),
        "recorded_at": arrives[event],
    }
    return world.within(rows, account[event], "occurred_at")


def _working(world: World, seats: Seats, users: Users, month: int, rng: np.random.Generator) -> Ints:
    """Positions of the users who have a seat and use it in this month."""
    present = world.outcomes.present(month, world.customers)
    count = np.round(seats.seats[month] * utilisation(world, month, rng)) * present
    return np.flatnonzero(users.rank < count[users.account])


def _days_of_use(
    world: World, users: Users, month: int, rng: np.random.Generator, working: Ints
) -> tuple[Ints, Ints]:
    """User and day (from 0) of every day of use in the month."""
    first = world.starts[month].astype("datetime64[D]").astype(np.int64)
    weekend = (first + np.arange(world.days_in(month)) + 3) % 7 >= 5  # 1970-01-01 was a Thursday
    level = DAILY_CHANCE * np.exp(0.35 * world.latents.state(month, Latent.ADOPTION))
    level = level * np.where(world.outcomes.decided(month), LEAVING, 1.0)
    chance = (level[users.account] * users.keenness)[working]
    by_day = np.where(weekend, WEEKEND, 1.0).astype(np.float32)
    drawn = rng.random((len(working), len(weekend)), dtype=np.float32)
    who, day = np.nonzero(drawn < chance.astype(np.float32)[:, None] * by_day)
    return working[who], day


def _feature_chances(world: World, users: Users, reluctance: Floats, month: int) -> npt.NDArray[np.float32]:
    """Chance that each user uses each feature on a day of use, shape (feature, user)."""
    adoption = world.latents.state(month, Latent.ADOPTION)
    taken_up = (adoption[:, None] > reluctance)[:, MODULE_OF].T[:, users.account]
    sticky = 2 * sigmoid(1.2 * adoption[users.account] + users.sticky)
    pull: Floats = np.where(STICKY[:, None], sticky[None, :], 1.0)
    return (APPEAL[:, None] * pull * taken_up).astype(np.float32)


def _late_days(world: World, rng: np.random.Generator) -> Ints:
    """Days after which each account's day arrives, shape (account, day of month); 0: at once."""
    shape = (world.customers.count, 31)
    return rng.integers(1, 7, shape) * (rng.random(shape) < LATE_SHARE)


def _times_of_day(rng: np.random.Generator, count: int) -> Ints:
    """Seconds after midnight UTC, within a long working day."""
    return rng.integers(1 * 3600, 16 * 3600, count)
