"""One column, then and now: has it drifted, and what else is to be said about it?

Drift is a distance with a limit. A p-value asks whether anything moved at all: it cries wolf on a large
book, sleeps on a small one, and has been seen to report drift on 8 rows. The limit is a tenth of the
accounts, and more where so few accounts move further than that by chance; under 50 accounts the answer is
that there are too few to tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

State = Literal["steady", "drifted", "too few accounts", "not comparable"]

DRIFT_FROM = 0.1
MINIMUM_ACCOUNTS = 50
BY_CHANCE = 1.95  # Smirnov (1948): one steady column in a thousand moves by 1.95 * sqrt(1/n + 1/m) or more


@dataclass(frozen=True)
class ColumnFinding:
    """What is seen in one column. Shares are of rows, 0 to 1. `distance` and `limit` are null where the
    column is not judged. `words` say for people what the numbers do not."""

    column: str
    state: State
    words: str
    distance: float | None = None
    limit: float | None = None
    null_share_reference: float | None = None
    null_share_current: float | None = None


def ks_distance(reference: pd.Series, current: pd.Series) -> float:
    """Largest difference of the two cumulative distributions: the share of rows that moved, 0 to 1.

    Kolmogorov & Smirnov's distance, without a p-value. It needs no bins, and a few giant accounts do not
    move it. Nulls are left out; either series needs a value.

    >>> ks_distance(pd.Series([1.0, 2.0, 3.0, 4.0]), pd.Series([3.0, 4.0, None, 5.0, 6.0]))
    0.5
    """
    then, now = np.sort(reference.dropna().to_numpy()), np.sort(current.dropna().to_numpy())
    seen = np.concatenate([then, now])
    shares = (np.searchsorted(values, seen, side="right") / len(values) for values in (then, now))
    return float(np.abs(np.subtract(*shares)).max())


def drift_limit(reference: int, current: int) -> float:
    """The distance from which a column has drifted, given so many accounts with a value. 0.1 upwards.

    >>> drift_limit(5000, 5000), round(drift_limit(200, 200), 3)
    (0.1, 0.195)
    """
    return max(DRIFT_FROM, BY_CHANCE * float(np.sqrt(1 / reference + 1 / current)))


def finite_numbers(values: pd.Series) -> pd.Series:
    """`values` as float64 from row 0 on, infinities as null.

    >>> finite_numbers(pd.Series([1, None, float("inf")], index=[7, 8, 9])).tolist()
    [1.0, nan, nan]
    """
    return values.astype("float64").replace([np.inf, -np.inf], np.nan).reset_index(drop=True)


def examine_column(
    reference: pd.DataFrame, current: pd.DataFrame, column: str, accounts: int
) -> ColumnFinding:
    """The finding for `column`; `accounts` is how many distinct ones the frame with fewer holds.

    >>> now, then = pd.DataFrame({"seats": [5.0] * 99 + [None]}), pd.DataFrame({"seats": [4.0, 5.0] * 50})
    >>> examine_column(then, now, "seats", accounts=100).words
    'always 5 in the current rows'
    """
    for name, frame in (("reference", reference), ("current", current)):
        fault = _not_comparable(frame, column)
        if fault:
            return ColumnFinding(column, "not comparable", f"{fault} in the {name} rows")
    then, now = finite_numbers(reference[column]), finite_numbers(current[column])
    nulls = float(then.isna().mean()), float(now.isna().mean())
    words = _remarks("reference", reference[column], then) + _remarks("current", current[column], now)
    known = min(accounts, int(then.count())), min(accounts, int(now.count()))
    if min(known) < MINIMUM_ACCOUNTS:
        words.insert(0, f"{min(known)} accounts with a value, {MINIMUM_ACCOUNTS} are needed")
        return ColumnFinding(column, "too few accounts", "; ".join(words), None, None, *nulls)
    distance, limit = ks_distance(then, now), drift_limit(*known)
    nulls_moved = abs(nulls[1] - nulls[0]) >= drift_limit(*(min(accounts, len(c)) for c in (then, now)))
    if nulls_moved:
        words.insert(0, f"null in {nulls[1]:.0%} of the rows, was {nulls[0]:.0%}")
    state: State = "drifted" if distance >= limit or nulls_moved else "steady"
    return ColumnFinding(column, state, "; ".join(words), distance, limit, *nulls)


def _not_comparable(frame: pd.DataFrame, column: str) -> str | None:
    if column not in frame:
        return "absent"
    if frame.empty:
        return "no row at all"
    if frame[column].isna().all():
        return "nothing but nulls"
    if not pd.api.types.is_numeric_dtype(frame[column]):
        return f"{frame[column].dtype}, not a number,"
    return None if finite_numbers(frame[column]).notna().any() else "no finite value"


def _remarks(name: str, raw: pd.Series, numbers: pd.Series) -> list[str]:
    remarks = []
    infinite = int(numbers.isna().sum() - raw.isna().sum())
    if infinite:
        remarks.append(f"{infinite} infinite in the {name} rows, read as null")
    if numbers.nunique() == 1:
        remarks.append(f"always {numbers.dropna().iloc[0]:g} in the {name} rows")
    return remarks
