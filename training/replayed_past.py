"""Past rows made ready to be replayed: everything of a replay that does not depend on the bands.

Who churned when, on which row each churn is looked up, which row an account had a month before: worked out
once, so that many ways of setting bands can be tried on the same past at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.calibration import Matrix

LEADS = (30, 60, 90)  # days ahead; an alert is called right if the account leaves within the longest
Places = NDArray[np.intp]
Mask = NDArray[np.bool_]
NOWHERE = -1


@dataclass(frozen=True, eq=False)
class SeenChurns:
    """The churns whose month start, so many days ahead, is among the dates. `row`: the place of the account's
    row then, NOWHERE where it was no customer yet. `table`: account_id, at, as_of, mrr (NaN: no row)."""

    row: Places
    account: Places
    table: pd.DataFrame

    @property
    def there(self) -> Mask:
        """Which of them had a row."""
        return np.asarray(self.row != NOWHERE)


@dataclass(frozen=True, eq=False)
class PreparedPast:
    """n rows at consecutive month starts. `account` (n,): the place of the row's in `names`; `month_before`
    (n,): the place of its account's row a month before; `left` (n,): whether it left within the longest
    lead."""

    dates: tuple[pd.Timestamp, ...]
    names: NDArray[np.str_]
    account: Places
    is_first: Mask
    month_before: Places
    left: Mask
    mrr: Matrix
    seen: Mapping[int, SeenChurns]

    @classmethod
    def of(cls, rows: pd.DataFrame, churns: pd.DataFrame, dates: Sequence[pd.Timestamp]) -> PreparedPast:
        """`rows`: account_id, as_of, mrr (NaN counts 0); `churns`: account_id and `at`, those known alone."""
        rows = rows[["account_id", "as_of", "mrr"]].reset_index(drop=True)
        rows = rows.assign(mrr=rows["mrr"].fillna(0.0))
        names, account = np.unique(rows["account_id"].to_numpy(str), return_inverse=True)
        return cls(
            tuple(dates),
            names,
            account,
            (rows["as_of"] <= dates[0]).to_numpy(),
            _month_before(rows, dates),
            _left(rows, churns),
            rows["mrr"].to_numpy(float),
            {days: _seen(rows, churns, dates, days, names) for days in LEADS},
        )

    def sums(self, band: NDArray[np.str_], side: str) -> dict[str, Matrix]:
        """What each account, (accounts,), adds to the sums of one side, by their names."""
        red, not_green = band == "red", band != "green"
        again = (self.month_before != NOWHERE) & red[self.month_before]
        alerts = red & ~again & ~self.is_first
        found = {
            f"alerts {side}": self._per_account(self.account, alerts),
            f"followed {side}": self._per_account(self.account, alerts & self.left),
            f"red {side}": self._per_account(self.account, red),
        }
        for days, seen in self.seen.items():
            row, owner = seen.row[seen.there], seen.account[seen.there]
            found[f"red {days} {side}"] = self._per_account(owner, red[row])
            found[f"red mrr {days} {side}"] = self._per_account(owner, red[row] * self.mrr[row])
            found[f"below green {days} {side}"] = self._per_account(owner, not_green[row])
        return found

    def wholes(self) -> dict[str, Matrix]:
        """What each account adds to the sums that are those of either side."""
        found = {}
        for days, seen in self.seen.items():
            row, owner = seen.row[seen.there], seen.account[seen.there]
            found[f"churners {days}"] = self._per_account(owner, np.ones(len(row)))
            found[f"mrr {days}"] = self._per_account(owner, self.mrr[row])
        return found

    def _per_account(self, account: Places, value: NDArray) -> Matrix:
        weights = np.asarray(value, dtype=np.float64)
        return np.asarray(np.bincount(account, weights, minlength=len(self.names)), dtype=np.float64)


def _seen(
    rows: pd.DataFrame,
    churns: pd.DataFrame,
    dates: Sequence[pd.Timestamp],
    days: int,
    names: NDArray[np.str_],
) -> SeenChurns:
    """Each churn with the last month start at least `days` before it, where that is one of the dates."""
    ahead = churns["at"] - pd.Timedelta(days=days)
    month = pd.Series(ahead.dt.normalize() - pd.to_timedelta(ahead.dt.day - 1, unit="D"))
    found = pd.DataFrame({"account_id": churns["account_id"], "at": churns["at"], "as_of": month})
    found = found[found["as_of"].isin(list(dates))].astype({"as_of": rows["as_of"].dtype})
    table = found.merge(rows.reset_index(names="row"), "left", ["account_id", "as_of"])
    row = table["row"].fillna(NOWHERE).to_numpy(np.intp)
    place = np.searchsorted(names, table["account_id"].to_numpy(str))
    return SeenChurns(row, place, table.drop(columns="row"))


def _month_before(rows: pd.DataFrame, dates: Sequence[pd.Timestamp]) -> Places:
    next_date = rows["as_of"].map(dict(pairwise(dates))).astype(rows["as_of"].dtype)
    later = pd.DataFrame({"account_id": rows["account_id"], "as_of": next_date, "before": rows.index})
    found = rows[["account_id", "as_of"]].merge(later.dropna(), "left", ["account_id", "as_of"])
    return found["before"].fillna(NOWHERE).to_numpy(np.intp)


def _left(rows: pd.DataFrame, churns: pd.DataFrame) -> Mask:
    pairs = rows[["account_id", "as_of"]].reset_index(names="row").merge(churns, on="account_id")
    until = pairs["as_of"] + pd.Timedelta(days=max(LEADS))
    within = pairs["at"].between(pairs["as_of"], until, inclusive="left")
    found = np.zeros(len(rows), dtype=bool)
    found[pairs.loc[within, "row"]] = True
    return found
