"""What is looked at before rows are scored, the same whichever engine read them; all faults at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.account_facts import ACCOUNT_FACTS
from features.catalog import load_catalog
from features.faults import DataFault, Fault
from features.params import Windows
from features.time_windows import as_of_date
from serving.scores.column_flags import ColumnsSeen

KEYS = ("account_id", "as_of")
LONGEST = 200  # characters of an account id, as the store keeps it
EXAMPLES = 3


@dataclass(frozen=True, eq=False)
class RowsSeen:
    """A file of rows as an engine sees it.

    `columns`: name → whether it holds numbers; `as_of`: the dates that occur, at most `EXAMPLES`;
    `without_id`: rows with no id, or one that is too long; `twice`: some ids that more than one row has;
    `known`, `low`, `high` (k,): of each of the `features` the number of values, the least and the greatest.
    """

    rows: int
    columns: Mapping[str, bool]
    as_of: Sequence[Any]
    without_id: int
    twice: Sequence[str]
    features: tuple[str, ...]
    known: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def of(self, names: Sequence[str]) -> ColumnsSeen:
        """The named features, as `column_flags` looks at them; one not here is missing in every row."""
        place = {name: number for number, name in enumerate(self.features)}
        found = [place.get(name, len(place)) for name in names]
        ends = (np.append(side, np.nan)[found] for side in (self.low, self.high))
        return ColumnsSeen(self.rows, np.append(self.known, 0)[found], *ends)


def checked_date(seen: RowsSeen, windows: Windows) -> pd.Timestamp:
    """The one as-of date of the rows. Raises DataFault with everything that keeps them from being scored."""
    faults = [*_columns(seen, windows), *_ids(seen), *_dates(seen)]
    if faults:
        raise DataFault("the rows cannot be scored", faults)
    return as_of_date(str(pd.Timestamp(seen.as_of[0]).date()))


def _columns(seen: RowsSeen, windows: Windows) -> Iterator[Fault]:
    names = [feature.name for feature in load_catalog(windows)]
    known = {*names, *KEYS, *ACCOUNT_FACTS}
    for name in KEYS:
        if name not in seen.columns:
            yield Fault("column", name, "there", "write the rows with vitals features --out FILE.parquet")
    for name in seen.columns:
        if name not in known:
            allowed = "account_id, as_of, a feature of `vitals catalog`, or a column of the accounts table"
            yield Fault("column", name, allowed, "rename it, or leave it out")
    for name in names:
        if seen.columns.get(name) is False:
            yield Fault(name, "text", "a column of numbers", "write it as numbers; null is missing")
    if not set(names) & set(seen.columns):
        yield Fault("column", "no feature", "at least one feature of `vitals catalog`", "add the features")


def _ids(seen: RowsSeen) -> Iterator[Fault]:
    if not seen.rows:
        yield Fault("rows", 0, "at least one", "look at the file, or compute the features again")
    if seen.without_id:
        allowed = f"a text of 1 to {LONGEST} characters in every row"
        yield Fault("account_id", f"{seen.without_id} rows without", allowed, "mend these rows")
    if seen.twice:
        step = "keep one row of each account, or score each as-of date by itself"
        yield Fault("account_id", ", ".join(seen.twice), "at most once each", step)


def _dates(seen: RowsSeen) -> Iterator[Fault]:
    if "as_of" not in seen.columns or not seen.rows:
        return
    if len(seen.as_of) != 1:
        told = ", ".join(map(str, seen.as_of)) or "none"
        yield Fault("as_of", told, "one date, the same in every row", "write a file for each as-of date")
    elif pd.isna(moment := pd.to_datetime(seen.as_of[0], errors="coerce", utc=True)):
        yield Fault("as_of", str(seen.as_of[0]), "a UTC date, as 2026-10-31", "write it so")
    elif moment != moment.normalize():
        yield Fault("as_of", str(moment), "midnight in UTC", "features count whole days: take the date alone")
