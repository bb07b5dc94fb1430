"""The records behind a driver: the very rows that a feature was computed from, as they were known then.

Each family says which tables it reads, how far back, and which of their rows. What was not known at the
as-of date is not shown: a later row is gone, a payment or a resolution still to come is blank. A book of
nothing but these records gives the feature the same value, to the bit (`tests/features/test_evidence.py`);
only what leans on other accounts (the segment's prior of an NPS interval) needs more than one account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.catalog import Feature
from features.params import FeatureParams
from features.source_tables import SOURCE_TABLES, SourceTable
from features.time_windows import day_number
from features.warehouse import Warehouse

Pick = Callable[[ir.Table, int, FeatureParams], ir.Value]


@dataclass(frozen=True)
class Records:
    """Rows of one canonical table, newest first, with the table's own columns."""

    table: str
    rows: pd.DataFrame


def evidence(
    source: Warehouse, account_id: str, as_of: pd.Timestamp, feature: Feature, params: FeatureParams
) -> list[Records]:
    """The records behind `feature` of one account at a date, table by table in the order of reading.

    A table that the book lacks is left out; one without a row that counts is there, and empty.
    """
    day = day_number(as_of)
    reads = READS[feature.family]
    return [
        Records(name, _rows(source, SOURCE_TABLES[name], account_id, day, pick, params))
        for name, pick in reads.items()
        if source.has(name)
    ]


def _rows(
    source: Warehouse, table: SourceTable, account_id: str, day: int, pick: Pick, params: FeatureParams
) -> pd.DataFrame:
    t = source[table.name]
    t = known_then(t.filter(t.account_id == account_id), table, day)
    kept = t.filter(pick(t, day, params)).select(*table.column_names)
    assert table.happens is not None
    order = [kept[table.happens].desc(), *(kept[key] for key in table.key if key != table.happens)]
    found: pd.DataFrame = kept.order_by(order).to_pandas()
    return found


def known_then(rows: ir.Table, table: SourceTable, day: int) -> ir.Table:
    """The rows known before as-of day `day`; what comes later of a row is null unless known by then."""
    known = rows.filter(rows.known_day < day)
    for later in table.later:
        stem = later.removesuffix("_at")
        told = (known[f"{stem}_known_day"] < day).fill_null(False)
        hidden = {name: known[name] for name in (*table.told_by(later), f"{stem}_day")}
        known = known.mutate(
            **{name: ibis.ifelse(told, value, ibis.null(value.type())) for name, value in hidden.items()}
        )
    return known


def _within(column: str, *windows: str, times: int = 1) -> Pick:
    """Rows whose `column` lies in the longest of these windows before the as-of date."""

    def pick(t: ir.Table, day: int, params: FeatureParams) -> ir.Value:
        longest = times * max(getattr(params.windows, name) for name in windows)
        return (t[column] < day) & (t[column] >= day - longest)

    return pick


def _longer(column: str) -> Pick:
    """Rows whose `column` lies within half a year, or within two quarters where that is longer."""
    half_year, quarters = _within(column, "half_year"), _within(column, "quarter", times=2)
    return lambda t, day, params: half_year(t, day, params) | quarters(t, day, params)


def _all(t: ir.Table, day: int, params: FeatureParams) -> ir.Value:
    return ibis.literal(True)


def _asked(*kinds: str) -> Pick:
    """Questions of these kinds that were sent or answered as far back as any voice feature looks."""

    def pick(t: ir.Table, day: int, params: FeatureParams) -> ir.Value:
        longest = params.windows.year + params.windows.half_year
        return t.kind.isin(kinds) & ((t.sent_day >= day - longest) | (t.responded_day >= day - longest))

    return pick


def _due(t: ir.Table, day: int, params: FeatureParams) -> ir.Value:
    """Invoices that fell due within the windows, and older ones that are unpaid."""
    longest = max(params.windows.year, 2 * params.windows.half_year)
    return (t.due_day < day) & ((t.due_day >= day - longest) | t.paid_at.isnull())


def _opened_or_open(*windows: str, times: int = 1) -> Pick:
    recent = _within("opened_day", *windows, times=times)
    return lambda t, day, params: recent(t, day, params) | t.resolved_at.isnull()


def _ticket_history(t: ir.Table, day: int, params: FeatureParams) -> ir.Value:
    longest = params.windows.quarter + params.windows.year
    return (t.opened_day >= day - longest) | t.resolved_at.isnull()


USE: Mapping[str, Pick] = {"usage": _within("occurred_day", "quarter")}
LICENCES: Mapping[str, Pick] = {**USE, "subscriptions": _all}
ANSWERS: Mapping[str, Pick] = {"surveys": _asked("nps"), "contacts": _all}
NOTES: Mapping[str, Pick] = {"notes": _longer("happened_day")}
READS: Mapping[str, Mapping[str, Pick]] = {
    "login": USE,
    "seat_use": LICENCES,
    "breadth": LICENCES,
    "depth": USE,
    "nps": ANSWERS,
    "touchpoint": {"surveys": _asked("ces", "csat")},
    "silence": {"surveys": _asked("nps", "ces", "csat"), "contacts": _all},
    "conflict": {**ANSWERS, **NOTES, **USE},
    "people": {"contacts": _all},
    "notes": NOTES,
    "decision_maker_words": {
        **NOTES,
        "tickets": _within("opened_day", "half_year"),
        "surveys": _within("responded_day", "half_year"),
        "contacts": _all,
    },
    "learned_text": {
        "notes": _within("happened_day", "half_year"),
        "tickets": _within("opened_day", "half_year"),
        "surveys": _within("responded_day", "half_year"),
    },
    "comments": {"surveys": _asked("nps", "ces", "csat")},
    "ticket_volume": {"tickets": _ticket_history},
    "ticket_severity": {"tickets": _opened_or_open("quarter", "half_year", times=2)},
    "resolution": {"tickets": _within("resolved_day", "half_year", times=2)},
    "ticket_words": {"tickets": _within("opened_day", "half_year")},
    "seats_and_revenue": {"subscriptions": _all},
    "payment": {"invoices": _due},
    "renewal": {"renewals": _all, "accounts": _all},
}
