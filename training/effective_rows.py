"""How much evidence do rows hold that come from the same accounts?

An account that is seen on twelve as-of dates, whose years overlap, is hardly more evidence than one row. The
design effect (Kish 1965) says by how much: rows / effective rows = 1 + (m − 1) · ρ, with m the mean number
of rows of a row's account and ρ the correlation of two labels of one account.
"""

from __future__ import annotations

import numpy as np

from training.calibration import Matrix
from training.linear_terms import Places


def effective_share(churned: Matrix, account: Places) -> float:
    """Effective rows over rows: 1 where every account has one row, or labels within accounts are unrelated.

    `churned` (n,) 0 or 1, `account` (n,) codes from 0. The correlation is the moment estimate over all
    pairs of rows of one account, kept within 0 and 1.

    >>> alike = effective_share(np.array([1.0, 1.0, 0.0, 0.0]), np.array([0, 0, 1, 1]))
    >>> alone = effective_share(np.array([1.0, 1.0, 0.0, 0.0]), np.array([0, 1, 2, 3]))
    >>> alike, alone
    (0.5, 1.0)
    """
    if not len(churned) or churned.min() == churned.max():
        return 1.0
    rows = np.bincount(account).astype(np.float64)
    residual = churned - churned.mean()
    pairs = (rows**2 - rows).sum()
    if pairs == 0:
        return 1.0
    within = (np.bincount(account, residual) ** 2).sum() - (residual**2).sum()
    correlation = np.clip(within / pairs / np.mean(residual**2), 0.0, 1.0)
    return float(1 / (1 + ((rows**2).sum() / rows.sum() - 1) * correlation))
