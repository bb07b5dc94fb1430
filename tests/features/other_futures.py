"""The same past with another future: what must not change a single bit of a row at the as-of date."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd

from features.source_tables import SOURCE_TABLES, SourceTable
from features.warehouse import IBIS_TYPES, Warehouse, warehouse
from tests.features.random_books import Frames


def warehouse_of_frames(frames: Frames) -> Warehouse:
    """The warehouse over these frames, in memory."""
    tables = {}
    for name, frame in frames.items():
        schema = {c.name: IBIS_TYPES[c.kind] for c in SOURCE_TABLES[name].columns}
        whole = frame.reindex(columns=list(schema)).astype(object)
        tables[name] = ibis.memtable(whole.where(whole.notna(), None), schema=schema)
    return warehouse(tables)


def cut_at(frames: Frames, as_of: pd.Timestamp) -> Frames:
    """What was known before `as_of`: later rows are gone, later attributes are blank."""
    return {name: _cut(SOURCE_TABLES[name], frame, as_of) for name, frame in frames.items()}


def known_at(table: SourceTable, frame: pd.DataFrame) -> pd.Series:
    """When each row became known."""
    assert table.happens is not None
    return frame["recorded_at"].fillna(frame[table.happens])


def later_known_at(table: SourceTable, frame: pd.DataFrame, column: str) -> pd.Series:
    """When what comes later than its row was known: once it was past and entered."""
    entered = table.recorded_later(column)
    if entered is None or entered not in frame:
        return frame[column]
    return frame[column].where(frame[column].isna() | ~(frame[entered] > frame[column]), frame[entered])


def _cut(table: SourceTable, frame: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    kept = frame[known_at(table, frame) < as_of].copy()
    for column in table.later:
        unknown = ~(later_known_at(table, kept, column) < as_of)
        for name in kept.columns.intersection(table.told_by(column)):
            kept[name] = kept[name].mask(unknown)
    return kept


def another_future(frames: Frames, as_of: pd.Timestamp, rng: np.random.Generator) -> Frames:
    """The known past, with what is later deleted, edited, delayed, repeated and all rows in new order."""
    return {name: _changed(SOURCE_TABLES[name], frame, as_of, rng) for name, frame in frames.items()}


def _changed(
    table: SourceTable, frame: pd.DataFrame, as_of: pd.Timestamp, rng: np.random.Generator
) -> pd.DataFrame:
    past = known_at(table, frame) < as_of
    known, unknown = frame[past].copy(), frame[~past]
    for column in table.later:
        after = ~(later_known_at(table, known, column) < as_of)
        order = rng.permutation(int(after.sum()))  # one order for all: what is entered late stays so
        for name in known.columns.intersection(table.told_by(column)):
            known[name] = known[name].mask(after, _in_order(known[name][after], order))
    edited = unknown.assign(**{c: _shuffled(unknown[c], rng) for c in _free_columns(table) if c in unknown})
    delayed = _delayed(table, unknown.sample(frac=0.7, random_state=rng), rng)
    whole = pd.concat([known, edited.sample(frac=0.5, random_state=rng), delayed])
    return whole.sample(frac=1, random_state=rng)


def _shuffled(values: pd.Series, rng: np.random.Generator) -> pd.Series:
    """The values in another order, so that each row has a value that some row could have."""
    return _in_order(values, rng.permutation(len(values)))


def _in_order(values: pd.Series, order: np.ndarray) -> pd.Series:
    return pd.Series(values.to_numpy()[order], index=values.index, dtype=values.dtype)


def _free_columns(table: SourceTable) -> list[str]:
    """What an edit may change: all but the key, and the times that say when the row became known."""
    fixed = {*table.key, "recorded_at", table.happens}
    return [c.name for c in table.columns if c.name not in fixed]


def _delayed(table: SourceTable, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The rows once more under other keys, known up to 100 days later still."""
    by = pd.to_timedelta(rng.integers(0, 100, len(rows)), unit="D")
    known = known_at(table, rows) + by
    again = rows.assign(recorded_at=known.astype("datetime64[us, UTC]"))
    return again.assign(**{k: again[k] + " again" for k in table.key[:1] if k != "account_id"})


def changed_columns(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """The columns that are not the same to the last bit, NaN included; all where the rows differ."""
    keys = ["account_id", "as_of"]
    if not before[keys].reset_index(drop=True).equals(after[keys].reset_index(drop=True)):
        return list(before.columns)
    names = before.columns[2:]
    return [name for name in names if before[name].to_numpy().tobytes() != after[name].to_numpy().tobytes()]
