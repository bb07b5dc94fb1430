"""When something new was last known of each account, by pillar: the evidence that a band may turn on."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import pandas as pd

from features.extent import fact_columns
from features.params import Pillar
from features.time_windows import EPOCH, day_number
from features.warehouse import Warehouse

PILLAR_OF: Mapping[str, Pillar] = {
    "surveys": "voice",
    "notes": "voice",
    "contacts": "voice",
    "usage": "usage",
    "subscriptions": "commercial",
    "invoices": "commercial",
    "renewals": "commercial",
    "tickets": "service",
}


def newest_facts(source: Warehouse, as_of: pd.Timestamp) -> dict[str, dict[str, pd.Timestamp]]:
    """By account and pillar the UTC day of the newest fact that was known before `as_of`.

    A question that nobody has answered yet is no fact of the customer's: of surveys the answers count.
    """
    found: dict[str, dict[str, pd.Timestamp]] = {}
    for table in (name for name in PILLAR_OF if source.has(name)):
        for account, day in _days(source, table, day_number(as_of)):
            moment = EPOCH + pd.Timedelta(days=day)
            known = found.setdefault(account, {})
            known[PILLAR_OF[table]] = max(moment, known.get(PILLAR_OF[table], moment))
    return found


def _days(source: Warehouse, table: str, limit: int) -> list[tuple[str, int]]:
    rows, days = source[table], [day for _, day in fact_columns(table)]
    if table == "surveys":
        days = days[1:]
    newest = {day: rows[day].max(where=rows[day] < limit) for day in days}
    of_account = rows.group_by("account_id").aggregate(**newest)
    of_account = of_account.select("account_id", day=ibis.greatest(*(of_account[day] for day in days)))
    answered = of_account.filter(of_account.day.notnull()).to_pyarrow().to_pylist()
    return [(str(row["account_id"]), int(row["day"])) for row in answered]
