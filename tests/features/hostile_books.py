"""Small books that Hypothesis draws: what a checked book may hold, where a fault is likeliest to show.

Ties at one instant, the boundaries of every window, facts known late, nulls, empty tables, days on
which clocks change, a leap day, several currencies, scales and roles, and people whom two accounts
share. A failing book shrinks to few rows of plain values.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from features.source_tables import (
    NOTE_KINDS,
    RENEWAL_STATUSES,
    ROLES,
    SEVERITIES,
    SOURCE_TABLES,
    TICKET_KINDS,
    TOUCHPOINTS,
)
from features.time_windows import as_of_date
from tests.features.literal_book import Row, Rows
from tests.features.specified_words import SAID

DATES = [as_of_date(day) for day in (
    "2026-10-31",
    "2024-02-29", "2024-03-01", "2025-03-01",  # the leap day, the day after it, a year after it
    "2026-03-29", "2026-03-30", "2026-10-25", "2026-11-01",  # clocks change in Europe, in America
)]  # fmt: skip
BOUNDARIES = (13, 14, 30, 60, 90, 180, 365, 455)
AGES = sorted({1, 2, 0, *(b + n for b in BOUNDARIES for n in (-1, 0, 1)), 700, -1, -30, -400}, key=abs)
CLOCKS = ("12:00:00", "00:00:00", "23:59:59.999999", "00:00:00.000001", "02:30:00")
LATER = [dt.timedelta(days=days, seconds=s) for days in (0, 1, 13, 14, 90, 400) for s in (0, 1)]
SCALES = ((0, 10), (0, 100), (1, 5), (1, 7), (-100, 100))
MARKS = (1.0, 0.9, 0.75, 0.7, 0.69, 0.5, 0.0)  # how far up the scale
TEXTS = (*SAID.values(), "It is good.", "It is terrible.", "没有涨价。", "", "NaN", "🙂 good, not bad")
QUESTIONS = (("nps", "relational"), *(("ces", t) for t in TOUCHPOINTS), *(("csat", t) for t in TOUCHPOINTS))
ANY_FLAG = (None, True, False)

one_of = st.sampled_from


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


@st.composite
def moments(draw: st.DrawFn, as_of: pd.Timestamp) -> dt.datetime:
    """An instant near the as-of date or a boundary before it."""
    day = (as_of - pd.Timedelta(days=draw(one_of(AGES)))).date()
    return dt.datetime.fromisoformat(f"{day}T{draw(one_of(CLOCKS))}+00:00")


def after(moment: dt.datetime) -> st.SearchStrategy[Any]:
    """None, or an instant at or after `moment`."""
    return maybe(one_of(LATER).map(lambda wait: moment + wait))


@st.composite
def rows_of(draw: st.DrawFn, table: str, as_of: pd.Timestamp) -> Row:
    """A row of a table, with what any table has: when it happened, when it became known, what came later."""
    schema = SOURCE_TABLES[table]
    happens = schema.happens
    assert happens is not None
    row = {happens: draw(moments(as_of))}
    for later in schema.later:
        row[later] = draw(after(row[happens]))
        if entered := schema.recorded_later(later):
            row[entered] = draw(after(row[happens]))
    row |= draw(st.fixed_dictionaries(OWN[table]))
    row["recorded_at"] = draw(after(row[happens]))
    return row | draw(COMPLETED[table](row, as_of) if table in COMPLETED else st.just({}))


OWN: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "contacts": {
        "contact_id": one_of(("C-1", "C-2", "C-shared")),
        "role": one_of(ROLES),
        "is_key": one_of(ANY_FLAG),
    },
    "surveys": {"contact_id": one_of((None, "C-1", "C-2", "C-shared", "C-unknown"))},
    "usage": {
        "user_id": one_of(("U-1", "U-2", "NaN")),
        "module": one_of((None, "core", "api", "")),
        "feature": one_of((None, "workflow_run", "login")),
        "quantity": one_of((1.0, 0.0, 0.1, 0.0005, 0.0004, 1e6)),
    },
    "subscriptions": {
        "subscription_id": one_of(("S-1", "S-2")),
        "modules": one_of((None, "core", "core|api| planner ", "", "|")),
        "seats": one_of((None, 1.0, 0.0, 2.5, 10.0)),
        "mrr": one_of((None, 1.0, 0.0, 99.995, 1e6)),
        "currency": one_of((None, "EUR", "CNY")),
    },
    "invoices": {"amount": st.just(1.0), "currency": one_of((None, "EUR"))},
    "tickets": {
        "kind": one_of(TICKET_KINDS),
        "severity": one_of(SEVERITIES),
        "contacts_to_resolve": one_of((None, 0.0, 1.0, 2.0)),
        "reopened": one_of(ANY_FLAG),
        "text": maybe(one_of(TEXTS)),
    },
    "notes": {"kind": one_of(NOTE_KINDS), "text": maybe(one_of(TEXTS))},
    "renewals": {"contract_id": one_of(("K-1", "K-2")), "status": one_of(RENEWAL_STATUSES)},
}


@st.composite
def _answered(draw: st.DrawFn, row: Row, as_of: pd.Timestamp) -> Row:
    kind, touchpoint = draw(one_of(QUESTIONS))
    low, high = draw(one_of(SCALES))
    told = row["responded_at"] is not None
    mark = draw(maybe(one_of(MARKS))) if told else None
    return {
        "kind": kind,
        "touchpoint": touchpoint,
        "scale_min": float(low),
        "scale_max": float(high),
        "score": None if mark is None else low + mark * (high - low),
        "comment": draw(maybe(one_of(TEXTS))),  # of an unanswered question too: a draft
    }


@st.composite
def _run(draw: st.DrawFn, row: Row, as_of: pd.Timestamp) -> Row:
    starts = draw(one_of((row["changed_at"], draw(moments(as_of)))))
    return {"starts_at": starts, "ends_at": draw(after(starts))}


def _fallen_due(row: Row, as_of: pd.Timestamp) -> st.SearchStrategy[Row]:
    return one_of(LATER).map(lambda wait: {"due_at": row["issued_at"] + wait})


def _written(row: Row, as_of: pd.Timestamp) -> st.SearchStrategy[Row]:
    return st.just({"recorded_at": row["recorded_at"] or row["happened_at"]})


def _agreed(row: Row, as_of: pd.Timestamp) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries({"renewal_at": moments(as_of)})


COMPLETED = {
    "surveys": _answered,
    "subscriptions": _run,
    "invoices": _fallen_due,
    "notes": _written,
    "renewals": _agreed,
}


@st.composite
def accounts(draw: st.DrawFn) -> Rows:
    """One account with its rows, crowded around one of DATES; nearly always a customer then."""
    as_of = draw(one_of(DATES))
    age = draw(one_of((400, 1, 2, 59, 60, 179, 180, 0)))
    created = (as_of - pd.Timedelta(days=age)).to_pydatetime()
    state = {"subscription_id": "S-0", "seats": draw(one_of((None, 1.0, 3.0))), "modules": "core|api"}
    runs = {**state, "starts_at": created, "changed_at": created}
    rows = {table: draw(st.lists(rows_of(table, as_of), max_size=4)) for table in OWN}
    segment = draw(one_of((None, "smb", "enterprise")))
    known = draw(maybe(after(created)))
    rows["accounts"] = [{"created_at": created, "recorded_at": known, "segment": segment}]
    rows["subscriptions"] += draw(one_of(([runs], [])))
    return rows


@st.composite
def hostile_books(draw: st.DrawFn) -> Rows:
    """A book of 12 to 16 accounts, with every table, if only with no row."""
    book: dict[str, list[Row]] = {name: [] for name in SOURCE_TABLES}
    for number, account in enumerate(draw(st.lists(accounts(), min_size=12, max_size=16))):
        for table, rows in account.items():
            book[table] += [{**row, "account_id": f"A-{number:02}"} for row in rows]
    return {table: _one_per_key(table, rows) for table, rows in book.items()}


def _one_per_key(table: str, rows: list[Row]) -> list[Row]:
    """What the checks let through: each key once. An id that stands for one row is numbered."""
    key = SOURCE_TABLES[table].key
    if len(key) == 1 and table != "accounts":
        return [{**row, key[0]: f"{table}-{number:02}"} for number, row in enumerate(rows)]
    if table == "subscriptions":  # the same id in two accounts is two subscriptions
        rows = [{**row, "subscription_id": f"{row['account_id']} {row['subscription_id']}"} for row in rows]
    once = {tuple(row[name] for name in key): row for row in reversed(rows)}
    return list(reversed(once.values())) if key else rows
