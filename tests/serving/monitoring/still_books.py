"""Books in which nothing moves, to see how often something is said to have."""

from __future__ import annotations

import numpy as np
import pandas as pd

COLUMNS = 20


def still_book(rng: np.random.Generator, accounts: int, own: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two dates of the same accounts: correlated features of every shape (bell, long tail, flag, count), of
    which a share `own` of the variance is the account's, with missing values that mostly stay."""
    shared = rng.normal(size=(accounts, COLUMNS)) + rng.normal(size=(accounts, 1))
    frames = []
    for _ in range(2):
        noise = rng.normal(size=(accounts, COLUMNS)) + rng.normal(size=(accounts, 1))
        values = np.sqrt(own) * shared + np.sqrt(1 - own) * noise
        values[:, 5:10] = np.exp(2 * values[:, 5:10])
        values[:, 10:15] = values[:, 10:15] > 1
        values[:, 15:] = np.maximum(np.round(values[:, 15:]), 0)
        values[(0.8 * shared + 0.6 * noise) > 2.2] = np.nan
        frames.append(pd.DataFrame(values, columns=[f"x{i}" for i in range(COLUMNS)]))
    return frames[0], frames[1]
