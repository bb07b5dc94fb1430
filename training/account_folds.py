"""Folds that are cut by account, because the rows of one account are not independent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.linear_terms import Places


def account_codes(account: NDArray) -> Places:
    """(n,) keys -> (n,) codes from 0, in the order of the keys.

    >>> account_codes(np.array(["B", "A", "B"])).tolist()
    [1, 0, 1]
    """
    return np.unique(account.astype(str), return_inverse=True)[1].astype(np.intp)


def fold_of_rows(account: Places, folds: int, draws: np.random.Generator) -> Places:
    """The fold of each row, 0 to folds − 1: the accounts dealt out at random, in folds of like size.

    >>> fold_of_rows(np.array([0, 0, 1, 2, 2]), 3, np.random.default_rng(1)).tolist()
    [0, 0, 1, 2, 2]
    """
    accounts = int(account.max(initial=-1)) + 1
    return (draws.permutation(accounts) % folds)[account]
