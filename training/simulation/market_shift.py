"""The scenario `shift`: a rival with a better product enters the market, and nothing is as it was learned.

From the month it begins in, every account adopts the product less, looks at the rival more, and its decision
maker likes the vendor less: by `shift_size` standard deviations over the book (half of it for goodwill),
at once and for good. More accounts refuse to renew, by the same effects as before: what drives churn has not
changed, so a model that sees the new states still ranks. What the true probabilities of earlier dates say
knows nothing of the shift, which nobody could have foreseen.
"""

from __future__ import annotations

import numpy as np

from training.simulation.arrays import Floats
from training.simulation.latents import Latent
from training.simulation.params import SimulationParams

DIRECTIONS = {
    Latent.ADOPTION: -1.0,
    Latent.COMPETITOR_INTEREST: 1.0,
    Latent.DECISION_MAKER_GOODWILL: -0.5,
}


def market_shift(params: SimulationParams) -> Floats:
    """By how much each latent is moved in each month of the timeline: (month, latent), 0 before the shift.

    >>> moved = market_shift(SimulationParams(accounts=20, months=6, shift_months=2, shift_size=0.8))
    >>> moved[-4:, Latent.ADOPTION].tolist()  # the last position is the book's end
    [0.0, -0.8, -0.8, -0.8]
    """
    months = len(params.month_starts())
    moved = np.zeros((months, len(Latent)))
    if params.shift_months:
        for latent, direction in DIRECTIONS.items():
            moved[months - 1 - params.shift_months :, latent] = direction * params.shift_size
    return moved
