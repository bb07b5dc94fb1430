"""The evidence of a feature is what it was computed from: enough to compute it again, and nothing later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.catalog import Feature, load_catalog
from features.evidence import READS, evidence
from features.snapshot import build_snapshot
from features.source_tables import SOURCE_TABLES
from features.warehouse import Warehouse
from tests.features.future_actions import another_future
from tests.features.literal_book import AS_OF, PARAMS, Case, at, literal_warehouse
from tests.features.other_futures import known_at, later_known_at, warehouse_of_frames
from tests.features.random_books import Frames, random_frames

CATALOG = {feature.name: feature for feature in load_catalog(PARAMS.windows)}
LEANS_ON_OTHERS = {"nps_account_half_width_365d"}  # its prior is how the segment's other accounts answer


@pytest.fixture(scope="module")
def book() -> Frames:
    return random_frames(np.random.default_rng(5), AS_OF)


@pytest.fixture(scope="module")
def source(book: Frames) -> Warehouse:
    return warehouse_of_frames(book)


@pytest.fixture(scope="module")
def rows(source: Warehouse) -> pd.DataFrame:
    return build_snapshot(source, [AS_OF], PARAMS).set_index("account_id")


@pytest.fixture(scope="module")
def accounts(rows: pd.DataFrame) -> list[str]:
    return sorted(rows.index)[::20]


def records(source: Warehouse, account: str, name: str) -> Frames:
    return {r.table: r.rows for r in evidence(source, account, AS_OF, CATALOG[name], PARAMS)}


def test_every_family_of_the_catalogue_says_what_it_reads() -> None:
    assert set(READS) == {feature.family for feature in CATALOG.values()}


@pytest.mark.parametrize("family", READS)
def test_a_book_of_nothing_but_the_evidence_gives_the_same_bits(
    book: Frames, source: Warehouse, rows: pd.DataFrame, accounts: list[str], family: str
) -> None:
    named: list[Feature] = [f for f in CATALOG.values() if f.family == family]
    for account in accounts:
        own = book["accounts"][book["accounts"]["account_id"] == account]
        found = records(source, account, named[0].name)
        again = build_snapshot(warehouse_of_frames({"accounts": own, **found}), [AS_OF], PARAMS)
        names = [f.name for f in named if f.name not in LEANS_ON_OTHERS]
        assert again[names].to_numpy().tobytes() == rows.loc[[account], names].to_numpy().tobytes()


def test_the_evidence_is_the_same_whatever_comes_later(
    book: Frames, source: Warehouse, accounts: list[str]
) -> None:
    other = warehouse_of_frames(another_future(book, AS_OF, np.random.default_rng(3)))
    for family in READS:
        name = next(f.name for f in CATALOG.values() if f.family == family)
        for table, found in records(source, accounts[0], name).items():
            again = records(other, accounts[0], name)[table]
            order = list(found.columns)
            pd.testing.assert_frame_equal(
                found.sort_values(order, ignore_index=True), again.sort_values(order, ignore_index=True)
            )


def test_nothing_is_shown_that_was_not_known_then(source: Warehouse, accounts: list[str]) -> None:
    shown = 0
    for family in READS:
        name = next(f.name for f in CATALOG.values() if f.family == family)
        for table, found in records(source, accounts[1], name).items():
            schema = SOURCE_TABLES[table]
            shown += len(found)
            assert (known_at(schema, found) < AS_OF).all()
            for later in schema.later:
                assert not (later_known_at(schema, found, later) >= AS_OF).any()
    assert shown > 50


def test_a_payment_still_to_come_is_blank_and_an_answer_too() -> None:
    case = Case(
        "A",
        {
            "invoices": [{"issued_at": at(60), "due_at": at(30), "paid_at": at(0)}],
            "surveys": [{"sent_at": at(9), "responded_at": at(0), "score": 3, "comment": "too slow"}],
            "contacts": [{}],
        },
    )
    source = literal_warehouse(case)
    (invoice,) = records(source, "A", "overdue_invoices")["invoices"].to_dict("records")
    (answer,) = records(source, "A", "response_rate_365d")["surveys"].to_dict("records")
    assert pd.isna(invoice["paid_at"])
    assert pd.isna(answer["score"])
    assert pd.isna(answer["comment"])


def test_a_table_that_the_book_lacks_is_left_out_and_an_empty_one_is_there() -> None:
    whole = literal_warehouse(Case("A", {}))
    assert records(whole, "A", "open_tickets")["tickets"].empty
    without = Warehouse({name: table for name, table in whole.tables.items() if name != "tickets"})
    assert records(without, "A", "open_tickets") == {}
