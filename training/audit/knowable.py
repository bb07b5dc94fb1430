"""How much of the true shares the features could tell at all, whatever learned from them.

A planted share comes from latents that nobody sees: a decision maker who was never asked leaves no trace of
his goodwill. So the true shares themselves are regressed on the features (ridge, missing values at the median
and flagged), out of fold by account, and what comes out is held against the truth like a model. No model that
must learn from churns can be expected to do better by much; what lies between its figure and this is its own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from training.account_folds import fold_of_rows
from training.audit.told_and_true import ToldAndTrue
from training.calibration import Matrix

FOLDS = 5
STRENGTHS = (10.0, 100.0, 1000.0)


def knowable(compared: ToldAndTrue, X: Matrix, seed: int = 0) -> ToldAndTrue:
    """The same account-dates, told by who knows the shares of other accounts. `X` (n, k), NaN: missing."""
    fold = fold_of_rows(compared.group, FOLDS, np.random.default_rng(seed))
    told = np.empty_like(compared.true)
    for number in np.unique(fold):
        inside, outside = fold != number, fold == number
        told[outside] = _told(X[inside], compared.true[inside], X[outside])
    return replace(compared, told=told)


def _told(X: Matrix, shares: Matrix, others: Matrix) -> Matrix:
    fitted = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        RidgeCV(STRENGTHS),
    ).fit(X, shares)
    return np.asarray(fitted.predict(others))
