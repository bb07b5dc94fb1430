"""What others would fit to the same few accounts: floors, logistic regression, LightGBM and EBM.

Each peer takes the training rows' measures (NaN: missing), their outcomes and the tested rows' measures, and
gives the tested rows' churn probabilities. What is tuned is tuned by log loss in five folds of the training
rows, never on what is tested. With fewer than two churns (or stays) every peer answers the base rate, with
half a churn and half a stay added, so that no log loss is endless.

EBM (Nori et al. 2019) comes with the extra `benchmarks`; where it is not installed its line is left out.
In the drawn worlds it is fitted without pairs of measures: with them one fit of 100 accounts takes a minute.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from importlib.util import find_spec

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

Matrix = NDArray[np.float64]
Peer = Callable[[Matrix, Matrix, Matrix], Matrix]

FEWEST = 2  # outcomes of either sort that a peer can learn from
FOLDS = 5
STRENGTHS = tuple(np.logspace(-4, 1, 11))  # inverse ridge of the logistic regression
LEAVES_AND_RATES = ((3, 0.03), (3, 0.1), (7, 0.03), (15, 0.03))
LEAST_ROWS = (10, 40)
MOST_ROUNDS = 300
PATIENCE = 50  # rounds without a gain in the folds after which no more are tried
LIGHTGBM = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 0}


def base_rate(X: Matrix, y: Matrix, tested: Matrix) -> Matrix:
    """The share that churned."""
    return np.full(len(tested), (y.sum() + 0.5) / (len(y) + 1))


def logistic(X: Matrix, y: Matrix, tested: Matrix) -> Matrix:
    """Ridge logistic regression, missing values at the median and flagged; the ridge is tuned."""
    steps = [
        ("impute", SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)),
        ("scale", StandardScaler()),
        ("fit", LogisticRegression(max_iter=2000)),
    ]
    search = GridSearchCV(Pipeline(steps), {"fit__C": STRENGTHS}, scoring="neg_log_loss", cv=_folds(y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search.fit(X, y)
    return np.asarray(search.predict_proba(tested)[:, 1])


def lightgbm_stock(X: Matrix, y: Matrix, tested: Matrix) -> Matrix:
    """LightGBM as it comes: 100 rounds of 31 leaves."""
    return _boosted(X, y, {}, 100).predict(tested)


def lightgbm_tuned(X: Matrix, y: Matrix, tested: Matrix) -> Matrix:
    """LightGBM with leaves, rate, rows in a leaf and rounds tuned."""
    tried = []
    for leaves, rate in LEAVES_AND_RATES:
        for rows in LEAST_ROWS:
            given = {"num_leaves": leaves, "learning_rate": rate, "min_data_in_leaf": rows, "lambda_l2": 5.0}
            curve = _curve(X, y, given)
            tried.append((float(curve.min()), int(curve.argmin()) + 1, given))
    _, rounds, given = min(tried, key=lambda found: found[0])
    return _boosted(X, y, given, rounds).predict(tested)


def ebm(X: Matrix, y: Matrix, tested: Matrix) -> Matrix:
    """An explainable boosting machine without pairs."""
    return _ebm(X, y, tested, interactions=0)


def ebm_with_pairs(X: Matrix, y: Matrix, tested: Matrix) -> Matrix:
    """An explainable boosting machine as it comes."""
    return _ebm(X, y, tested)


PEERS: dict[str, Peer] = {
    "base_rate": base_rate,
    "logistic": logistic,
    "lightgbm": lightgbm_stock,
    "tuned_lightgbm": lightgbm_tuned,
    "ebm": ebm,
    "ebm_with_pairs": ebm_with_pairs,
}


def installed(names: Iterable[str]) -> list[str]:
    """Those of the names that can be fitted here; says which cannot."""
    if find_spec("interpret"):
        return list(names)
    print("EBM is left out: the extra is not installed (pip install -e '.[benchmarks]')")
    return [name for name in names if not name.startswith("ebm")]


def foretold(name: str, X: Matrix, y: Matrix, tested: Matrix) -> Matrix:
    """The peer's churn probabilities; the base rate where there is too little to learn from."""
    few = min(y.sum(), len(y) - y.sum()) < FEWEST
    return (base_rate if few else PEERS[name])(X, y, tested)


def _folds(y: Matrix) -> StratifiedKFold:
    fewest = int(min(y.sum(), len(y) - y.sum()))
    return StratifiedKFold(min(FOLDS, fewest), shuffle=True, random_state=0)


def _boosted(X: Matrix, y: Matrix, given: dict[str, float], rounds: int) -> lgb.Booster:
    return lgb.train({**LIGHTGBM, **given}, lgb.Dataset(X, y), rounds)


def _curve(X: Matrix, y: Matrix, given: dict[str, float]) -> Matrix:
    """The mean log loss of the folds after each round, until it has not fallen for PATIENCE rounds."""
    settings = {**LIGHTGBM, **given, "metric": "binary_logloss"}
    stop = lgb.early_stopping(PATIENCE, verbose=False)
    folds = [*_folds(y).split(X, y)]
    found = lgb.cv(settings, lgb.Dataset(X, y), MOST_ROUNDS, folds, callbacks=[stop])
    return np.asarray(found["valid binary_logloss-mean"])


def _ebm(X: Matrix, y: Matrix, tested: Matrix, **given: object) -> Matrix:
    from interpret.glassbox import ExplainableBoostingClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells that missing values will not be drawn
        machine = ExplainableBoostingClassifier(n_jobs=1, random_state=0, **given).fit(X, y)
        return np.asarray(machine.predict_proba(tested)[:, 1])
