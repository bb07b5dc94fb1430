"""The same learner, without a rule, on tables that nobody here made, beside what others would fit.

    Telco     IBM's sample, 7,043 customers; AUC at least 0.850, and at least 0.840 learned from 500 of them
    Iranian   UCI 563, 3,150 rows of which 300 are there twice; without those, AUC at least 0.984

Repeated stratified 3-fold; a category is a column of 0 and 1 for each of its values. Figures are the mean
of the folds' AUC; for their intervals the tested customers are drawn again (1,000 times, the same draws for
all models of a fold, so that a difference is paired). No more than 0.001 below the best peer is asked.

The CRM export is a whole book and is judged by the product's own path: features, splits out of time, 60 days.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from peers import foretold, installed
from sklearn.model_selection import RepeatedStratifiedKFold
from threadpoolctl import threadpool_limits

from features.book import open_book
from features.catalog import Feature
from features.imports.run import import_exports
from training.all_params import AllParams
from training.dataset import build_training_set
from training.out_of_time import compare_members, predictions_out_of_time
from training.outcome_tables import ALL_TABLES
from training.pool import fit_pool

Matrix = NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "../shared/data"
PEERS_SHOWN = ("logistic", "lightgbm", "ebm")
RESAMPLES = 1_000
SIXTY_DAYS = (
    "training.horizon=60d",
    "training.label_lag=0d",
    "training.warm_up=60d",
    "training.train_until=2023-03-31",
    "training.test_dates=[2023-06-01, 2023-07-01, 2023-08-01, 2023-09-01, 2023-10-01, 2023-11-01]",
    # What a company that sells this product would call sticky: deals are run in it. Chosen by name, once.
    "features.sticky_features=[win_opportunity, advance_stage, quote]",
)


@dataclass(frozen=True)
class Table:
    """`least`: the AUC that is asked; `learned_from`: rows of each training part that are used, None: all."""

    name: str
    X: pd.DataFrame
    churned: Matrix
    least: float
    learned_from: int | None = None


def telco() -> tuple[pd.DataFrame, Matrix]:
    """One row per customer; a blank total means that nothing was billed yet."""
    table = pd.read_csv(DATA / "single_table" / "WA_Fn-UseC_-Telco-Customer-Churn.csv")
    churned = (table["Churn"] == "Yes").to_numpy(float)
    rows = table.drop(columns=["customerID", "Churn"])
    rows["TotalCharges"] = pd.to_numeric(rows["TotalCharges"], errors="coerce")
    return _numbers(rows), churned


def iranian() -> tuple[pd.DataFrame, Matrix]:
    """One row per customer, the rows that are there twice once."""
    table = pd.read_csv(DATA / "single_table" / "Customer_Churn.csv").drop_duplicates()
    codes = table["Tariff Plan"].astype(str), table["Status"].astype(str)
    rows = table.drop(columns=["Churn"]).assign(**{"Tariff Plan": codes[0], "Status": codes[1]})
    return _numbers(rows), table["Churn"].to_numpy(float)


def _numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Categories as columns of 0 and 1, one for a category of two values."""
    words = list(rows.select_dtypes(exclude="number").columns)
    found = [rows.drop(columns=words).astype(float)]
    found += [pd.get_dummies(rows[name], prefix=name, drop_first=rows[name].nunique() == 2) for name in words]
    return pd.concat(found, axis=1).astype(float)


def tables() -> Iterator[Table]:
    """What is judged."""
    yield Table("Telco", *telco(), least=0.850)
    yield Table("Telco, 500 rows", *telco(), least=0.840, learned_from=500)
    yield Table("Iranian", *iranian(), least=0.984)


def as_catalog(names: list[str]) -> tuple[Feature, ...]:
    """Columns of a stranger's table: no pillar of their own, no direction known."""
    words = {"en": "{value} (typical: {typical})", "zh": "{value} ({typical})"}
    shared = {"pillar": "usage", "unit": "count", "range": (None, None), "direction": "not_monotone"}
    shared |= {"actionable": False, "missing": words, "title": words, "text": words}
    return tuple(Feature.model_validate({"name": name, "family": name, **shared}) for name in names)


