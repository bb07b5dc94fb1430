"""The contacts at each account, and when the ones who matter leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.source_tables import ROLES
from training.simulation.arrays import (
    DAY,
    NEVER,
    Columns,
    Flags,
    Floats,
    Ints,
    Texts,
    Times,
    days,
    generator,
    stack,
)
from training.simulation.customers import numbered
from training.simulation.world import World

ROLE_CODE = {role: code for code, role in enumerate(ROLES)}
EXTRA_DECISION_MAKERS = (0.2, 0.6, 0.9)  # mean number by segment, beside the sponsor
MANAGERS = (1, 1, 2)
USERS = (2, 4, 6)
RECORDED_SHARE = 0.65  # of departures that the CSM ever enters


@dataclass(frozen=True)
class People:
    """One position per contact, by account. `left_at` is the truth, `valid_to` what the CSM entered:
    late, or never (NaT, although the person is gone)."""

    ids: Texts
    account: Ints
    role: Ints
    is_key: Flags
    valid_from: Times
    left_at: Times
    valid_to: Times

    def listed(self, contact: Ints, at: Times) -> Flags:
        """Whether each contact (by position) is on the CSM's list at each moment."""
        until = self.valid_to[contact]
        return np.asarray((self.valid_from[contact] <= at) & (np.isnat(until) | (at < until)))

    def there(self, contact: Ints, at: Times) -> Flags:
        """Whether each contact really works there at each moment, whatever the list says."""
        until = self.left_at[contact]
        return np.asarray((self.valid_from[contact] <= at) & (np.isnat(until) | (at < until)))


def draw_people(world: World) -> People:
    """A sponsor (key decision maker) and successors at every account, and contacts in other roles."""
    rng = generator(world.params.seed, "people")
    rows = stack([_sponsors(world, rng), *(_others(world, rng, role) for role in ROLES)])
    order = np.lexsort((rows["valid_from"], rows["role"], rows["account"]))
    rows = {name: values[order] for name, values in rows.items()}
    late = days(rng.exponential(25, len(order)) + 1)
    entered = ~np.isnat(rows["left_at"]) & (rng.random(len(order)) < RECORDED_SHARE)
    return People(
        ids=numbered("P", len(order)),
        valid_to=np.where(entered, rows["left_at"] + late, NEVER),
        **rows,
    )


def _sponsors(world: World, rng: np.random.Generator) -> Columns:
    """One spell per sponsor: from the first contract, or 20–60 days after the one before left."""
    account, month = np.nonzero(world.latents.since_left.T == 0)
    left = world.starts[month] + days(rng.integers(0, 28, len(month)) + 0.4)
    first = np.arange(world.customers.count)
    owner = np.concatenate([first, account])
    begins = np.concatenate([world.customers.created_at, left + days(rng.integers(20, 61, len(left)))])
    order = np.lexsort((begins, owner))
    ends = np.full(len(owner), NEVER)
    has_successor = np.append(owner[order][1:] == owner[order][:-1], False)
    ends[has_successor] = left
    return _rows(owner[order], ROLE_CODE["decision_maker"], begins[order], ends, key=True)


def _others(world: World, rng: np.random.Generator, role: str) -> Columns:
    """Contacts of one role from the first contract on; about one in a hundred leaves each month."""
    owner = np.repeat(np.arange(world.customers.count), _head_count(world, rng, role))
    begins = world.customers.created_at[owner] + DAY * rng.integers(0, 20, len(owner))
    ends = begins + days(30.4 * rng.exponential(100.0, len(owner)) + 30)
    return _rows(owner, ROLE_CODE[role], begins, np.where(ends < world.end, ends, NEVER), key=False)


def _head_count(world: World, rng: np.random.Generator, role: str) -> Ints:
    segment = world.customers.segment
    if role == "decision_maker":
        return rng.poisson(np.array(EXTRA_DECISION_MAKERS)[segment])
    sizes: dict[str, tuple[int, ...]] = {"manager": MANAGERS, "user": USERS}
    return np.array(sizes.get(role, (1, 1, 1)))[segment]


def _rows(owner: Ints, role: int, begins: Times, ends: Times, key: bool) -> Columns:
    return {
        "account": owner,
        "role": np.full(len(owner), role),
        "is_key": np.full(len(owner), key),
        "valid_from": begins,
        "left_at": ends,
    }


def contacts_table(world: World, people: People) -> Columns:
    """The rows of `contacts`, as the CSM keeps them."""
    return {
        "contact_id": people.ids,
        "account_id": world.customers.ids[people.account],
        "role": np.array(ROLES, dtype=object)[people.role],
        "is_key": people.is_key,
        "valid_from": people.valid_from,
        "valid_to": people.valid_to,
    }


def a_contact(people: People, role: str, account: Ints, chance: Floats) -> Ints:
    """Position of one contact of that role per account, picked by a number in [0, 1); every account
    has at least one manager, user, IT manager and finance contact."""
    of_role = np.flatnonzero(people.role == ROLE_CODE[role])
    first = np.searchsorted(people.account[of_role], account, side="left")
    last = np.searchsorted(people.account[of_role], account, side="right")
    return of_role[first + (chance * (last - first)).astype(np.int64)]
