"""Books written out by hand: a case is one account, its rows, and what its features must be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd
import pytest

from features.params import FeatureParams
from features.source_tables import SOURCE_TABLES
from features.time_windows import as_of_date
from features.warehouse import Warehouse, literal_table, warehouse

Row = dict[str, Any]
Rows = Mapping[str, list[Row]]

AS_OF = as_of_date("2026-10-31")
PARAMS = FeatureParams(sticky_features=("workflow_run", "api_sync"))


def at(age: int, clock: str = "00:00:00") -> str:
    """The instant on the day `age` days before the as-of date: `at(0)` is the as-of date itself."""
    return f"{AS_OF - pd.Timedelta(days=age):%Y-%m-%d}T{clock}Z"


DEFAULTS: dict[str, Row] = {
    "accounts": {"created_at": at(1000)},
    "contacts": {"role": "user", "valid_from": at(1000)},
    "surveys": {"kind": "nps", "touchpoint": "relational", "scale_min": 0, "scale_max": 10},
    "usage": {"user_id": "U-1", "quantity": 1},
    "subscriptions": {"starts_at": at(1000), "changed_at": at(1000)},
    "invoices": {"amount": 100, "currency": "EUR"},
    "tickets": {"kind": "question", "severity": "low"},
    "notes": {"kind": "crm_note"},
    "renewals": {"contract_id": "K-1", "status": "open"},
}
IDS = {"contacts": "contact_id", "surveys": "response_id", "subscriptions": "subscription_id"}
IDS |= {"invoices": "invoice_id", "tickets": "ticket_id", "notes": "note_id"}


@dataclass(frozen=True)
class Case:
    """One account, named by a sentence. What a row leaves out has the value of DEFAULTS, else null.

    An account has one subscription without end unless the case says otherwise.
    """

    says: str
    rows: Rows
    expected: Mapping[str, float | None] = field(default_factory=dict)


def book_of(cases: Iterable[Case]) -> dict[str, list[Row]]:
    """The rows of every table, each case an account; every table is there, if only with no row."""
    book: dict[str, list[Row]] = {name: [] for name in SOURCE_TABLES}
    for case in cases:
        given = {"accounts": [{}], "subscriptions": [{}], **case.rows}
        for name, rows in given.items():
            book[name] += [_whole(name, case.says, number, row) for number, row in enumerate(rows)]
    return book


def _whole(table: str, account: str, number: int, row: Row) -> Row:
    made = {"account_id": account, **DEFAULTS[table], **row}
    if table == "subscriptions" and "subscription_id" in row:
        # Cases call theirs alike, and a subscription is the same one in the whole book.
        made["subscription_id"] = f"{account} {row['subscription_id']}"
    if table in IDS:
        made.setdefault(IDS[table], f"{account} {number}")
    if table == "notes":
        made.setdefault("recorded_at", made["happened_at"])
    return made


def warehouse_of(rows: Rows) -> Warehouse:
    """The warehouse over tables of literal rows."""
    return warehouse({name: literal_table(SOURCE_TABLES[name], listed) for name, listed in rows.items()})


def literal_warehouse(*cases: Case) -> Warehouse:
    """The warehouse over the accounts of these cases."""
    return warehouse_of(book_of(cases))


def differences(case: Case, rows: pd.DataFrame) -> dict[str, tuple[float, float | None]]:
    """What `case` expects and the snapshot does not have: feature → (found, expected)."""
    found = rows.set_index("account_id").loc[case.says]
    almost = partial(pytest.approx, rel=1e-9, abs=1e-12, nan_ok=True)
    return {
        name: (found[name], value)
        for name, value in case.expected.items()
        if found[name] != almost(float("nan") if value is None else value)
    }
