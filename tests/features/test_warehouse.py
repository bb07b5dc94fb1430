"""Days are counted in UTC, rounded down, and a fact is known when it is recorded."""

from __future__ import annotations

import ibis
import pytest

from features.source_tables import INVOICES, NOTES, SOURCE_TABLES
from features.warehouse import literal_table, warehouse, with_days


def day_of(moment: str) -> int:
    table = with_days(literal_table(INVOICES, [{"issued_at": moment, "due_at": moment}]), INVOICES)
    return int(table.issued_day.execute()[0])


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T23:59:59.999999Z", 0),
        ("1970-01-02T00:00:00Z", 1),
        ("1969-12-31T23:59:59.7Z", -1),
        ("1970-01-02T07:00:00+08:00", 0),
        ("2026-03-29T01:30:00+01:00", 20541),  # the clocks of Europe jump in this night
        ("2026-03-29T00:30:00+01:00", 20540),
        ("2024-02-29T12:00:00Z", 19782),
        ("2024-03-01T00:00:00Z", 19783),
    ],
)
def test_a_day_is_the_utc_day_of_the_moment(moment: str, day: int) -> None:
    assert day_of(moment) == day


def test_a_fact_is_known_when_recorded_and_otherwise_when_it_happens() -> None:
    rows = [
        {"happened_at": "1970-01-02", "recorded_at": "1970-01-05"},
        {"happened_at": "1970-01-02", "recorded_at": None},
    ]
    table = with_days(literal_table(NOTES, rows), NOTES).to_pandas()
    assert table["known_day"].tolist() == [4, 1]
    assert table["happened_day"].tolist() == [1, 1]


def test_a_time_that_is_missing_has_no_day() -> None:
    row = {"issued_at": "1970-01-02", "due_at": "1970-01-03", "paid_at": None}
    assert with_days(literal_table(INVOICES, [row]), INVOICES).paid_day.isnull().execute().tolist() == [True]


@pytest.mark.parametrize("name", SOURCE_TABLES)
def test_every_table_may_be_empty_and_still_has_its_days(name: str) -> None:
    table = with_days(literal_table(SOURCE_TABLES[name], []), SOURCE_TABLES[name])
    assert table.count().execute() == 0
    assert table.known_day.type().is_int64()


def test_a_literal_table_can_live_on_a_connection_of_ones_own() -> None:
    connection = ibis.duckdb.connect()
    table = literal_table(NOTES, [{"note_id": "N", "text": "ok"}], connection)
    assert table.get_backend() is connection
    assert warehouse({"notes": table})["notes"].text.execute().tolist() == ["ok"]


def test_has_asks_for_all_tables() -> None:
    source = warehouse({"notes": literal_table(NOTES, [])})
    assert source.has("notes")
    assert source.has()
    assert not source.has("notes", "usage")
