"""What is wrong with a whole column, and not with a row: a feature that vanished, or that stands still.

A renamed column of an export, or a source that was not loaded, leaves a feature missing for every account;
each row by itself looks like an account of which little is known, and all of them drift to one health. So a
call's or a book's rows are looked at together, against what was usual in training (`training.usual_values`):

    vanished  missing in every row, which by chance would happen to fewer than one call in a thousand
    constant  one value in every row, of at least 20, which by chance would happen as seldom

Chance is that of rows drawn from the training rows. It is a flag and no refusal: a book of new accounts alone
has reason to look alike. `out_of_range` is of each row: outside the catalogue's range, or so far beyond
everything in training that another unit is likelier than another account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalog import Feature

SELDOM = 1e-3
FEWEST = 20  # rows of one value that are worth a word
BEYOND = 10.0  # times the width of all that training saw
Usual = Mapping[str, Mapping[str, Any]]


def column_flags(rows: pd.DataFrame, usual: Usual) -> dict[str, list[str]]:
    """`vanished` and `constant`: names of features, in the order of `usual`.

    >>> usual = {"seats": {"missing": 0.01, "same": 0.1, "low": 1.0, "high": 90.0}}
    >>> column_flags(pd.DataFrame({"account_id": ["A", "B"]}), usual)
    {'vanished': ['seats'], 'constant': []}
    """
    columns = rows.reindex(columns=list(usual)).to_numpy("float64")
    vanished, constant = [], []
    for (name, was), column in zip(usual.items(), columns.T, strict=True):
        known = column[~np.isnan(column)]
        if len(column) and not len(known) and was["missing"] ** len(column) < SELDOM:
            vanished.append(name)
        elif len(known) >= FEWEST and np.ptp(known) == 0 and was["same"] ** (len(known) - 1) < SELDOM:
            constant.append(name)
    return {"vanished": vanished, "constant": constant}


def out_of_range(X: NDArray[np.float64], features: Sequence[Feature], usual: Usual) -> NDArray[np.bool_]:
    """(n, k): a value outside the catalogue's range, infinite, or ten widths beyond all of training."""
    edges = np.array([_edges(feature, usual.get(feature.name)) for feature in features]).reshape(-1, 2)
    return (edges[:, 0] > X) | (edges[:, 1] < X) | np.isinf(X)


def _edges(feature: Feature, was: Mapping[str, Any] | None) -> tuple[float, float]:
    lowest, highest = feature.range
    low, high = -np.inf if lowest is None else lowest, np.inf if highest is None else highest
    if was is None or was["low"] is None:
        return low, high
    reach = BEYOND * max(was["high"] - was["low"], abs(was["high"]), abs(was["low"]), 1.0)
    return max(low, was["low"] - reach), min(high, was["high"] + reach)
