"""What is edited in place and leaves no date cannot be kept out of the past: which columns that concerns.

Every column of every table is accounted for: it is dated (a key, a time, or told with a later time), or
it is trusted as it was first written (here), or no feature rests on it. See
docs/decisions/an-edit-that-leaves-no-date-is-trusted-as-first-written.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from features.snapshot import build_snapshot
from features.source_tables import SOURCE_TABLES, SourceTable
from tests.features.literal_book import AS_OF, PARAMS
from tests.features.other_futures import changed_columns, side_by_side, warehouse_of_frames, worlds_apart
from tests.features.random_books import Frames, random_frames

TRUSTED = {
    "accounts": {"segment"},  # what a role answers elsewhere in it is the prior of the account NPS
    "contacts": {"is_key"},
    "surveys": {"contact_id", "kind", "touchpoint", "scale_min", "scale_max"},
    "usage": {"user_id", "module", "feature", "quantity"},
    "subscriptions": {"modules", "seats", "mrr", "currency"},  # a change is a new row: the table says so
    "tickets": {"contact_id", "kind", "severity", "text"},
    "notes": {"role", "kind", "text"},
    "renewals": {"status"},  # a change is a new row, here too
}


def undated(table: SourceTable) -> Iterator[str]:
    told = {name for later in table.later for name in table.told_by(later)}
    for column in table.columns:
        if column.kind != "time" and column.name not in {*table.key, *told, "account_id"}:
            yield column.name


UNDATED = [f"{table.name}.{name}" for table in SOURCE_TABLES.values() for name in undated(table)]


@pytest.fixture(scope="module")
def rows() -> dict[str, pd.DataFrame]:
    """The rows of a random book, and of the same book with one column's values dealt out anew."""
    rng = np.random.default_rng(5)
    frames = random_frames(rng, AS_OF, accounts=15)
    worlds: dict[str, Frames] = {"as it was": frames}
    for name in UNDATED:
        table, column = name.split(".")
        dealt = frames[table][column].to_numpy()[rng.permutation(len(frames[table]))]
        worlds[name] = {**frames, table: frames[table].assign(**{column: dealt})}
    return worlds_apart(build_snapshot(warehouse_of_frames(side_by_side(worlds)), [AS_OF], PARAMS))


@pytest.mark.parametrize("name", UNDATED)
def test_an_undated_column_moves_rows_only_where_it_is_known_to_be_trusted(
    rows: dict[str, pd.DataFrame], name: str
) -> None:
    table, column = name.split(".")
    moves = changed_columns(rows["as it was"], rows[name]) != []
    assert moves == (column in TRUSTED.get(table, set()))


def test_every_trusted_column_is_one_of_the_tables() -> None:
    assert {f"{table}.{name}" for table, names in TRUSTED.items() for name in names} <= set(UNDATED)
