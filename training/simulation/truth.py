"""The true churn probability of every account at every month start, and what each family adds to it.

The latents are Gaussian and each 365 days hold one renewal, whose decision lies a known number of months
ahead: so the latents at the decision are drawn in one step, from their exact law, at `params.paths`
evenly spread points (quasi-Monte Carlo, the same for all account-dates), and the chance of churn at each
is worked out in closed form. One simplification: within a path the months before and after the decision
share the decision's shocks, which moves only the product of two small early-termination chances.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import norm, qmc

from training.simulation.arrays import Columns, Flags, Floats, Ints, Times, days, generator, logit, sigmoid
from training.simulation.hazard import SPONSOR_LEFT, early_chance, renewal_log_odds
from training.simulation.latents import GAP_MONTHS, PERSISTENCE, SPREAD_OF_MEANS, Latent, gap_chances, mixing
from training.simulation.params import LEAD
from training.simulation.world import World

FAMILIES: dict[str, tuple[Latent, ...]] = {
    "adoption": (Latent.ADOPTION,),
    "decision_maker_goodwill": (Latent.DECISION_MAKER_GOODWILL, Latent.COMPETITOR_INTEREST),
    "user_goodwill": (Latent.USER_GOODWILL,),
    "support": (Latent.SUPPORT_BURDEN,),
    "payment": (Latent.PAYMENT_STRESS,),
    "seats": (Latent.HEADCOUNT,),
    "sponsor": (),  # an event, not a state: its median is "has a sponsor"
}
HORIZON_MONTHS = 12
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Situations:
    """What holds at each account-date (one position each): `month`, `account`, months `to_renewal`,
    latents `now`, latents and months since the sponsor left `at_decision` (now, or a month ago
    where the coming renewal is decided already), and the account's means."""

    month: Ints
    account: Ints
    to_renewal: Ints
    now: Floats
    at_decision: Floats
    means: Floats
    since_left: Ints

    def part(self, rows: Ints) -> Situations:
        """The situations at these positions."""
        return Situations(**{name: values[rows] for name, values in vars(self).items()})


def situations(world: World) -> Situations:
    """Every active account at every month start of the book and at its end."""
    customers, latents = world.customers, world.latents
    dates = range(LEAD, LEAD + world.params.months + 1)
    active = np.stack([world.outcomes.active(m, customers) for m in dates])
    date, account = np.nonzero(active)
    month = date + LEAD
    to_renewal = (customers.start[account] - month) % 12
    known = month - (to_renewal == 0)
    return Situations(
        month=month,
        account=account,
        to_renewal=to_renewal,
        now=latents.states[month, account],
        at_decision=latents.states[known, account],
        means=latents.means_at(month, account),
        since_left=latents.since_left[known, account],
    )


def draw_futures(world: World) -> Floats:
    """Evenly spread standard futures of the latents (scrambled Sobol points), shape (path, latent)."""
    rng = generator(world.params.seed, "truth")
    points = qmc.Sobol(len(Latent), scramble=True, rng=rng).random(world.params.paths)
    return np.asarray(norm.ppf(np.clip(points, 1e-9, 1 - 1e-9)) @ mixing().T)


def ahead_of(mean: Floats, now: Floats, futures: Floats, months: int) -> Floats:
    """Latents so many months ahead, by situation and path, given those `now` and the account's mean."""
    spread = np.sqrt((1 - SPREAD_OF_MEANS) * (1 - PERSISTENCE ** (2 * months)))
    return np.asarray((mean + PERSISTENCE**months * (now - mean))[:, None] + spread * futures)


def churn_probability(situations: Situations, futures: Floats, intercept: float) -> Floats:
    """P(full churn within 365 days), one value per situation, in (0, 1).

    Renewals lie on days 2 to 28, so exactly one of them falls within the 365 days.
    """
    result = np.empty(len(situations.month))
    for months in range(12):
        due = np.flatnonzero(situations.to_renewal == months)
        for rows in np.array_split(due, len(due) // ROWS_AT_ONCE + 1):
            part = situations.part(rows)
            stays = 1 - _refusal(part, futures, intercept, max(months - 1, 0))
            result[rows] = 1 - (stays * _no_early_end(part, futures)).mean(axis=1)
    return result


def _refusal(part: Situations, futures: Floats, intercept: float, ahead: int) -> Floats:
    """Chance that the renewal is refused, by situation and path, decided so many months ahead."""
    log_odds = intercept + renewal_log_odds(ahead_of(part.means, part.at_decision, futures, ahead))
    gap = gap_chances(ahead)[ahead, part.since_left][:, None]
    return np.asarray((1 - gap) * sigmoid(log_odds) + gap * sigmoid(log_odds + SPONSOR_LEFT))


def _no_early_end(part: Situations, futures: Floats) -> Floats:
    """Chance of no early termination in twelve months, by situation and path."""
    mean, now, chance = (x[..., Latent.PAYMENT_STRESS] for x in (part.means, part.now, futures))
    stays = np.ones((len(part.month), len(futures)))
    for months in range(HORIZON_MONTHS):
        stays *= 1 - early_chance(ahead_of(mean, now, chance, months))
    return stays


def family_effect(
    family: str, situations: Situations, probability: Floats, futures: Floats, intercept: float
) -> Floats:
    """Log-odds of the true probability less those with the family's latents at the portfolio's median.

    Positive: the family raises this account's churn. All the rest of the account stays as it is.
    """
    typical = at_median(situations, family)
    return logit(probability) - logit(churn_probability(typical, futures, intercept))


def at_median(situations: Situations, family: str) -> Situations:
    """The same account-dates with one family's latents, and their means, at the portfolio's median."""
    if family == "sponsor":
        return replace(situations, since_left=np.full_like(situations.since_left, GAP_MONTHS))
    latents = list(FAMILIES[family])
    median = np.median(situations.now[:, latents], axis=0)
    changed = {}
    for name in ("now", "at_decision", "means"):
        values = getattr(situations, name).copy()
        values[:, latents] = median
        changed[name] = values
    return replace(situations, **changed)


def probabilities(world: World) -> Columns:
    """Rows of `truth/probabilities.parquet`: account_id, as_of, p_churn_365d, effect_<family> …"""
    here, futures = situations(world), draw_futures(world)
    intercept = world.outcomes.intercept
    p = churn_probability(here, futures, intercept)
    effects = {f"effect_{f}": family_effect(f, here, p, futures, intercept) for f in FAMILIES}
    ids = world.customers.ids[here.account]
    return {"account_id": ids, "as_of": world.starts[here.month], "p_churn_365d": p, **effects}


def churned_within_year(world: World, columns: Columns) -> tuple[Flags, Flags]:
    """Per row of `probabilities`: whether its 365 days lie within the book, whether it churned in them."""
    position = {name: i for i, name in enumerate(world.customers.ids)}
    left = world.outcomes.churned_at[[position[name] for name in columns["account_id"]]]
    as_of: Times = columns["as_of"]
    until: Times = as_of + days(365)
    return np.asarray(until <= world.end), np.asarray((left >= as_of) & (left < until))
