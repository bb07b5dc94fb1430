"""A small world of rows without a book, in which leaks are planted one at a time."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.ensemble import ExtraTreesClassifier

from features.catalog import load_catalog
from features.params import FeatureParams
from features.time_windows import as_of_date
from training.dataset import TrainingSet
from training.leakage_checks import CHECKS
from training.leakage_evidence import Evidence
from training.leakage_finding import Finding
from training.params import TrainingParams
from training.temporal_splits import Split, rolling_origins

PARAMS = TrainingParams.model_validate(
    {"horizon": "120d", "label_lag": "30d", "test_months": 4, "months_per_origin": 4, "bootstrap": 200}
)
MOVING = ("seat_utilisation_30d", "note_tone_180d", "ticket_severity_90d", "dau_over_mau_30d")
STEADY = ("seats", "mrr", "tenure_days", "decision_makers_in_place")
FEATURES = (*MOVING, *STEADY)
ACCOUNTS, MONTHS = 300, 24
UNTIL = as_of_date("2026-11-01")


@cache
def clean(seed: int = 1, signal: float = 1.2) -> Evidence:
    """Rows of 300 accounts whose churn hangs on their moving features; with signal 0, on nothing."""
    rng = np.random.default_rng(seed)
    dates = list(pd.date_range(end=UNTIL, periods=MONTHS + 1, freq="MS", tz="UTC"))[:-1]
    moving = rng.normal(size=(ACCOUNTS, len(MOVING)))
    steady = rng.normal(size=(ACCOUNTS, len(STEADY)))
    here, found, left = np.ones(ACCOUNTS, bool), [], {}
    for month, date in enumerate(dates):
        moving = 0.9 * moving + np.sqrt(1 - 0.9**2) * rng.normal(size=moving.shape)
        names = np.flatnonzero(here)
        values = np.column_stack([moving, steady + month * np.array([0, 0, 1, 0])])[names]
        table = pd.DataFrame(values, columns=list(FEATURES)).assign(mrr=lambda t: np.exp(t["mrr"]) * 1000)
        found.append(table.assign(account_id=[f"A-{n:04d}" for n in names], as_of=date))
        gone = here & (rng.random(ACCOUNTS) < expit(-3.6 - signal * moving[:, 0]))
        left |= {
            f"A-{n:04d}": date + pd.Timedelta(days=int(rng.integers(0, 28))) for n in np.flatnonzero(gone)
        }
        here &= ~gone
    rows = pd.concat(found, ignore_index=True)
    rows = rows[["account_id", "as_of"]].assign(segment="smb").join(rows[list(FEATURES)])
    return evidence(rows.astype({"as_of": "datetime64[us, UTC]"}), left)


def evidence(rows: pd.DataFrame, left: dict[str, pd.Timestamp]) -> Evidence:
    """The evidence of an honest run on these rows; `left` says who left when."""
    at = rows["account_id"].map(left).astype("datetime64[us, UTC]")
    days = (at - rows["as_of"]).dt.days.where(at < rows["as_of"] + pd.Timedelta(days=PARAMS.horizon))
    known = rows["as_of"] + pd.Timedelta(days=PARAMS.horizon + PARAMS.label_lag) <= UNTIL
    kept = rows[known].reset_index(drop=True)
    days, at = (column[known].reset_index(drop=True) for column in (days, at))
    dates = sorted(kept["as_of"].unique())
    origins = tuple(rolling_origins([pd.Timestamp(date) for date in dates], PARAMS))
    churned, noted = days.notna().astype(float), at.where(days.notna())
    newest = rows[rows["as_of"] == rows["as_of"].max()].reset_index(drop=True)
    data = TrainingSet(kept, churned, noted, days, newest, UNTIL, origins, tuple(map(pd.Timestamp, dates)))
    codes = np.unique(kept["account_id"], return_inverse=True)[1]
    return Evidence(
        data=data,
        tested=predicted(data),
        catalog=load_catalog(FeatureParams().windows),
        features=FeatureParams(),
        params=PARAMS,
        fit=trees,
        fold=pd.Series(codes % 5, index=kept.index),
        importance=pd.Series(1.0, index=list(FEATURES)),
        serving=newest,
    )


def trees(rows: pd.DataFrame, churned: pd.Series, test: pd.DataFrame) -> np.ndarray:
    """A forest: quick, without signs, and with a good memory."""
    names = [name for name in rows.columns if name not in ("account_id", "as_of", "segment")]
    model = ExtraTreesClassifier(20, min_samples_leaf=2, random_state=3).fit(rows[names].fillna(-9), churned)
    return np.asarray(model.predict_proba(test[names].fillna(-9))[:, 1])


def predicted(data: TrainingSet) -> pd.DataFrame:
    """Predictions of the forest on the test rows of each origin, with the floors beside them."""
    found = []
    for split in data.origins:
        rows, churned = data.training_rows(split)
        test = data.rows[data.at(split.test)]
        told = np.clip(trees(rows, churned, test), 0.005, 0.995)
        facts = test[["account_id", "as_of", "segment", "mrr"]]
        floor = dict.fromkeys(("base_rate", "clock"), float(np.clip(churned.mean(), 0.005, 0.995)))
        rule = {"rule": expit(-2.0 - 0.3 * test["seat_utilisation_30d"])}
        facts = facts.assign(churned=data.churned, days_to_churn=data.days_to_churn, **floor, **rule)
        found.append(facts.assign(answer=told))
    return pd.concat(found, ignore_index=True)


def with_data(made: Evidence, **changes: object) -> Evidence:
    """The evidence with other data, and with the predictions that the forest then makes."""
    data = replace(made.data, **changes)  # type: ignore[arg-type]
    return replace(made, data=data, tested=predicted(data))


def hasty(made: Evidence, **changes: object) -> Evidence:
    """As `with_data`, by whoever learns from every label as it is known today."""
    data = Hasty(**vars(made.data) | changes)  # type: ignore[arg-type]
    return replace(made, data=data, tested=predicted(data))


class Hasty(TrainingSet):
    """Whoever splits carelessly learns from every label as it is known today."""

    def training_rows(self, split: Split) -> tuple[pd.DataFrame, pd.Series]:
        rows = self.at(split.train)
        return self.rows[rows], self.churned[rows]


def leaked_column(made: Evidence, name: str = "note_praise_180d", noise: float = 0.0) -> Evidence:
    """A feature that is the outcome, with noise."""
    leak = made.data.churned + noise * np.random.default_rng(5).normal(size=len(made.data.churned))
    return with_data(made, rows=made.data.rows.assign(**{name: leak}))


def random_split(made: Evidence) -> Evidence:
    """Dates are dealt out at random to training and test, as by a split over rows."""
    dates = np.array(made.data.final_dates, dtype=object)
    dealt = np.random.default_rng(7).permutation(len(dates)) % 2 == 0
    return hasty(made, origins=(Split(tuple(dates[dealt]), tuple(dates[~dealt])),))


def shared_rows(made: Evidence) -> Evidence:
    """A third of the rows of the test dates are trained on."""

    class Shared(TrainingSet):
        def training_rows(self, split: Split) -> tuple[pd.DataFrame, pd.Series]:
            rows, churned = super().training_rows(split)
            more = self.rows[self.at(split.test)].iloc[::3]
            return pd.concat([rows, more]), pd.concat([churned, self.churned[more.index]])

    data = Shared(**vars(made.data))
    return replace(made, data=data, tested=predicted(data))


def touching_windows(made: Evidence) -> Evidence:
    """Training goes on to the month before the test: its labels are still being watched then."""
    dates = made.data.final_dates
    return hasty(made, origins=(Split(dates[:-4], dates[-4:]),))


def findings(made: Evidence, *codes: str) -> dict[str, Finding]:
    """The answers of some checks (none named: all) by code."""
    return {c.code: c.finding(made) for c in CHECKS if not codes or c.code in codes}


def failed(made: Evidence, *codes: str) -> set[str]:
    """The codes of the checks that fail, of those named (none: of all)."""
    return {code for code, finding in findings(made, *codes).items() if finding.result == "failed"}