def learned(X: Matrix, y: Matrix, tested: Matrix, names: list[str], params: AllParams) -> Matrix:
    """The product's learner without a rule."""
    rows = pd.DataFrame(X, columns=names)
    rows.insert(0, "account_id", [f"A-{i:06d}" for i in range(len(X))])
    chosen = params.training
    model = fit_pool(rows, pd.Series(y), as_catalog(names), None, chosen.learner, chosen.seed)
    return model.probability(pd.DataFrame(tested, columns=names))


def judged(table: Table, repeats: int) -> dict[str, Matrix]:
    """model -> AUC of each fold and resample (folds, 1 + RESAMPLES); the first is of the fold itself."""
    names, X, y = list(table.X.columns), table.X.to_numpy(float), table.churned
    params = AllParams.read(ROOT / "params.yaml")
    found: dict[str, list[Matrix]] = {name: [] for name in (*installed(PEERS_SHOWN), "learned")}
    folds = RepeatedStratifiedKFold(n_splits=3, n_repeats=repeats, random_state=0)
    for number, (inside, outside) in enumerate(folds.split(X, y)):
        rng = np.random.default_rng(number)
        if table.learned_from:
            inside = rng.permutation(inside)[: table.learned_from]
        counts = rng.multinomial(len(outside), np.full(len(outside), 1 / len(outside)), RESAMPLES)
        counts = np.concatenate([np.ones((1, len(outside))), counts])
        for name, aucs in found.items():
            given = X[inside], y[inside], X[outside]
            p = learned(*given, names, params) if name == "learned" else foretold(name, *given)
            aucs.append(resampled_auc(y[outside], p, counts))
    return {name: np.array(aucs) for name, aucs in found.items()}


def resampled_auc(churned: Matrix, score: Matrix, counts: Matrix) -> Matrix:
    """The AUC where each row counts so many times: (n,), (n,), (draws, n) -> (draws,)."""
    values, place = np.unique(score, return_inverse=True)
    starts = np.flatnonzero(np.r_[True, np.diff(np.sort(place)) > 0])
    order = np.argsort(place, kind="stable")
    churn, stay = (np.add.reduceat((counts * of)[:, order], starts, axis=1) for of in (churned, 1 - churned))
    below = np.cumsum(stay, axis=1) - stay / 2
    assert churn.shape[1] == len(values)
    return np.asarray((churn * below).sum(axis=1) / (churn.sum(axis=1) * stay.sum(axis=1)))


def report_table(table: Table, repeats: int) -> None:
    """A line per model, then the learner against the best peer."""
    start = time.perf_counter()
    with threadpool_limits(1):
        found = judged(table, repeats)
    took = time.perf_counter() - start
    print(f"\n{table.name}: AUC, mean of {3 * repeats} folds (at least {table.least:.3f}); {took:.0f} s")
    for name, aucs in found.items():
        print(_line(name, aucs))
    best = max((name for name in found if name != "learned"), key=lambda name: found[name][:, 0].mean())
    print(_line(f"learned above {best}", found["learned"] - found[best]), flush=True)


def _line(name: str, aucs: Matrix) -> str:
    value, *resampled = aucs.mean(axis=0)
    low, high = np.quantile(resampled, (0.05, 0.95))
    return f"  {name:<34}{value:.4f} [{low:+.4f}, {high:+.4f}]"


def report_crm(say: Callable[[str], None] = lambda _: None) -> None:
    """The export of a CRM product, 60 days, six month starts; AUC at least 0.74."""
    params = AllParams.read(ROOT / "params.yaml", SIXTY_DAYS)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "book"
        import_exports("crm_churnsim", DATA / "crm_churnsim", place, ALL_TABLES)
        book = open_book(place, params.checks, ALL_TABLES)
        data = build_training_set(book, params.features, params.training)
    tested = predictions_out_of_time(data, params.features, params.rule, params.training, say)
    found = compare_members(tested, params.training)
    churns = tested["churned"].sum()
    print(f"\nCRM export, 60 days: AUC (at least 0.740); {len(tested)} rows, {churns:.0f} churns")
    for model in found.models:
        auc = found.estimate(model, "auc")
        print(f"  {model:<34}{auc.value:.4f} [{auc.low:.4f}, {auc.high:.4f}]", flush=True)


def main(options: argparse.Namespace) -> None:
    """All of them; says so where the files are not beside this checkout."""
    if not DATA.exists():
        print("the public tables are left out: they are not beside this checkout (../shared/data)")
        return
    for table in tables():
        report_table(table, options.repeats)
    report_crm()
