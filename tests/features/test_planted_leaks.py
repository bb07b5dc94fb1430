"""Every planted leak leaves its row as it is, to the last bit; and would move it, had it been known."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from features.snapshot import build_snapshot
from features.source_tables import SOURCE_TABLES
from tests.features import leaks_of_behaviour, leaks_of_contracts, leaks_of_voice
from tests.features.literal_book import AS_OF, PARAMS, literal_warehouse
from tests.features.other_futures import changed_columns, worlds_apart
from tests.features.planted_leaks import Leak

LEAKS: tuple[Leak, ...] = (
    *leaks_of_behaviour.LEAKS,
    *leaks_of_voice.LEAKS,
    *leaks_of_contracts.LEAKS,
)
KNOWN = AS_OF + pd.Timedelta(days=22)  # by then every leak is known, and within a month of it

each_leak = pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.says)


@cache
def rows_of_all() -> dict[str, pd.DataFrame]:
    """The rows of all accounts at both dates, without their leak and with it."""
    source = literal_warehouse(*(case for leak in LEAKS for case in leak.cases()))
    return worlds_apart(build_snapshot(source, [AS_OF, KNOWN], PARAMS))


def changed_by(leak: Leak, date: pd.Timestamp) -> list[str]:
    """The features that the leak moves at the date."""
    both = (rows_of_all()[world] for world in ("without", "with"))
    return changed_columns(*(r[(r["account_id"] == leak.says) & (r["as_of"] == date)] for r in both))


@each_leak
def test_a_leak_moves_no_bit_of_the_row(leak: Leak) -> None:
    assert changed_by(leak, AS_OF) == []


@each_leak
def test_a_leak_moves_its_feature_once_it_is_known(leak: Leak) -> None:
    changed = changed_by(leak, KNOWN)
    assert leak.moves in changed if leak.moves else changed == [], leak.reason


def test_there_are_leaks_of_every_table_and_they_are_many() -> None:
    touched = {table for leak in LEAKS for table in leak.planted}
    assert touched == set(SOURCE_TABLES)
    assert len({leak.says for leak in LEAKS}) == len(LEAKS) >= 40
    assert {leak.says for leak in LEAKS if leak.moves is None and not leak.reason} == set()
