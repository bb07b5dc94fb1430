"""A book may lack any table but `accounts`: what depends on it is missing, and nothing else changes."""

from __future__ import annotations

import pandas as pd
import pytest

from features.catalog import load_catalog
from features.faults import DataFault
from features.params import Windows
from features.snapshot import build_snapshot
from features.source_tables import ROLES
from tests.features.literal_book import AS_OF, PARAMS, Case, Rows, at, book_of, warehouse_of
from tests.features.naive.comparison import differences_of
from tests.features.naive.snapshot import naive_rows
from tests.features.specification import CASES
from tests.features.specified_voice import ALL_ROLES, answer

NAMES = [feature.name for feature in load_catalog(Windows()) if not feature.learned]
FAMILY = {feature.name: feature.family for feature in load_catalog(Windows())}
ROLE_READ = {name for name in NAMES if FAMILY[name] == "nps" and name != "nps_answers_365d"}
ROLE_READ |= {f"response_rate_{role}_365d" for role in ROLES}
ROLE_READ |= {"questions_to_decision_maker_365d"}
ROLE_READ |= {"decision_maker_silent_365d", "days_since_decision_maker_answer"}
FRIENDLY = {"friendly_notes_while_use_falls_30d"}
CONFLICT = {name for name in NAMES if FAMILY[name] == "conflict"} - FRIENDLY


def of_families(*families: str) -> set[str]:
    return {name for name in NAMES if FAMILY[name] in families}


WITHOUT = {
    "contacts": of_families("people") | CONFLICT | (ROLE_READ - {"decision_maker_detractors_365d"}),
    "surveys": of_families("nps", "touchpoint", "silence", "comments") | CONFLICT,
    "usage": of_families("login", "seat_use", "breadth", "depth") | {"praise_while_use_falls_30d"} | FRIENDLY,
    "subscriptions": of_families("seats_and_revenue", "seat_use", "breadth"),
    "invoices": of_families("payment"),
    "tickets": of_families("ticket_volume", "ticket_severity", "resolution", "ticket_words"),
    "notes": of_families("notes") | FRIENDLY,
    "renewals": of_families("renewal") - {"tenure_days"},
}


def rows_of(book: Rows) -> pd.DataFrame:
    return build_snapshot(warehouse_of(book), [AS_OF], PARAMS).set_index("account_id")


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return rows_of(book_of(CASES))


@pytest.mark.long
@pytest.mark.parametrize("table", WITHOUT)
def test_without_a_table_what_rests_on_it_is_missing_and_the_rest_is_the_same(
    whole: pd.DataFrame, table: str
) -> None:
    book = {name: listed for name, listed in book_of(CASES).items() if name != table}
    rows = rows_of(book)
    assert differences_of(rows.reset_index(), naive_rows(book, AS_OF, PARAMS)) == []
    rows = rows.loc[whole.index]
    assert set(rows[NAMES].columns[rows[NAMES].isna().all()]) == WITHOUT[table]
    changed = WITHOUT[table] | ({"decision_maker_detractors_365d"} if table == "contacts" else set())
    if table in ("notes", "tickets", "surveys", "contacts"):
        changed |= of_families("decision_maker_words")  # read from the other tables that say who spoke
    rest = [name for name in NAMES if name not in changed]
    pd.testing.assert_frame_equal(rows[rest], whole[rest], check_exact=True)


def test_accounts_alone_make_a_row_with_their_tenure() -> None:
    rows = rows_of(book := {"accounts": [{"account_id": "A", "created_at": at(9)}]})
    assert differences_of(rows.reset_index(), naive_rows(book, AS_OF, PARAMS)) == []
    known = rows[NAMES].notna().loc["A"]
    assert list(rows.index) == ["A"]
    assert rows.at["A", "tenure_days"] == 9
    assert known[known].index.tolist() == ["tenure_days"]


def test_an_account_without_any_row_is_described_by_what_is_not_there() -> None:
    busy = Case("busy", {"usage": [{"occurred_at": at(1)}], "tickets": [{"opened_at": at(1)}]})
    book = book_of([busy, Case("silent", {"subscriptions": []})])
    del book["subscriptions"]
    row = rows_of(book).loc["silent"]
    assert row["active_users_30d"] == 0
    assert row["no_tickets_90d"] == 1
    assert row["overdue_invoices"] == 0
    assert pd.isna(row["response_rate_365d"])
    assert pd.isna(row["note_tone_180d"])


def test_tables_without_a_row_are_there_and_say_that_nothing_happened() -> None:
    rows = rows_of(book := book_of([Case("A", {})]))
    assert differences_of(rows.reset_index(), naive_rows(book, AS_OF, PARAMS)) == []
    row = rows.loc["A"]
    known = {"active_users_30d": 0, "tickets_90d": 0, "nps_answers_365d": 0, "note_quality_180d": 0}
    assert row[list(known)].to_dict() == known


def test_low_answers_of_unknown_roles_leave_the_detractors_unknown_and_high_ones_do_not() -> None:
    low = Case("low", {"contacts": ALL_ROLES, "surveys": [answer("C-user", 6.9, 5)]})
    high = Case("high", {"contacts": ALL_ROLES, "surveys": [answer("C-user", 7, 5)]})
    book = book_of([low, high])
    del book["contacts"]
    found = rows_of(book)["decision_maker_detractors_365d"]
    assert pd.isna(found["low"])
    assert found["high"] == 0


def test_a_book_where_no_subscription_runs_is_refused_with_the_date() -> None:
    ended = Case("ended", {"subscriptions": [{"ends_at": at(1)}]})
    with pytest.raises(DataFault, match="no account is in the cohort") as refused:
        rows_of(book_of([ended]))
    assert str(refused.value.faults[0]) == (
        "as-of is '2026-10-31'; allowed: a date at which an account was a customer. "
        "Next: check created_at and subscriptions"
    )
