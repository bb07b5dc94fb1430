"""Scores without the records that somebody is named for, where `gaming.discount: leave_out` says so.

What is left out is told: by account, trick and number of records. Questions that were not asked and tickets
that came back are shown, and stay as they are: there is nothing to leave out, or it would flatter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd

from features.time_windows import EPOCH
from features.warehouse import Warehouse
from serving.gaming.gaming_params import GamingParams
from serving.gaming.suspicions import Suspicion, suspicions

LEFT_OUT = ("begged", "against use", "inflated", "pinged")
LeftOut = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True, eq=False)
class Discounted:
    """The book without those records, and by account what was left out (`kind`, `table`, `records`)."""

    source: Warehouse
    left_out: LeftOut


def discounted(source: Warehouse, as_of: pd.Timestamp, params: GamingParams) -> Discounted:
    """The book as it is scored as of a date; itself where nothing is to be left out, or nobody is named."""
    if params.discount == "nothing":
        return Discounted(source, {})
    named = [one for one in suspicions(source, as_of, params) if one.accused and one.kind in LEFT_OUT]
    if not named:
        return Discounted(source, {})
    tables = dict(source.tables)
    answers = _records(named, "surveys")
    if len(answers):
        ids = ibis.memtable(pd.DataFrame({"response_id": answers.unique()}))
        tables["surveys"] = tables["surveys"].anti_join(ids, "response_id").cache()
    pings = _records(named, "usage")
    if len(pings):
        days = pings.drop_duplicates().str.rsplit("@", n=1, expand=True)
        day = (pd.to_datetime(days[1], utc=True) - EPOCH) // pd.Timedelta(days=1)
        rows = ibis.memtable(pd.DataFrame({"user_id": days[0], "occurred_day": day.astype("int64")}))
        tables["usage"] = tables["usage"].anti_join(rows, ["user_id", "occurred_day"]).cache()
    return Discounted(Warehouse(tables), _told(named))


def _records(named: Sequence[Suspicion], table: str) -> pd.Series:
    found = [one.records["record"] for one in named if one.table == table]
    return pd.concat(found, ignore_index=True) if found else pd.Series([], dtype="str")


def _told(named: Sequence[Suspicion]) -> dict[str, list[dict[str, Any]]]:
    told: dict[str, list[dict[str, Any]]] = {}
    for one in sorted(named, key=lambda each: LEFT_OUT.index(each.kind)):
        for account, records in one.records.groupby("account_id").size().items():
            line = {"kind": one.kind, "table": one.table, "records": int(records)}
            told.setdefault(str(account), []).append(line)
    return told
