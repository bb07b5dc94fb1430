"""How likely a CSM's sum over accounts is, where accounts fall to CSMs by chance within their segment.

The unit is the account: its answers, tickets and log-ins hang together, so that ten suspicious records of one
account are one coincidence and not ten. Under chance the CSM's sum is that of as many accounts drawn without
replacement from each segment. Its first three moments are known exactly, and a Pearson type III curve through
them gives the tail without a single draw (Mielke & Berry, *Permutation Methods*, 2007), so that it is
the same every time and as small as it has to be for many CSMs.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm, pearson3

SYMMETRIC = 1e-6  # a skewness below this: the normal curve, to which type III tends


def chance_of(excess: pd.Series, accounts: pd.DataFrame) -> pd.DataFrame:
    """By CSM: `excess`, `accounts` (with an opportunity) and `p_value`, one-sided: a sum as large or larger.

    `excess` by account_id; `accounts` has account_id, owner and segment. Accounts without an opportunity take
    no part. `p_value` is 1 where chance leaves no room: one CSM has all accounts, or all are alike.
    """
    rows = accounts.merge(excess.rename("excess"), left_on="account_id", right_index=True)
    rows = rows.assign(segment=rows["segment"].fillna(""))
    values = {str(name): part["excess"].to_numpy(float) for name, part in rows.groupby("segment")}
    found = [_of_csm(owner, part, values) for owner, part in rows.groupby("owner")]
    return pd.DataFrame(found, columns=["owner", "excess", "accounts", "p_value"]).set_index("owner")


def _of_csm(
    owner: object, part: pd.DataFrame, values: dict[str, NDArray[np.float64]]
) -> tuple[object, float, int, float]:
    drawn = part.groupby("segment").size()
    moments = sum(
        (_sum_of_draws(values[str(name)], int(count)) for name, count in drawn.items()), np.zeros(3)
    )
    total = float(part["excess"].sum())
    return owner, total, len(part), _upper_tail(total, *moments)


def _sum_of_draws(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Mean, variance and third central moment of the sum of `count` values drawn without replacement."""
    size = len(values)
    mean, apart = values.mean(), values - values.mean()
    second, third = (apart**2).mean(), (apart**3).mean()
    rest = size - count
    variance = 0.0 if size < 2 else count * rest / (size - 1) * second
    skew = 0.0 if size < 3 else count * rest * (rest - count) / ((size - 1) * (size - 2)) * third
    return np.array([count * mean, variance, skew])


def _upper_tail(total: float, mean: float, variance: float, third: float) -> float:
    if variance <= 1e-12:
        return 1.0
    z, skew = (total - mean) / np.sqrt(variance), third / variance**1.5
    tail = norm.sf(z) if abs(skew) < SYMMETRIC else pearson3.sf(z, skew)
    # Skewed to the left the curve ends above: the normal tail keeps what lies there from being impossible.
    return float(np.clip(max(tail, norm.sf(z) if skew < 0 else 0.0), 0.0, 1.0))
