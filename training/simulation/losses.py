"""Losses: accounts that left and renewals at fewer seats, as sales operations writes them down."""

from __future__ import annotations

import numpy as np

from training.simulation.arrays import Columns, Ints, Texts, days, generator, only, pick, stack
from training.simulation.contracts import Seats
from training.simulation.hazard import competitor_active, low_adoption
from training.simulation.latents import GAP_MONTHS, Latent
from training.simulation.world import World

RECORDING_DAYS = 6.0  # mean lag
CONTRACTION = 0.9  # a renewal at less than this share of the seats before it is a loss of its own
REASON_SHARE = 0.7  # of departures whose reason is written down
REASONS = np.array(
    ["low_adoption", "decision_maker", "competitor", "budget", "downsizing", "sponsor_left"], dtype=object
)


def churns_table(world: World, seats: Seats) -> Columns:
    """The rows of `churns`: every account that left, and every renewal at clearly fewer seats."""
    rng = generator(world.params.seed, "churns")
    rows = stack([_departures(world, rng), _contractions(world, seats)])
    lag = days(rng.exponential(RECORDING_DAYS, len(rows["account_id"])))
    rows["recorded_at"] = rows["churned_at"] + lag
    return pick(rows, np.lexsort((rows["churned_at"], rows["account_id"])))


def _departures(world: World, rng: np.random.Generator) -> Columns:
    account = np.flatnonzero(~np.isnat(world.outcomes.churned_at))
    return {
        "account_id": world.customers.ids[account],
        "churned_at": world.outcomes.churned_at[account],
        "reason": _reasons(world, account, rng),
        "kind": np.full(len(account), "full", dtype=object),
    }


def _contractions(world: World, seats: Seats) -> Columns:
    shrank = seats.seats[1:] < CONTRACTION * seats.seats[:-1]
    renews = np.stack([world.customers.renews(month) for month in range(1, len(world.starts))])
    before, account = np.nonzero(renews & shrank)
    at = world.moment(before + 1, world.customers.renewal_day[account])
    rows = {
        "account_id": world.customers.ids[account],
        "churned_at": at,
        "reason": np.full(len(account), "downsizing", dtype=object),
        "kind": np.full(len(account), "contraction", dtype=object),
    }
    return world.within(rows, account, "churned_at")


def _reasons(world: World, account: Ints, rng: np.random.Generator) -> Texts:
    """What sales operations believes the reason was: the largest true one, under noise, or nothing."""
    month = world.outcomes.churn_month[account] - 1
    state = world.latents.states[month, account]
    parts = np.stack(
        [
            2.5 * low_adoption(state[:, Latent.ADOPTION]),
            -state[:, Latent.DECISION_MAKER_GOODWILL],
            1.5 * competitor_active(state[:, Latent.COMPETITOR_INTEREST]),
            0.8 * state[:, Latent.PAYMENT_STRESS],
            -0.6 * state[:, Latent.HEADCOUNT],
            1.5 * (world.latents.since_left[month, account] < GAP_MONTHS),
        ]
    )
    believed = REASONS[(parts + rng.normal(0, 0.8, parts.shape)).argmax(axis=0)]
    return only(rng.random(len(account)) < REASON_SHARE, believed)
