"""Which accounts can be compared between two dates: those that are there at both, and had grown up by then.

A young account changes because it ages: counts over a year fill up, changes over half a year begin to be
known. That every account grows older is no drift, so only those are compared whose windows, and the windows
before them that changes are measured against, lay within its time as a customer at the earlier date already.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from features.faults import Fault, WrongUse

TENURE = "tenure_days"


@dataclass(frozen=True)
class SameAccounts:
    """`then` and `now`: the same accounts in the same order. The counts are of accounts: in the frame of
    then only (`left`), of now only (`joined`), in both but too young then (`young`)."""

    then: pd.DataFrame
    now: pd.DataFrame
    left: int
    joined: int
    young: int

    def __len__(self) -> int:
        return len(self.then)


def same_accounts(reference: pd.DataFrame, current: pd.DataFrame, settled_days: int) -> SameAccounts:
    """The accounts of both frames (one row per `account_id`) that were customers for `settled_days` then.

    Where no tenure is known all accounts count as settled. WrongUse where an account has two rows.

    >>> then = pd.DataFrame({"account_id": ["A", "B", "C"], "tenure_days": [900.0, 30.0, 900.0]})
    >>> now = pd.DataFrame({"account_id": ["D", "C", "B"]})
    >>> found = same_accounts(then, now, 545)
    >>> found.now["account_id"].tolist(), found.left, found.joined, found.young
    (['C'], 1, 1, 1)
    """
    _check(reference, current)
    then, now = (frame.set_index("account_id", drop=False) for frame in (reference, current))
    both = then.index[then.index.isin(now.index)]
    grown = both
    if TENURE in then:
        tenure = then.loc[both, TENURE].astype("float64")
        grown = both[(tenure.isna() | (tenure >= settled_days)).to_numpy()]
    return SameAccounts(
        then.loc[grown].reset_index(drop=True),
        now.loc[grown].reset_index(drop=True),
        left=len(then) - len(both),
        joined=len(now) - len(both),
        young=len(both) - len(grown),
    )


def _check(reference: pd.DataFrame, current: pd.DataFrame) -> None:
    faults = []
    for name, frame in (("reference", reference), ("current", current)):
        if "account_id" not in frame:
            faults.append(Fault(f"{name} rows", "no account_id", "one row per account", "name the accounts"))
        elif frame["account_id"].duplicated().any():
            twice = str(frame.loc[frame["account_id"].duplicated(), "account_id"].iloc[0])
            step = "compare one as-of date with one other"
            faults.append(Fault(f"{name} rows", f"{twice} twice", "one row per account", step))
    if faults:
        raise WrongUse("These rows cannot be compared", faults)
