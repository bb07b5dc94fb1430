"""Help-desk tickets: more of them, graver and slower to solve under support burden; fewer without use."""

from __future__ import annotations

import numpy as np

from features.source_tables import SEVERITIES
from training.simulation.arrays import (
    NEVER,
    Columns,
    Floats,
    Ints,
    Texts,
    Times,
    days,
    generator,
    only,
    pick,
    sigmoid,
    stack,
)
from training.simulation.contracts import Seats
from training.simulation.customers import numbered
from training.simulation.latents import Latent
from training.simulation.people import People, a_contact
from training.simulation.sentences import say_each, stock
from training.simulation.world import World

LOUD_TICKETS = 1.1  # a month, about the loud harmless theme, from each account that cares for it
SEVERITY_CUTS = (3.0, 1.6, -0.2)  # from critical to medium, on a logistic scale moved by burden and kind
KIND_SHIFT = {"incident": 2.0, "bug": 0.3, "question": -1.6, "suggestion": -2.2, "dark_mode": -2.2}


def tickets_table(world: World, people: People, seats: Seats) -> Columns:
    """The rows of `tickets`, by time."""
    rng = generator(world.params.seed, "tickets")
    rows = stack([_month(world, seats, month, rng) for month in world.months])
    rows = world.within(rows, rows["account"], "opened_at")
    rows = pick(rows, np.argsort(rows["opened_at"], kind="stable"))
    account, subject, opened = rows["account"], rows["subject"], rows["opened_at"]
    burden = world.latents.states[world.month_of(opened), account, Latent.SUPPORT_BURDEN]
    return {
        "ticket_id": numbered("T", len(account)),
        "account_id": world.customers.ids[account],
        "contact_id": _writers(people, account, opened, rng),
        "kind": np.where(subject == "dark_mode", "suggestion", subject),
        "severity": _severities(rng, burden, subject),
        "opened_at": opened,
        **_handling(rng, burden, opened),
        "text": say_each(rng, stock()["tickets"], subject, world.customers.chinese[account]),
    }


def _month(world: World, seats: Seats, month: int, rng: np.random.Generator) -> Columns:
    """One month's tickets: account, subject and moment."""
    adoption = world.latents.state(month, Latent.ADOPTION)
    burden = world.latents.state(month, Latent.SUPPORT_BURDEN)
    present = world.outcomes.present(month, world.customers)
    size = (seats.seats[month] / 30) ** 0.6 * present
    troubles = 0.7 * size * np.exp(0.55 * burden) * (0.3 + sigmoid(1.5 * adoption))
    rates = {
        "question": 0.45 * troubles,
        "bug": 0.42 * troubles,
        "incident": 0.13 * troubles,
        "suggestion": 0.25 * size * np.exp(0.6 * adoption),  # healthy users ask for more
        "dark_mode": LOUD_TICKETS * present * world.customers.loud,
    }
    return stack([_opened(world, rng, month, subject, rate) for subject, rate in rates.items()])


def _opened(world: World, rng: np.random.Generator, month: int, subject: str, rate: Floats) -> Columns:
    account = np.repeat(np.arange(len(rate)), rng.poisson(rate))
    at = world.starts[month] + days(rng.random(len(account)) * world.days_in(month))
    return {"account": account, "subject": np.full(len(account), subject, dtype=object), "opened_at": at}


def _writers(people: People, account: Ints, at: Times, rng: np.random.Generator) -> Texts:
    """A user, now and then the IT manager; nobody known where that contact is not there (any more)."""
    user = a_contact(people, "user", account, rng.random(len(account)))
    it_manager = a_contact(people, "it_manager", account, rng.random(len(account)))
    writer = np.where(rng.random(len(account)) < 0.2, it_manager, user)
    return only(people.there(writer, at), people.ids[writer])


def _severities(rng: np.random.Generator, burden: Floats, subject: Texts) -> Texts:
    shift = np.array([KIND_SHIFT[name] for name in subject])
    level = shift + 0.5 * burden + rng.logistic(0, 1, len(subject))
    rank: Ints = (level[:, None] < np.array(SEVERITY_CUTS)).sum(axis=1)
    return np.array(SEVERITIES, dtype=object)[rank]


def _handling(rng: np.random.Generator, burden: Floats, opened: Times) -> Columns:
    """First response, resolution, contacts it took, reopened: each worse under support burden."""
    n = len(opened)
    first = opened + days(rng.exponential(0.25 * np.exp(0.35 * burden), n) + 0.01)
    resolved = first + days(rng.lognormal(0.4 + 0.35 * burden, 1.0, n))
    unsolved = rng.random(n) < sigmoid(-4.0 + 0.8 * burden)
    contacts = 1.0 + rng.poisson(np.exp(-0.9 + 0.5 * burden), n)
    reopened = rng.random(n) < sigmoid(-3.0 + 0.8 * burden)
    return {
        "first_response_at": first,
        "resolved_at": np.where(unsolved, NEVER, resolved),
        "contacts_to_resolve": contacts,
        "reopened": reopened,
    }
