"""Renewals: how each was forecast by the CSM, and how it ended."""

from __future__ import annotations

import numpy as np

from training.simulation.arrays import Columns, Floats, Texts, Times, days, generator, pick, stack
from training.simulation.outcomes import decision_log_odds
from training.simulation.world import World

FORECAST_NOISE = 1.8  # sd, in log-odds, of a CSM's feeling about a renewal
FORECAST_DAYS = (61, 120)  # before the renewal: earlier than the decision itself
FORECAST_SHARE = 0.6  # of renewals for which a CSM writes a feeling down at all


def renewals_table(world: World) -> Columns:
    """The rows of `renewals`: open when a contract begins, sometimes forecast, then how it ended."""
    terms = _terms(world)
    opened = _rows(world, terms, np.full(len(terms["account"]), "open", dtype=object), terms["begins"])
    rows = stack([opened, _forecasts(world, terms), _endings(world, terms)])
    rows = pick(rows, rows["changed_at"] < world.end)
    return pick(rows, np.lexsort((rows["changed_at"], rows["account_id"])))


def _terms(world: World) -> Columns:
    """One row per yearly contract in force at some moment of the book."""
    month, account = np.nonzero(np.stack([world.customers.begins(m) for m in range(len(world.starts))]))
    day = world.customers.renewal_day[account]
    begins, ends = world.moment(month, day), world.moment(month + 12, day)
    held = world.is_customer(account, begins) & (ends >= world.begin)
    return pick({"account": account, "month": month, "begins": begins, "ends": ends}, held)


def _rows(world: World, terms: Columns, status: Texts, changed_at: Times) -> Columns:
    account = terms["account"]
    number = (terms["month"] - world.customers.start[account]) // 12 + 1
    names = zip(world.customers.ids[account], number, strict=True)
    return {
        "account_id": world.customers.ids[account],
        "contract_id": np.array([f"{name}-Y{n}" for name, n in names], dtype=object),
        "renewal_at": terms["ends"],
        "status": status,
        "changed_at": changed_at,
    }


def _forecasts(world: World, terms: Columns) -> Columns:
    """A CSM's feeling, at least 61 days ahead: informative, noisy, and often not written down."""
    rng, n = generator(world.params.seed, "renewals"), len(terms["account"])
    ends: Times = terms["ends"]
    at = ends - days(rng.integers(*FORECAST_DAYS, n))
    feeling = _feeling(world, terms) + rng.normal(0, FORECAST_NOISE, n)
    status = np.where(feeling > 0.5, "at_risk", np.where(feeling < -2.0, "committed", "")).astype(object)
    written = (status != "") & (rng.random(n) < FORECAST_SHARE)
    rows = _rows(world, terms, status, at)
    return world.within(pick(rows, written), terms["account"][written], "changed_at")


def _feeling(world: World, terms: Columns) -> Floats:
    """The true log-odds of refusal in the month of the forecast (any month past the book: its end)."""
    month = np.minimum(terms["month"] + 9, len(world.starts) - 1)
    by_month = np.stack([decision_log_odds(world.latents, m) for m in range(len(world.starts))])
    return np.asarray(by_month[month, terms["account"]] + world.outcomes.intercept)


def _endings(world: World, terms: Columns) -> Columns:
    """Renewed or churned on the day of the renewal, or churned on the day of an early termination."""
    left = world.outcomes.churned_at[terms["account"]]
    churned = ~np.isnat(left) & (left <= terms["ends"])
    status = np.where(churned, "churned", "renewed").astype(object)
    return _rows(world, terms, status, np.where(churned, left, terms["ends"]))
