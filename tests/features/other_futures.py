"""What was known of a book at a date, several books side by side, and whether two rows are the same bits.

What may become of a book after that date: see future_actions.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
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
    return {name: cut(SOURCE_TABLES[name], frame, as_of) for name, frame in frames.items()}


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


def cut(table: SourceTable, frame: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """The rows known before `as_of`, each with nothing that came to be known later."""
    kept = frame[known_at(table, frame) < as_of].copy()
    for column in table.later:
        unknown = ~(later_known_at(table, kept, column) < as_of)
        for name in kept.columns.intersection(table.told_by(column)):
            kept[name] = kept[name].mask(unknown)
    return kept


def side_by_side(worlds: Mapping[str, Frames]) -> Frames:
    """One book that holds them all: every id, and every segment, carries the name of its world, as `name|id`.

    So nothing of one world is in another's rows; but for a role that nobody else of a segment holds, of
    which the whole book is the measure, and the same for all worlds.
    """
    return {
        table: pd.concat([_named(world, frames[table]) for world, frames in worlds.items()])
        for table in SOURCE_TABLES
    }


def _named(world: str, frame: pd.DataFrame) -> pd.DataFrame:
    ids = [name for name in frame.columns if name.endswith("_id") or name == "segment"]
    return frame.assign(**{name: f"{world}|" + frame[name] for name in ids})


def worlds_apart(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of a snapshot of `side_by_side`, by world, with the accounts' own names again."""
    name = rows["account_id"].str.partition("|")
    alone = rows.assign(account_id=name[2])
    return {str(world): alone[name[0] == world].reset_index(drop=True) for world in name[0].unique()}


def changed_columns(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """The columns that are not the same to the last bit, NaN included; all where the rows differ."""
    keys = ["account_id", "as_of"]
    if not before[keys].reset_index(drop=True).equals(after[keys].reset_index(drop=True)):
        return list(before.columns)
    names = before.columns[2:]
    return [name for name in names if before[name].to_numpy().tobytes() != after[name].to_numpy().tobytes()]
