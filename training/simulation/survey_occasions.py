"""When contacts are asked: twice a year, and after tickets, starts, renewals, QBRs and trainings."""

from __future__ import annotations

import numpy as np

from training.simulation.arrays import Columns, Ints, Times, days, pick, stack
from training.simulation.params import LEAD
from training.simulation.people import People, a_contact
from training.simulation.world import World

ASKED = np.array([0.85, 0.8, 0.8, 0.7, 0.6])  # share of the listed contacts asked each time, by role
TICKET_SHARE = 0.2  # of resolved tickets that are followed by a question
TRAINING_RATE = 0.05  # trainings a month and account


def occasions(
    world: World, people: People, tickets: Columns, notes: Columns, rng: np.random.Generator
) -> Columns:
    """One row per question sent: `contact` (position in `people`), kind, touchpoint, sent_at."""
    rows = stack(
        [
            *(_relational(world, people, month, rng) for month in world.months),
            _after_tickets(people, tickets, rng),
            _after_starts(world, people, rng),
            _after_renewals(world, people, rng),
            _after_reviews(world, people, notes, rng),
            _after_trainings(world, people, rng),
        ]
    )
    asks = world.customers.surveyed[people.account[rows["contact"]]]
    rows = pick(rows, asks & people.listed(rows["contact"], rows["sent_at"]))  # it may list the departed
    rows = world.within(rows, people.account[rows["contact"]], "sent_at")
    return pick(rows, np.argsort(rows["sent_at"], kind="stable"))


def _asked(contact: Ints, kind: str, touchpoint: str, sent_at: Times) -> Columns:
    n = len(contact)
    return {
        "contact": contact,
        "kind": np.full(n, kind, dtype=object),
        "touchpoint": np.full(n, touchpoint, dtype=object),
        "sent_at": sent_at,
    }


def _relational(world: World, people: People, month: int, rng: np.random.Generator) -> Columns:
    """NPS, twice a year for each account, on one day for all of its contacts."""
    due = (month + np.arange(world.customers.count)) % 6 == 0
    day = days(rng.integers(1, 27, world.customers.count) + 0.4)
    asked = due[people.account] & (rng.random(len(people.ids)) < ASKED[people.role])
    contact = np.flatnonzero(asked)
    sent_at: Times = world.starts[month] + day[people.account[contact]]
    return _asked(contact, "nps", "relational", sent_at)


def _after_tickets(people: People, tickets: Columns, rng: np.random.Generator) -> Columns:
    """CES, to the writer of some of the resolved tickets."""
    position = {name: i for i, name in enumerate(people.ids)}
    contact = np.array([position.get(name, -1) for name in tickets["contact_id"]])
    resolved: Times = tickets["resolved_at"]
    asked = (rng.random(len(contact)) < TICKET_SHARE) & (contact >= 0) & ~np.isnat(resolved)
    sent_at: Times = resolved[asked] + days(0.1)
    return _asked(contact[asked], "ces", "ticket_resolved", sent_at)


def _after_starts(world: World, people: People, rng: np.random.Generator) -> Columns:
    """CES, to a user, two months after the first contract."""
    account = np.arange(world.customers.count)
    contact = a_contact(people, "user", account, rng.random(len(account)))
    return _asked(contact, "ces", "onboarding_completed", world.customers.created_at + days(60.4))


def _after_renewals(world: World, people: People, rng: np.random.Generator) -> Columns:
    """CES, to finance, five days after a renewal."""
    month, account = np.nonzero(np.stack([world.customers.renews(m) for m in range(len(world.starts))]))
    contact = a_contact(people, "finance", account, rng.random(len(account)))
    at = world.moment(month, world.customers.renewal_day[account])
    return _asked(contact, "ces", "renewal_completed", at + days(5.4))


def _after_reviews(world: World, people: People, notes: Columns, rng: np.random.Generator) -> Columns:
    """CSAT, to a manager, the day after a QBR."""
    position = {name: i for i, name in enumerate(world.customers.ids)}
    reviews = notes["kind"] == "qbr"
    account = np.array([position[name] for name in notes["account_id"][reviews]], dtype=np.int64)
    contact = a_contact(people, "manager", account, rng.random(len(account)))
    return _asked(contact, "csat", "qbr", notes["happened_at"][reviews] + days(1))


def _after_trainings(world: World, people: People, rng: np.random.Generator) -> Columns:
    """CSAT, to a user, after trainings that come as they come."""
    held = rng.random((world.params.months, world.customers.count)) < TRAINING_RATE
    month, account = np.nonzero(held)
    contact = a_contact(people, "user", account, rng.random(len(account)))
    at = world.starts[month + LEAD] + days(rng.integers(1, 27, len(month)) + 0.6)
    return _asked(contact, "csat", "training", at)
