"""A book of frames, whole or taken apart into increments, as `vitals import --append` writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from features.imports.appending import append_import
from features.imports.import_report import ImportReport, TableImport
from features.source_tables import SOURCE_TABLES
from tests.features.other_futures import cut
from tests.features.random_books import Frames


def write_frames(frames: Frames, folder: Path) -> None:
    """Each table that has rows as Parquet, texts as texts and times as instants."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        if len(frame):
            frame.to_parquet(folder / f"{name}.parquet", index=False)


def append_frames(frames: Frames, book: Path, known_at: pd.Timestamp | dt.datetime) -> ImportReport:
    """The frames as an increment of the book."""

    def run(place: Path) -> ImportReport:
        write_frames(frames, place)
        tables = [TableImport(name, ("x",), len(frame), len(frame)) for name, frame in frames.items()]
        return ImportReport("frames", str(place), tuple(tables))

    return append_import(run, book, SOURCE_TABLES, pd.Timestamp(known_at).to_pydatetime())


def nightly(frames: Frames, cuts: Sequence[pd.Timestamp]) -> list[Frames]:
    """What each export adds: the rows that became known, or more of them, since the export before.

    The last one holds whatever is still to be told.
    """
    parts: list[Frames] = []
    states = [{n: cut(SOURCE_TABLES[n], f, moment) for n, f in frames.items()} for moment in cuts]
    for before, after in zip([None, *states[:-1]], states, strict=True):
        parts.append(
            {
                name: frame if before is None else frame.loc[_new(before[name], frame)]
                for name, frame in after.items()
            }
        )
    return parts


def _new(before: pd.DataFrame, after: pd.DataFrame) -> pd.Index:
    old = before.reindex(after.index)
    same = (old.eq(after) | (old.isna() & after.isna())).all(axis=1)
    return after.index[~(same & after.index.isin(before.index))]
