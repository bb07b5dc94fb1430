"""Predictions whose truth is known: each account has a risk, and a model sees it through some noise."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from features.time_windows import as_of_date

DATES = [as_of_date(f"2025-{month:02d}-01") for month in (7, 8, 9, 10)]
MEAN, SPREAD, HORIZON = -2.2, 1.3, 365  # log-odds of churn within the horizon, over the accounts
RULE_NOISE = 2.5
UNUSED = ("logistic", "reweighted", "lightgbm")


def foretold(noise: float = 0.0, seed: int = 1, accounts: int = 600) -> pd.DataFrame:
    """Predictions as a run logs them. `noise` is the standard deviation of what veils the risk: at 0 the
    model knows it, and is calibrated at any noise. The outcomes depend on the seed alone."""
    rng = np.random.default_rng(seed)
    risk = rng.normal(MEAN, SPREAD, accounts)
    leaves = rng.exponential(-HORIZON / np.log1p(-expit(risk)))
    seen = {"answer": _through(noise, risk, rng), "rule": _through(RULE_NOISE, risk, rng)}
    found = []
    for date in DATES:
        age = (date - DATES[0]).days
        days = np.floor(leaves - age)
        told = pd.DataFrame(seen).assign(days_to_churn=np.where(days < HORIZON, days, np.nan))
        table = told.assign(account_id=[f"A-{n:04d}" for n in range(accounts)], as_of=date, mrr=100.0)
        found.append(table[leaves >= age])
    rows = pd.concat(found, ignore_index=True).astype({"as_of": "datetime64[us, UTC]"})
    rows = rows.assign(segment=np.where(rows.index % 3 == 0, "smb", "mid"))
    rows = rows.assign(churned=rows["days_to_churn"].notna().astype(float))
    rows = rows.assign(base_rate=0.14, clock=0.14, low=rows["answer"] / 2, high=(1 + rows["answer"]) / 2)
    rows = rows.assign(at_worst=rows["answer"])
    return rows.assign(**dict.fromkeys(UNUSED, rows["rule"]), pool=rows["answer"])


def _through(noise: float, risk: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The calibrated probability given the risk plus noise (MacKay's approximation)."""
    share = SPREAD**2 / (SPREAD**2 + noise**2)
    mean = MEAN + share * (risk + noise * rng.normal(size=len(risk)) - MEAN)
    return np.asarray(expit(mean / np.sqrt(1 + np.pi * share * noise**2 / 8)))
