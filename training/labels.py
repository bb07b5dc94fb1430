"""Who churned within the horizon, and for which rows that can already be known.

Worked example: horizon 365 days, label lag 30 days, as-of date 2025-10-01. The label window is
`[2025-10-01, 2026-10-01)`. A churn of 2026-09-30 may be recorded up to 30 days later, so the row
is mature from 2026-10-31 on. Before that day the row has no label: it is left out, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import ibis.expr.types as ir
import pandas as pd

from features.faults import DataFault, Fault
from training.outcome_tables import CHURNS


def read_churns(tables: Mapping[str, ir.Table]) -> pd.DataFrame:
    """Full churns: `account_id`, `at`, `known_at` (UTC), oldest first.

    A contraction is no churn: the account is still a customer. Raises DataFault where the book has
    no `churns` table.
    """
    if CHURNS.name not in tables:
        fault = Fault(
            "churns", None, "churns.parquet or churns.csv", "add the table, or map it in the import"
        )
        raise DataFault("the book has no outcomes to learn from", [fault])
    churns: pd.DataFrame = tables[CHURNS.name].to_pandas()
    return _moments(churns[churns["kind"] == "full"], "churned_at")


def read_starts(tables: Mapping[str, ir.Table]) -> pd.DataFrame:
    """Starts of subscriptions: `account_id`, `at`, `known_at`; a churned account may come back by one."""
    if "subscriptions" not in tables:
        return pd.DataFrame(columns=["account_id", "at", "known_at"]).astype(
            {"account_id": "str", "at": "datetime64[us, UTC]", "known_at": "datetime64[us, UTC]"}
        )
    t = tables["subscriptions"]
    return _moments(t.select("account_id", "starts_at", "recorded_at").distinct().to_pandas(), "starts_at")


def _moments(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    known = rows["recorded_at"].fillna(rows[column])
    found = pd.DataFrame({"account_id": rows["account_id"], "at": rows[column], "known_at": known})
    return found.sort_values(["at", "account_id"], ignore_index=True)


def churn_labels(
    rows: pd.DataFrame, churns: pd.DataFrame, horizon: int, label_lag: int, known_until: pd.Timestamp
) -> pd.Series:
    """1.0 where the account churned in `[as_of, as_of + horizon)`, 0.0 where not, NaN where not mature.

    `rows` has `account_id` and `as_of`; only churns known before `known_until` count.

    >>> utc = lambda *days: pd.to_datetime(list(days), utc=True)
    >>> as_of = utc("2025-01-01", "2025-01-01", "2025-06-01")
    >>> rows = pd.DataFrame({"account_id": ["A", "B", "A"], "as_of": as_of})
    >>> churns = pd.DataFrame({"account_id": ["A"], "at": utc("2025-02-01"), "known_at": utc("2025-02-03")})
    >>> churn_labels(rows, churns, 60, 30, pd.Timestamp("2025-07-01", tz="UTC")).tolist()
    [1.0, 0.0, nan]
    """
    known = churns[churns["known_at"] < known_until]
    coming = _nearest(rows, known, "forward")
    inside = coming < rows["as_of"] + pd.Timedelta(days=horizon)
    mature = rows["as_of"] + pd.Timedelta(days=horizon + label_lag) <= known_until
    return inside.astype("float64").where(mature).rename("churned")


def churns_noted(rows: pd.DataFrame, churns: pd.DataFrame, horizon: int) -> pd.Series:
    """When the churn in `[as_of, as_of + horizon)` became known; NaT where there is none.

    A label of 1 was still a 0 for whoever looked before that moment, however late it was noted.
    """
    pairs = rows[["account_id", "as_of"]].reset_index(names="row").merge(churns, on="account_id")
    inside = (pairs["at"] >= pairs["as_of"]) & (pairs["at"] < pairs["as_of"] + pd.Timedelta(days=horizon))
    noted = pairs[inside].groupby("row")["known_at"].min()
    return noted.reindex(rows.index).astype("datetime64[us, UTC]").rename("noted")


def days_to_churn(rows: pd.DataFrame, churns: pd.DataFrame, horizon: int) -> pd.Series:
    """Whole days from the as-of date to the churn in `[as_of, as_of + horizon)`; NaN where there is none.

    >>> utc = lambda *days: pd.to_datetime(list(days), utc=True)
    >>> rows = pd.DataFrame({"account_id": ["A", "B"], "as_of": utc("2025-01-01", "2025-01-01")})
    >>> churns = pd.DataFrame({"account_id": ["A"], "at": utc("2025-02-01T12:00")})
    >>> days_to_churn(rows, churns, 60).tolist()
    [31.0, nan]
    """
    days = (_nearest(rows, churns, "forward") - rows["as_of"]).dt.days.astype("float64")
    return days.where(days < horizon).rename("days_to_churn")


def still_customers(
    rows: pd.DataFrame, churns: pd.DataFrame, starts: pd.DataFrame, known_until: pd.Timestamp | None = None
) -> pd.Series:
    """False where the account had churned before the as-of date and not come back by then.

    With `known_until` None only churns known before each row's own as-of date count, which is all
    that serving can know. Training passes the date up to which outcomes are known: a row whose
    account had left, though nobody had noted it yet, has no meaningful label.
    """
    left = _nearest(rows, churns, "backward", known_until)
    back = _nearest(rows, starts, "backward", known_until)
    return left.isna() | (back >= left)


def _nearest(
    rows: pd.DataFrame,
    moments: pd.DataFrame,
    direction: Literal["forward", "backward"],
    known_until: pd.Timestamp | None = None,
) -> pd.Series:
    """The account's first moment at or after each as-of date, or the last one before it (NaT: none)."""
    left = rows[["account_id", "as_of"]].reset_index(names="row")
    pairs = left.merge(moments, on="account_id", how="inner")
    if direction == "forward":
        near = pairs[pairs["at"] >= pairs["as_of"]].groupby("row")["at"].min()
    else:
        limit = pairs["as_of"] if known_until is None else known_until
        near = pairs[(pairs["at"] < pairs["as_of"]) & (pairs["known_at"] < limit)].groupby("row")["at"].max()
    return near.reindex(rows.index).astype("datetime64[us, UTC]")
