"""What a detector gives: occasions on which a signal could have been gamed, and how they turned out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

COLUMNS = ("account_id", "record", "at", "suspicious", "expected")
PRIOR = 4.0  # answers' worth of the whole book, in an account's own share


@dataclass(frozen=True, eq=False)
class Opportunities:
    """`kind` names the trick; `table` and `key` where its records stand. `rows`: one per opportunity.

    Of each `account_id`, `record` (the value of the key), `at`, `suspicious` (whether it turned out as the
    trick would have it) and `expected` (0–1, the chance of that without the trick).
    """

    kind: str
    table: str
    key: str
    rows: pd.DataFrame

    @classmethod
    def of(cls, kind: str, table: str, key: str, rows: pd.DataFrame) -> Opportunities:
        """From rows that may hold more; ordered by account, time and record."""
        told = rows.reindex(columns=list(COLUMNS))
        told = told.astype({"suspicious": bool, "expected": float}) if len(told) else told
        order = told.sort_values(["account_id", "at", "record"], kind="stable")
        return cls(kind, table, key, order.reset_index(drop=True))

    def excess(self) -> pd.Series:
        """By account: suspicious opportunities less those expected."""
        rows = self.rows
        apart = rows["suspicious"].astype(float) - rows["expected"].astype(float)
        return apart.groupby(rows["account_id"]).sum()


def own_share(rows: pd.DataFrame, happened: pd.Series, where: pd.Series, prior: float = PRIOR) -> pd.Series:
    """By row: how often `happened` among the account's rows `where` it is not suspected, the account's few
    rows filled up with the whole book's (`prior` rows' worth)."""
    quiet, account = rows[where], rows.loc[where, "account_id"]
    whole = float(happened[where].mean()) if len(quiet) else 0.0
    sums = happened[where].astype(float).groupby(account).agg(["sum", "count"])
    found = sums.reindex(rows["account_id"]).fillna(0.0)
    shrunk = (found["sum"] + prior * whole) / (found["count"] + prior)
    return pd.Series(np.asarray(shrunk, dtype=float), index=rows.index)
