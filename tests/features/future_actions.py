"""What may become of a table after an as-of date, one action at a time: none may move a row at that date.

Delete, append, edit, delay, reorder. Each takes a table as exported later and gives it as it might
have been exported instead: what was known before the as-of date is in all of them the same.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from features.source_tables import SOURCE_TABLES, SourceTable
from tests.features.other_futures import cut, known_at, later_known_at
from tests.features.random_books import Frames

Action = Callable[[SourceTable, pd.DataFrame, pd.Timestamp, np.random.Generator], pd.DataFrame]


def delete(
    table: SourceTable, frame: pd.DataFrame, as_of: pd.Timestamp, rng: np.random.Generator
) -> pd.DataFrame:
    """The future never comes: rows known later are gone, what came later of a row is blank."""
    return cut(table, frame, as_of)


def append(
    table: SourceTable, frame: pd.DataFrame, as_of: pd.Timestamp, rng: np.random.Generator
) -> pd.DataFrame:
    """Facts of the past, with other values, are entered later: back-dated notes, late usage, late changes."""
    past = frame[known_at(table, frame) < as_of]
    entered = as_of + pd.to_timedelta(rng.integers(0, 19, len(past)), unit="D")
    own_keys = {name: past[name] + " again" for name in table.key if len(table.key) == 1}
    again = _shuffled_values(table, past, rng).assign(**own_keys, recorded_at=entered)
    assert table.happens is not None
    # A second later, so that of several states the one entered late is the newest, and its key its own.
    again[table.happens] += pd.Timedelta(seconds=1)
    again["recorded_at"] = again[["recorded_at", table.happens]].max(axis=1).astype("datetime64[us, UTC]")
    return pd.concat([frame, again], ignore_index=True)


def edit(
    table: SourceTable, frame: pd.DataFrame, as_of: pd.Timestamp, rng: np.random.Generator
) -> pd.DataFrame:
    """What was not known yet turns out otherwise: other values, answers, resolutions and payments."""
    past = known_at(table, frame) < as_of
    known, unknown = frame[past].copy(), frame[~past]
    for column in table.later:
        after = ~(later_known_at(table, known, column) < as_of)
        order = rng.permutation(int(after.sum()))  # one order for all: what is entered late stays so
        for name in known.columns.intersection(table.told_by(column)):
            known[name] = known[name].mask(after, _in_order(known[name][after], order))
    return pd.concat([known, _shuffled_values(table, unknown, rng)])


def delay(
    table: SourceTable, frame: pd.DataFrame, as_of: pd.Timestamp, rng: np.random.Generator
) -> pd.DataFrame:
    """What was not known yet becomes known up to a hundred days later still."""
    later, known = frame.copy(), known_at(table, frame)
    later["recorded_at"] = frame["recorded_at"].mask(known >= as_of, _postponed(known, rng))
    for column in table.later:
        at = later_known_at(table, frame, column)
        moved = table.recorded_later(column) if table.recorded_later(column) in frame else column
        later[moved] = frame[moved].mask(at >= as_of, _postponed(at, rng))
    return later


def reorder(
    table: SourceTable, frame: pd.DataFrame, as_of: pd.Timestamp, rng: np.random.Generator
) -> pd.DataFrame:
    """The same rows, exported in another order."""
    return frame.sample(frac=1, random_state=rng)


def everything(
    table: SourceTable, frame: pd.DataFrame, as_of: pd.Timestamp, rng: np.random.Generator
) -> pd.DataFrame:
    """All of it: some of the future deleted, the rest edited and delayed, more appended, all in new order."""
    lost = (known_at(table, frame) >= as_of) & (rng.random(len(frame)) < 0.3)
    changed = frame[~lost]
    for action in (edit, delay, append, reorder):
        changed = action(table, changed, as_of, rng)
    return changed


ACTIONS: dict[str, Action] = {each.__name__: each for each in (delete, append, edit, delay, reorder)}


def another_future(
    frames: Frames, as_of: pd.Timestamp, rng: np.random.Generator, action: Action = everything
) -> Frames:
    """The known past of every table, with another future."""
    return {name: action(SOURCE_TABLES[name], frame, as_of, rng) for name, frame in frames.items()}


def _shuffled_values(table: SourceTable, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The rows with the values of one another, all but the key and the times when they became known."""
    fixed = {*table.key, "recorded_at", table.happens}
    free = [c.name for c in table.columns if c.name not in fixed and c.name in rows]
    return rows.assign(**{name: _in_order(rows[name], rng.permutation(len(rows))) for name in free})


def _in_order(values: pd.Series, order: np.ndarray) -> pd.Series:
    return pd.Series(values.to_numpy()[order], index=values.index, dtype=values.dtype)


def _postponed(moments: pd.Series, rng: np.random.Generator) -> pd.Series:
    by = pd.to_timedelta(rng.integers(1, 100, len(moments)), unit="D")
    return (moments + by).astype("datetime64[us, UTC]")
