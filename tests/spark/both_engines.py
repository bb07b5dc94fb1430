"""What both engines must agree on, and books written so that both can read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from features.account_facts import ACCOUNT_FACTS
from features.source_tables import SOURCE_TABLES
from features.warehouse import IBIS_TYPES, Warehouse, warehouse

TOLERANCE = 1e-9


def written(source: Warehouse, folder: Path) -> Path:
    """The canonical columns of the tables as a book of Parquet files."""
    folder.mkdir()
    for name, table in source.tables.items():
        table.select(*SOURCE_TABLES[name].column_names).to_parquet(folder / f"{name}.parquet")
    return folder


def unchecked(folder: Path, session: Any) -> Warehouse:
    """The book as it stands: literal rows leave out what a check would ask for."""
    from features.spark_dialect import spark_engine

    engine, tables = spark_engine(session), {}
    for name, table in SOURCE_TABLES.items():
        types = {column.name: IBIS_TYPES[column.kind] for column in table.columns}
        tables[name] = engine.read_parquet(folder / f"{name}.parquet").cast(types)
    return warehouse(tables)


def disagreements(one: pd.DataFrame, other: pd.DataFrame) -> dict[str, int]:
    """Feature → how many rows differ: in a null, in a whole number, or by more than 1e-9 of a float.

    Raises AssertionError where the keys, or facts of the accounts, differ.
    """
    same = [name for name in one.columns if name in ("account_id", "as_of", *ACCOUNT_FACTS)]
    assert list(one.columns) == list(other.columns)
    pd.testing.assert_frame_equal(one[same], other[same])
    features = [name for name in one.columns if name not in same]
    found = {name: _differing(one[name], other[name]) for name in features}
    return {name: count for name, count in found.items() if count}


def _differing(one: pd.Series, other: pd.Series) -> int:
    whole = bool((one.dropna() % 1 == 0).all())
    limit = 0.0 if whole else TOLERANCE * one.abs().clip(lower=1.0)
    near = (one - other).abs() <= limit
    return int((~(near | (one.isna() & other.isna()))).sum())
