"""Folds keep the rows of an account together."""

from __future__ import annotations

import numpy as np

from training.account_folds import account_codes, fold_of_rows


def test_every_row_of_an_account_is_in_one_fold_and_folds_are_of_like_size() -> None:
    account = account_codes(np.array([f"A-{n % 23}" for n in range(200)]))
    fold = fold_of_rows(account, 5, np.random.default_rng(3))
    folds_of_account = [set(fold[account == code]) for code in range(23)]
    assert all(len(folds) == 1 for folds in folds_of_account)
    sizes = np.bincount([folds.pop() for folds in folds_of_account])
    assert sizes.tolist() == [5, 5, 5, 4, 4]


def test_folds_depend_on_the_seed_alone() -> None:
    account = np.array([0, 1, 2, 3, 4, 5] * 3)

    def of(seed: int) -> list[int]:
        return fold_of_rows(account, 3, np.random.default_rng(seed)).tolist()

    assert of(1) == of(1)
    assert of(1) != of(2)


def test_no_rows_have_no_folds() -> None:
    assert fold_of_rows(np.array([], dtype=np.intp), 5, np.random.default_rng(1)).tolist() == []
