"""The past that a run was trained on, kept with it: what a proposal of other weights is replayed on.

Of the newest month starts, every customer's values of what the rule reads, as they were known then, and when
each of them left. The rule was not fitted to them, so any weights may be judged by them. It lets a service
answer at once, and without the book; `vitals what-if --backtest` reads the book itself, up to today.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from features.params import RuleParams
from features.rule_profiles import FEATURE
from features.rule_score import measures
from training.band_backtest import LEADS

FILE = "past.parquet"
MOST_DATES = 12
FACTS = ["account_id", "as_of", "segment", "mrr", "days_to_churn"]


def kept_past(rows: pd.DataFrame, days_to_churn: pd.Series, rule: RuleParams) -> pd.DataFrame:
    """The rows of the newest MOST_DATES month starts: FACTS, and each feature that the rule reads, float64.

    `days_to_churn`: from the as-of date, NaN where the account did not leave within the horizon.
    """
    dates = sorted(rows["as_of"].unique())
    newest = [date for date in dates if date.day == 1][-MOST_DATES:]
    kept = rows.assign(days_to_churn=days_to_churn)[rows["as_of"].isin(newest)]
    columns = dict.fromkeys([*FACTS, *read_by(rule)])
    return kept.reindex(columns=list(columns)).reset_index(drop=True)


def read_by(rule: RuleParams) -> list[str]:
    """The features that the rule, or a stage of it, reads."""
    named = [m.feature for m in measures(rule)] + [e.feature for e in rule.exceptions]
    return list(dict.fromkeys([*named, *FEATURE.values()]))


@dataclass(frozen=True, eq=False)
class KeptPast:
    """`rows` at `dates`, and the `churns` of their accounts (account_id, at) up to the longest lead after."""

    rows: pd.DataFrame
    churns: pd.DataFrame
    dates: tuple[pd.Timestamp, ...]

    @classmethod
    def of(cls, kept: pd.DataFrame, horizon: int) -> KeptPast | None:
        """The dates after which every churn within the longest lead is known; None where there is none.

        `horizon`: the days after a date within which a run knew who left.
        """
        dates = sorted(kept["as_of"].unique())
        known_until = dates[-1] + pd.Timedelta(days=horizon) if dates else None
        tail = pd.Timedelta(days=max(LEADS))
        fit = tuple(date for date in dates if known_until is not None and date + tail <= known_until)
        if not fit:
            return None
        rows = kept[kept["as_of"].isin(fit)].reset_index(drop=True)
        left = kept.dropna(subset=["days_to_churn"])
        at = (left["as_of"] + pd.to_timedelta(left["days_to_churn"], unit="D")).dt.normalize()
        churns = pd.DataFrame({"account_id": left["account_id"], "at": at})
        return cls(rows, churns.drop_duplicates(ignore_index=True), fit)
