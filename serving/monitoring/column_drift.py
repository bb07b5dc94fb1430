"""One column of the same accounts, then and now: has it moved, and what else is to be said about it?

A p-value alone cries wolf on a large book, where anything has moved a little; a distance alone cries wolf on
a small one. Here a column has drifted where both say so: its values, or whether they are missing, have moved
for at least a tenth of the accounts, and the tests of `paired_change`, corrected over all columns
(`false_discoveries`), would say so by chance in at most the share of comparisons that is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from serving.monitoring.false_discoveries import adjusted
from serving.monitoring.paired_change import level_and_spread_p_values, null_p_value

State = Literal["steady", "drifted", "too few accounts", "not comparable"]

LEAST_MOVED = 0.1
MINIMUM_ACCOUNTS = 30
FALSE_ALARMS = 0.05


@dataclass(frozen=True)
class ColumnFinding:
    """What is seen in one column of the accounts that are in both frames, in the same order.

    `accounts` have a value at both dates. `distance` is the share of them that moved (Kolmogorov–Smirnov),
    `p_value` that of all tests of the column, 1 where less than a tenth moved; `adjusted` is corrected over
    the columns. Shares are 0 to 1. What could not be judged is null. `words` say what the numbers do not.
    """

    column: str
    state: State
    words: str
    accounts: int = 0
    distance: float | None = None
    p_value: float | None = None
    adjusted: float | None = None
    null_share_then: float | None = None
    null_share_now: float | None = None


def ks_distance(reference: pd.Series, current: pd.Series) -> float:
    """Largest difference of the two cumulative distributions: the share of rows that moved, 0 to 1.

    Kolmogorov & Smirnov's distance. It needs no bins, and a few giant accounts do not move it. Nulls are
    left out; either series needs a value.

    >>> ks_distance(pd.Series([1.0, 2.0, 3.0, 4.0]), pd.Series([3.0, 4.0, None, 5.0, 6.0]))
    0.5
    """
    then, now = np.sort(reference.dropna().to_numpy()), np.sort(current.dropna().to_numpy())
    seen = np.concatenate([then, now])
    shares = (np.searchsorted(values, seen, side="right") / len(values) for values in (then, now))
    return float(np.abs(np.subtract(*shares)).max())


def finite_numbers(values: pd.Series) -> pd.Series:
    """`values` as float64 from row 0 on, infinities as null.

    >>> finite_numbers(pd.Series([1, None, float("inf")], index=[7, 8, 9])).tolist()
    [1.0, nan, nan]
    """
    return values.astype("float64").replace([np.inf, -np.inf], np.nan).reset_index(drop=True)


def examine_columns(
    then: pd.DataFrame, now: pd.DataFrame, columns: list[str], false_alarms: float = FALSE_ALARMS
) -> tuple[ColumnFinding, ...]:
    """The findings for `columns`; row i of either frame is the same account.

    `false_alarms`: in at most this share of comparisons of books in which nothing moved is any column found
    to have drifted.

    >>> then, now = pd.DataFrame({"seats": [4.0, 5.0] * 50}), pd.DataFrame({"seats": [5.0] * 99 + [None]})
    >>> finding, = examine_columns(then, now, ["seats"])
    >>> finding.state, finding.words
    ('drifted', 'always 5 now')
    """
    found = [_examine(then, now, column) for column in columns]
    tested = [finding for finding in found if finding.p_value is not None]
    corrected = dict(
        zip(
            (finding.column for finding in tested),
            adjusted([f.p_value for f in tested if f.p_value is not None]),
            strict=True,
        )
    )
    return tuple(_judged(finding, corrected.get(finding.column), false_alarms) for finding in found)


def _judged(finding: ColumnFinding, corrected: float | None, false_alarms: float) -> ColumnFinding:
    if corrected is None:
        return finding
    drifted = corrected <= false_alarms
    return replace(finding, adjusted=corrected, state="drifted" if drifted else finding.state)


def _examine(then: pd.DataFrame, now: pd.DataFrame, column: str) -> ColumnFinding:
    raw = [_column(frame, column) for frame in (then, now)]
    strange = [
        f"{v.dtype}, not a number, {when}"
        for v, when in zip(raw, ("then", "now"), strict=True)
        if not pd.api.types.is_numeric_dtype(v)
    ]
    if strange:
        return ColumnFinding(column, "not comparable", "; ".join(strange))
    x, y = (finite_numbers(values) for values in raw)
    words = [*_remarks("then", then, column, x), *_remarks("now", now, column, y)]
    if not len(x):
        return ColumnFinding(column, "not comparable", "no account is in both")
    nulls = float(x.isna().mean()), float(y.isna().mean())
    if x.isna().all() and y.isna().all():
        return ColumnFinding(column, "not comparable", "; ".join(words), 0, None, None, None, *nulls)
    both = x.notna() & y.notna()
    known, distance = int(both.sum()), None
    p_values = []
    if len(x) >= MINIMUM_ACCOUNTS:
        p_values.append(_null_p_value(x, y))
    if known >= MINIMUM_ACCOUNTS:
        distance = ks_distance(x[both], y[both])
        p_values += _value_p_values(x[both], y[both], distance)
    p_value = min(1.0, len(p_values) * min(p_values)) if p_values else None
    if abs(nulls[1] - nulls[0]) >= LEAST_MOVED:
        words.insert(0, f"missing in {nulls[1]:.0%} of the accounts, was {nulls[0]:.0%}")
    state: State = "steady"
    if distance is None:
        state = "too few accounts"
        words.append(f"fewer than {MINIMUM_ACCOUNTS} accounts have a value at both dates")
    return ColumnFinding(column, state, "; ".join(words), known, distance, p_value, None, *nulls)


def _column(frame: pd.DataFrame, column: str) -> pd.Series:
    if column not in frame:
        return pd.Series(np.nan, index=range(len(frame)))
    values = frame[column]
    return values.astype("float64") if values.isna().all() else values


def _null_p_value(x: pd.Series, y: pd.Series) -> float:
    gone, come = int((x.notna() & y.isna()).sum()), int((x.isna() & y.notna()).sum())
    return null_p_value(gone, come) if abs(gone - come) >= LEAST_MOVED * len(x) else 1.0


def _value_p_values(x: pd.Series, y: pd.Series, distance: float) -> tuple[float, ...]:
    if distance < LEAST_MOVED:
        return 1.0, 1.0
    return level_and_spread_p_values(x.to_numpy(), y.to_numpy())


def _remarks(when: str, frame: pd.DataFrame, column: str, numbers: pd.Series) -> list[str]:
    if column not in frame:
        return [f"absent {when}"]
    remarks = []
    infinite = int(numbers.isna().sum() - frame[column].isna().sum())
    if infinite:
        remarks.append(f"{infinite} infinite {when}, read as missing")
    if len(numbers) and numbers.isna().all():
        remarks.append(f"no value {when}")
    elif numbers.nunique() == 1:
        remarks.append(f"always {numbers.dropna().iloc[0] + 0:g} {when}")  # + 0: no -0
    return remarks
