"""The true share of each measure in an account's log-odds of churn: exact Shapley values of what is planted.

The game is the interventional one (Janzing 2020): measures outside a coalition are drawn, together, from the
world's portfolio. So a share says what the measure *does*, and nothing of what it goes together with. The
planted log-odds are sums of effects of one measure and of products of two, whose Shapley values are closed:

    u(a)         u(a) − E u
    u(a) · v(b)  the half of  u·v − E u·v + u·E v − v·E u  is a's; and the other way round b's

The sum of the measures of a family is the family's own Shapley value: no effect has more than two players.
"""

from __future__ import annotations

from training.simulation.arrays import Floats
from training.simulation.planted_effects import Pull


def shapley(here: Pull, portfolio: Pull) -> Floats:
    """Shares of these accounts against that portfolio, of the same part: (n, 24).

    They sum to `here.whole` less the portfolio's mean.
    """
    found: Floats = here.alone - portfolio.alone.mean(axis=0)
    for (a, b, u, v), (_, _, every_u, every_v) in zip(here.pairs, portfolio.pairs, strict=True):
        both = u * v - (every_u * every_v).mean()
        apart = u * every_v.mean() - v * every_u.mean()
        found[:, a] += (both + apart) / 2
        found[:, b] += (both - apart) / 2
    return found
