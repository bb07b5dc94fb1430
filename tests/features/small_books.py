"""Small books for the tests of the checks: one good row per table, changed where a test says so."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.check_report import RowFault
from features.source_checks import CheckedBook, check_book
from features.source_tables import SOURCE_TABLES

Row = dict[str, Any]
Writer = Callable[[Path, str, Sequence[Row]], None]


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


JAN1, JAN2 = "2026-01-01 00:00:00+00", "2026-01-02 00:00:00+00"
INSTANT = "a time with its zone, such as 2026-01-31T09:30:00Z"

GOOD: dict[str, Row] = {
    "accounts": {"account_id": "A-1", "created_at": day(1), "owner": None, "is_key": True},
    "contacts": {
        "contact_id": "C-1",
        "account_id": "A-1",
        "role": "user",
        "valid_from": day(1),
        "valid_to": day(9),
        "recorded_at": None,
    },
    "surveys": {
        "response_id": "R-1",
        "account_id": "A-1",
        "contact_id": None,
        "kind": "nps",
        "touchpoint": "relational",
        "score": 9.0,
        "scale_min": 0.0,
        "scale_max": 10.0,
        "comment": None,
        "sent_at": day(1),
        "responded_at": day(2),
        "recorded_at": None,
    },
    "usage": {"account_id": "A-1", "user_id": "U-1", "occurred_at": day(2), "module": None, "quantity": 3.0},
    "subscriptions": {
        "subscription_id": "S-1",
        "account_id": "A-1",
        "seats": 5.0,
        "starts_at": day(1),
        "ends_at": None,
        "changed_at": day(1),
    },
    "invoices": {
        "invoice_id": "I-1",
        "account_id": "A-1",
        "amount": 10.0,
        "issued_at": day(1),
        "due_at": day(9),
        "paid_at": None,
    },
    "tickets": {
        "ticket_id": "T-1",
        "account_id": "A-1",
        "contact_id": None,
        "kind": "bug",
        "severity": "low",
        "opened_at": day(2),
        "first_response_at": day(3),
        "resolved_at": None,
        "reopened": False,
        "text": 'three\nlines, "quoted"\r\n质量',
    },
    "notes": {
        "note_id": "N-1",
        "account_id": "A-1",
        "kind": "qbr",
        "role": None,
        "happened_at": day(2),
        "recorded_at": day(2),
    },
    "renewals": {
        "account_id": "A-1",
        "contract_id": "K-1",
        "renewal_at": day(20),
        "status": "open",
        "changed_at": day(1),
    },
}


def write_csv(folder: Path, table: str, rows: Sequence[Row]) -> None:
    def shown(value: object) -> object:
        return value.strftime("%Y-%m-%d %H:%M:%S+00") if isinstance(value, datetime) else value

    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({name: shown(value) for name, value in row.items()} for row in rows)


def write_parquet(folder: Path, table: str, rows: Sequence[Row]) -> None:
    """Typed columns, as an exporter writes them; a column that holds any text is one of texts."""

    def column(values: list[Any]) -> pa.Array:
        if any(isinstance(value, str) for value in values):
            shown = [v.strftime("%Y-%m-%d %H:%M:%S+00") if isinstance(v, datetime) else v for v in values]
            return pa.array([None if v is None else str(v) for v in shown], pa.string())
        return pa.array(values)

    columns = {name: column([row[name] for row in rows]) for name in rows[0]}
    pq.write_table(pa.table(columns), folder / f"{table}.parquet")


in_both_formats = pytest.mark.parametrize("write", [write_csv, write_parquet], ids=["csv", "parquet"])


def book_of(folder: Path, write: Writer, **tables: Sequence[Mapping[str, Any]]) -> Path:
    """A book with one good account and, per table named, rows given as changes to the good row."""
    folder = folder / "acme"
    folder.mkdir(exist_ok=True)
    for name, changes in ({"accounts": [{}]} | tables).items():
        write(folder, name, [{**GOOD[name], **change} for change in changes])
    return folder


def check(folder: Path, max_faulty_share: float = 1.0) -> CheckedBook:
    return check_book(folder, SOURCE_TABLES, max_faulty_share=max_faulty_share)


def faults_of(checked: CheckedBook, table: str) -> tuple[RowFault, ...]:
    return checked.by_table[table].report.faults


def only_fault(checked: CheckedBook, table: str) -> RowFault:
    (fault,) = faults_of(checked, table)
    return fault
