"""How the text signal is fitted, and how a training row gets one that never saw its own label.

A ridge logistic regression on the accounts' decayed mean text vectors. A model that is fitted on an
account's words and label and then asked about that account remembers the label by the account's own words:
on shuffled labels it finds an AUC near 1. So every training row gets its signal *out of fold*: from a model
that saw no row of its account (folds by account, not by row: an account's months share their texts). Rows
to be tested or served get the signal of the fit on all training rows, which never saw their labels either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from features.params import FeatureParams
from features.params_file import Section
from training.text_signal import (
    BUCKETS,
    NOTHING_WRITTEN,
    Hearing,
    TextSignal,
    Vector,
    buckets_of,
    hearing,
)

Progress = Callable[[str], None]


class TextSignalParams(Section):
    """How the text signal is fitted. `strength` is the ridge's; a bucket needs `min_accounts` to count."""

    folds: Annotated[int, Field(ge=2)] = 5
    strength: Annotated[float, Field(gt=0)] = 1.0
    min_accounts: Annotated[int, Field(ge=1)] = 5


@dataclass(frozen=True, eq=False)
class _Lesson:
    """Texts as sets of buckets, and which rows hear them. `said` (texts, buckets) holds 0 and 1."""

    account: NDArray[np.str_]
    churned: Vector
    said: sparse.csr_matrix
    heard: Hearing

    def rows_hearing(self) -> NDArray[np.bool_]:
        heard = np.zeros(len(self.account), dtype=bool)
        heard[self.heard.row] = True
        return heard


def fit_text_signal(
    rows: pd.DataFrame,
    churned: pd.Series,
    texts: pd.DataFrame,
    features: FeatureParams,
    params: TextSignalParams,
) -> TextSignal | None:
    """The signal of a fit on all rows; None where no text was heard or all who had one ended alike.

    `rows`: `account_id`, `as_of`; `churned`: 0/1 as known when the model is made; `texts`: see `texts_of`.
    """
    lesson = _lesson(rows, churned, texts, features)
    return _fitted(lesson, np.ones(len(rows), dtype=bool), features, params)


def out_of_fold_signal(
    rows: pd.DataFrame,
    churned: pd.Series,
    texts: pd.DataFrame,
    features: FeatureParams,
    params: TextSignalParams,
    seed: int,
) -> Vector:
    """The signal of each row from a model that saw no row of its account; NaN where there is none.

    Folds are cut by a hash of the account and the seed: the same account is in the same fold whatever
    else is in the book.
    """
    lesson = _lesson(rows, churned, texts, features)
    fold = np.array([crc32(f"{seed} {account}".encode()) % params.folds for account in lesson.account])
    signal = np.full(len(rows), np.nan)
    for number in range(params.folds):
        outside = fold == number
        model = _fitted(lesson, ~outside, features, params) if outside.any() else None
        if model is not None:
            signal[outside] = model.apply(rows[outside], texts)
    return signal


def _lesson(rows: pd.DataFrame, churned: pd.Series, texts: pd.DataFrame, features: FeatureParams) -> _Lesson:
    heard = hearing(rows, texts, features.windows.half_year, features.text_half_life)
    numbers, distinct = pd.factorize(texts["text"].to_numpy(object))
    sets = {number: buckets_of(distinct[number]) for number in np.unique(numbers[heard.text])}
    empty = np.array([], dtype=np.int64)
    columns = [sets.get(number, empty) for number in range(len(distinct))]
    ends = np.cumsum([0, *(len(one) for one in columns)])
    indices = np.concatenate([empty, *columns])
    once = sparse.csr_matrix((np.ones(len(indices)), indices, ends), shape=(len(distinct), BUCKETS))
    account = rows["account_id"].to_numpy(str)
    heard = Hearing(heard.row, numbers[heard.text], heard.weight)
    return _Lesson(account, churned.to_numpy(float), once, heard)


def _fitted(
    lesson: _Lesson, inside: NDArray[np.bool_], features: FeatureParams, params: TextSignalParams
) -> TextSignal | None:
    """The signal learned from the rows `inside`, which alone give the words, the idf and the labels."""
    inside = inside & lesson.rows_hearing()
    if len(np.unique(lesson.churned[inside])) < 2:
        return None
    here = inside[lesson.heard.row]
    row, text, weight = lesson.heard.row[here], lesson.heard.text[here], lesson.heard.weight[here]
    idf = _idf(lesson, row, text, params.min_accounts)
    vectors = lesson.said.multiply(idf).tocsr()
    length = np.sqrt(vectors.multiply(vectors).sum(axis=1)).A1
    vectors = sparse.diags(1 / np.where(length > 0, length, 1)) @ vectors
    total = NOTHING_WRITTEN + np.bincount(row, weights=weight, minlength=len(inside))
    shape = (len(inside), lesson.said.shape[0])
    means = sparse.csr_matrix((weight / total[row], (row, text)), shape=shape)[inside] @ vectors
    known = np.flatnonzero(idf)
    if not len(known):
        return None
    model = LogisticRegression(C=1 / params.strength, max_iter=1000)
    model.fit(means[:, known], lesson.churned[inside])
    weights = np.zeros(BUCKETS)
    weights[known] = model.coef_[0]
    return TextSignal(idf, weights, features.windows.half_year, features.text_half_life)


def _idf(lesson: _Lesson, row: NDArray[np.int64], text: NDArray[np.int64], min_accounts: int) -> Vector:
    """`1 + log(accounts / accounts that said it)` per bucket; 0 where fewer than `min_accounts` did."""
    _, account = np.unique(lesson.account[row], return_inverse=True)
    n = int(account.max()) + 1
    spoke = sparse.csr_matrix((np.ones(len(row)), (account, text)), shape=(n, lesson.said.shape[0]))
    said_by = ((spoke @ lesson.said) > 0).sum(axis=0).A1
    return np.asarray(np.where(said_by >= min_accounts, 1 + np.log(n / np.maximum(said_by, 1)), 0.0))
