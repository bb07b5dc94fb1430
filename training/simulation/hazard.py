"""What the latents do to churn: the one place where the true effects are written down.

Most churn is decided once a year, a month or two before the renewal. A small second way out is early
termination under severe payment stress. User goodwill has next to no effect although it is what most
answers speak of, and missing capabilities, the loudest theme in tickets, have none at all.
"""

from __future__ import annotations

import numpy as np

from training.simulation.arrays import Floats, sigmoid, softplus
from training.simulation.latents import Latent

KNEE = -0.45  # adoption below which the odds of churn rise steeply; above it more adoption buys little
STEEPNESS = 3.5
LOW_ADOPTION = 2.4
GOODWILL = -1.0
COMPETITOR = 1.3
COMPETITOR_BEGINS = 1.1  # interest from which a rival is really being looked at
USER_GOODWILL = -0.05
SUPPORT_WHEN_LOW = 1.4  # only where adoption is low
PAYMENT = 0.7
HEADCOUNT = -0.5
SPONSOR_LEFT = 1.2
EARLY_LEVEL = -9.0
EARLY_SLOPE = 2.0


def low_adoption(adoption: Floats) -> Floats:
    """How far an account is below the knee, 0 to 1."""
    return sigmoid(STEEPNESS * (KNEE - adoption))


def competitor_active(interest: Floats) -> Floats:
    """How far a rival is really being looked at, 0 to 1."""
    return sigmoid(5.0 * (interest - COMPETITOR_BEGINS))


def renewal_log_odds(states: Floats) -> Floats:
    """Log-odds (up to a constant) that a renewal is refused, with the sponsor in place.

    `states` has the latents in its last axis (see `Latent`); the result has the axes before it.
    """
    low = low_adoption(states[..., Latent.ADOPTION])
    support = softplus(states[..., Latent.SUPPORT_BURDEN])
    return np.asarray(
        low * (LOW_ADOPTION + SUPPORT_WHEN_LOW * support)
        + GOODWILL * states[..., Latent.DECISION_MAKER_GOODWILL]
        + COMPETITOR * competitor_active(states[..., Latent.COMPETITOR_INTEREST])
        + USER_GOODWILL * states[..., Latent.USER_GOODWILL]
        + PAYMENT * softplus(states[..., Latent.PAYMENT_STRESS])
        + HEADCOUNT * states[..., Latent.HEADCOUNT]
    )


def early_chance(payment_stress: Floats) -> Floats:
    """Chance of early termination in one month: 1 in 1,000 over all accounts, 1 in 20 at 3 sd of stress."""
    return sigmoid(EARLY_LEVEL + EARLY_SLOPE * payment_stress)
