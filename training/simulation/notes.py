"""What CSMs write down after calls, mails and quarterly business reviews (QBR).

Notes and minutes are where the decision maker's goodwill, a rival's trial and a sponsor's leaving can
be read, if one reads. The themes of each note depend on the latents of its month.
"""

from __future__ import annotations

import numpy as np

from training.simulation.arrays import (
    Columns,
    Durations,
    Flags,
    Floats,
    Ints,
    Texts,
    Times,
    days,
    generator,
    pick,
    sigmoid,
    stack,
)
from training.simulation.customers import numbered
from training.simulation.hazard import competitor_active
from training.simulation.latents import GAP_MONTHS, Latent
from training.simulation.params import LEAD
from training.simulation.sentences import THEMES, say, stock
from training.simulation.world import World

NOTES_A_MONTH = np.array([0.45, 0.75, 1.1])  # by segment, beside QBRs; key accounts get twice as many
QBR_SHARE = np.array([0.25, 0.7, 0.9])  # of accounts that have one each quarter, by segment
KINDS = np.array(["crm_note", "call", "email"], dtype=object)
ROLES_HEARD = np.array(["decision_maker", "manager", "user", None], dtype=object)
ROLE_SHARES = (0.25, 0.3, 0.3, 0.15)
MIXED_SHARE = 0.12
NEGATED_SHARE = 0.1


def notes_table(world: World) -> Columns:
    """The rows of `notes`, by time of the event."""
    rng = generator(world.params.seed, "notes")
    rows = stack([_written(world, rng), _reviews(world, rng)])
    rows = world.within(rows, rows["account"], "happened_at")
    rows = pick(rows, np.argsort(rows["happened_at"], kind="stable"))
    account, at = rows["account"], rows["happened_at"]
    owner = world.customers.csm[account]
    return {
        "note_id": numbered("N", len(account)),
        "account_id": world.customers.ids[account],
        "author": np.array([f"csm-{i + 1:02d}" for i in owner], dtype=object),
        "kind": rows["kind"],
        "role": rows["role"],
        "happened_at": at,
        "recorded_at": at + _lag(rng, len(at)),
        "text": _texts(world, rng, account, at, rows["role"]),
    }


def _written(world: World, rng: np.random.Generator) -> Columns:
    """Calls, mails and notes that happen as they come."""
    customers, months = world.customers, np.arange(world.params.months)
    rate = NOTES_A_MONTH[customers.segment] * np.where(customers.is_key, 2.0, 1.0)
    count = rng.poisson(rate, (len(months), customers.count))
    month, account = np.nonzero(count)
    times = count[month, account]
    month, account = np.repeat(month, times), np.repeat(account, times)
    return {
        "account": account,
        "kind": rng.choice(KINDS, len(account), p=(0.4, 0.35, 0.25)),
        "role": rng.choice(ROLES_HEARD, len(account), p=ROLE_SHARES),
        "happened_at": world.starts[month + LEAD] + days(rng.random(len(account)) * 28),
    }


def _reviews(world: World, rng: np.random.Generator) -> Columns:
    """QBRs, every third month; the decision maker comes more rarely the unhappier he is."""
    customers = world.customers
    holds = rng.random(customers.count) < QBR_SHARE[customers.segment]
    phase = rng.integers(0, 3, customers.count)
    month, account = np.nonzero([holds & ((m + phase) % 3 == 0) for m in world.months])
    goodwill = world.latents.states[month + LEAD, account, Latent.DECISION_MAKER_GOODWILL]
    comes = rng.random(len(account)) < sigmoid(0.6 + 0.6 * goodwill)
    return {
        "account": account,
        "kind": np.full(len(account), "qbr", dtype=object),
        "role": np.where(comes, "decision_maker", "manager").astype(object),
        "happened_at": world.starts[month + LEAD] + days(rng.random(len(account)) * 28),
    }


def _lag(rng: np.random.Generator, count: int) -> Durations:
    """Hours mostly, now and then weeks: notes are written when there is time."""
    slow = rng.random(count) < 0.08
    return days(np.where(slow, rng.uniform(10, 35, count), rng.exponential(1.5, count)) + 0.02)


def theme_chances(world: World, account: Ints, at: Times, decision_maker: Flags) -> Floats:
    """Chance that each theme comes up in a note, shape (note, theme), themes as in `THEMES`."""
    month = world.month_of(at)
    state = {latent: world.latents.states[month, account, latent] for latent in Latent}
    goodwill, burden = state[Latent.DECISION_MAKER_GOODWILL], state[Latent.SUPPORT_BURDEN]
    headcount, stress = state[Latent.HEADCOUNT], state[Latent.PAYMENT_STRESS]
    rival = competitor_active(state[Latent.COMPETITOR_INTEREST])
    gap = world.latents.since_left[month, account] < GAP_MONTHS
    mood = np.where(decision_maker, goodwill, 0.4 * goodwill + 0.6 * state[Latent.USER_GOODWILL])
    chances = {
        "competitor": 0.015 + 0.45 * rival,
        "price_budget": 0.5 * sigmoid(-2.0 + 0.7 * stress - 1.1 * goodwill),
        "missing_capability": 0.08 + 0.2 * world.customers.loud[account],
        "quality": 0.4 * sigmoid(-2.0 + 1.0 * burden),
        "service": 0.4 * sigmoid(-2.2 + 0.9 * burden),
        "sponsor_left": 0.01 + 0.35 * gap,
        "reorganisation": 0.35 * sigmoid(-2.3 - 1.1 * headcount),
        "expansion": 0.35 * sigmoid(-1.8 + 1.1 * headcount),
        "praise": 0.5 * sigmoid(-0.8 + 1.5 * mood),
    }
    return np.stack([chances[theme] for theme in THEMES], axis=1)


def _texts(world: World, rng: np.random.Generator, account: Ints, at: Times, role: Texts) -> Texts:
    """One to four sentences: something neutral, each theme that came up, now and then a denial."""
    chances = theme_chances(world, account, at, role == "decision_maker")
    chinese, subjects = world.customers.chinese[account], stock()
    said = [np.where(rng.random(len(account)) < 0.5, say(rng, subjects["neutral"], chinese), "")]
    for theme, chance in zip(THEMES, chances.T, strict=True):
        raised = rng.random(len(account)) < chance
        said.append(np.where(raised, say(rng, subjects["themes"][theme], chinese, MIXED_SHARE), ""))
    denied = rng.random(len(account)) < NEGATED_SHARE
    said.append(np.where(denied, say(rng, subjects["negated"], chinese), ""))
    neutral = say(rng, subjects["neutral"], chinese)
    return _joined(np.stack(said, axis=1), neutral)


def _joined(said: Texts, otherwise: Texts) -> Texts:
    texts = [" ".join(s for s in sentences if s) for sentences in said]
    return np.array([t or o for t, o in zip(texts, otherwise, strict=True)], dtype=object)
