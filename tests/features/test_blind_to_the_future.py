"""Whatever becomes of whichever table at or after the as-of date, its rows keep every bit.

All futures of one random book stand side by side in one warehouse, each account under as many names,
so that one snapshot proves them all, and that no row depends on whose rows stand beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.snapshot import build_snapshot
from features.source_tables import SOURCE_TABLES
from tests.features.future_actions import ACTIONS, another_future
from tests.features.literal_book import AS_OF, PARAMS
from tests.features.other_futures import changed_columns, side_by_side, warehouse_of_frames, worlds_apart
from tests.features.random_books import Frames, random_frames

EXAMPLES = int(os.environ.get("VITALS_EXAMPLES", "1"))  # further random books, fifty futures each
SOON = AS_OF + pd.Timedelta(days=20)  # by then some of what was the future is known
ALONE = [f"{action} {table}" for action in ACTIONS for table in SOURCE_TABLES]
TOGETHER = [f"{action} everywhere" for action in ACTIONS] + ["everything everywhere"]
NEED_NOT_MOVE = {  # the later date need not tell these futures apart
    "edit accounts": "but for the segment, and that in other accounts' intervals, no feature rests on it",
    "append accounts": "an account without a subscription is no customer",
    **{future: "the order of rows means nothing" for future in [*ALONE, *TOGETHER] if "reorder" in future},
}
Rows = dict[str, pd.DataFrame]


def futures(frames: Frames, rng: np.random.Generator) -> Iterator[tuple[str, Frames]]:
    yield "as it was", frames
    for name, action in ACTIONS.items():
        for table, schema in SOURCE_TABLES.items():
            yield f"{name} {table}", {**frames, table: action(schema, frames[table], AS_OF, rng)}
        yield f"{name} everywhere", another_future(frames, AS_OF, rng, action)
    yield "everything everywhere", another_future(frames, AS_OF, rng)


def rows_of_futures(seed: int, *dates: pd.Timestamp) -> dict[pd.Timestamp, Rows]:
    """The rows at each date, by future."""
    rng = np.random.default_rng(seed)
    book = side_by_side(dict(futures(random_frames(rng, AS_OF, accounts=15), rng)))
    rows = build_snapshot(warehouse_of_frames(book), dates, PARAMS)
    return {date: worlds_apart(rows[rows["as_of"] == date]) for date in dates}


@pytest.fixture(scope="module")
def found() -> dict[pd.Timestamp, Rows]:
    return rows_of_futures(3, AS_OF, SOON)


@pytest.mark.parametrize("future", [*ALONE, *TOGETHER])
def test_no_future_changes_a_bit_of_the_rows_before_it(found: dict[pd.Timestamp, Rows], future: str) -> None:
    assert changed_columns(found[AS_OF]["as it was"], found[AS_OF][future]) == []


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_future_of_any_random_book_changes_a_bit_of_the_rows_before_it(seed: int) -> None:
    rows = rows_of_futures(seed, AS_OF)[AS_OF]
    changed = {future: changed_columns(rows["as it was"], rows[future]) for future in rows}
    assert {future: columns for future, columns in changed.items() if columns} == {}


# What follows tests the tests: a future that moves nothing at any date would prove nothing.
@pytest.mark.parametrize("future", [*ALONE, *TOGETHER])
def test_each_future_moves_rows_once_it_is_known(found: dict[pd.Timestamp, Rows], future: str) -> None:
    moved = changed_columns(found[SOON]["as it was"], found[SOON][future])
    assert moved or future in NEED_NOT_MOVE


def test_every_customer_of_the_book_stands_in_every_future(found: dict[pd.Timestamp, Rows]) -> None:
    assert {len(rows) for rows in found[AS_OF].values()} == {len(found[AS_OF]["as it was"])}
    assert len(found[AS_OF]["as it was"]) >= 8
    assert len(found[AS_OF]) == 1 + len(ALONE) + len(TOGETHER)
