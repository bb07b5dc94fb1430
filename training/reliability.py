"""What was foretold against what happened, by groups of equal size: the points of a reliability diagram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from training.calibration import Matrix
from training.ranked_rows import Indices, Ranking

GROUPS = 10
LEVEL = 0.9


@dataclass(frozen=True, eq=False)
class Reliability:
    """By group, the highest risk first, (groups,) each: the mean probability `foretold`, the share `seen` to
    churn, the ends of its interval, and the `accounts` it was seen of."""

    foretold: Matrix
    seen: Matrix
    low: Matrix
    high: Matrix
    accounts: Indices


def reliability(ranking: Ranking, groups: int = GROUPS) -> Reliability:
    """At most `groups` groups. The 90 % Jeffreys intervals (Brown, Cai & DasGupta 2001) count the accounts of
    a group, not its rows: wide where several dates of one account fall together, and never empty, also where
    nobody churned."""
    starts = ranking.equal_groups(groups)
    size = np.diff([*starts, len(ranking.order)])
    foretold = np.add.reduceat(ranking.probability, starts) / size
    seen = np.add.reduceat(ranking.churned, starts) / size
    members = np.split(ranking.outcomes.account[ranking.order], starts[1:])
    accounts = np.array([len(np.unique(group)) for group in members])
    low, high = (
        betaincinv(seen * accounts + 0.5, (1 - seen) * accounts + 0.5, tail)
        for tail in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    )
    return Reliability(foretold, seen, low, high, accounts)
