"""Writes canonical tables as Parquet (zstd): what an export made at the end of the book would hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from features.source_tables import SourceTable
from training.simulation.arrays import NEVER, Columns, Flags, pick

TYPES = {
    "text": pa.string(),
    "time": pa.timestamp("us", tz="UTC"),
    "number": pa.float64(),
    "integer": pa.int64(),
    "flag": pa.bool_(),
}


def known_by(table: SourceTable, columns: Columns, end: np.datetime64) -> Columns:
    """The rows known before `end`, and of each only what had come to pass by then."""
    known = columns[table.happens] if table.happens else np.full(len(columns[table.key[0]]), end)
    if "recorded_at" in columns:
        recorded = columns["recorded_at"]
        known = np.where(np.isnat(recorded), known, recorded)
    columns = pick(columns, known < end)
    for later in table.later:
        to_come = ~(columns[later] < end)
        hidden = [name for name in table.told_by(later) if name in columns]
        columns = {**columns, **{name: _emptied(columns[name], to_come) for name in hidden}}
    return columns


def _emptied(values: npt.NDArray[Any], where: Flags) -> npt.NDArray[Any]:
    """The values with nothing at the marked positions: NaT, NaN or None."""
    nothing = {"M": NEVER, "f": np.nan}.get(values.dtype.kind)
    values = values.copy() if nothing is not None else values.astype(object)
    values[where] = nothing
    return values


def write_table(table: SourceTable, parts: Iterable[Columns], end: np.datetime64, path: Path) -> int:
    """Writes one canonical table, a row group per part, and returns the number of rows."""
    writer: pq.ParquetWriter | None = None
    rows = 0
    try:
        for part in parts:
            arrow = arrow_table(table, known_by(table, part, end))
            writer = writer or pq.ParquetWriter(path, arrow.schema, compression="zstd")
            writer.write_table(arrow)
            rows += arrow.num_rows
    finally:
        if writer:
            writer.close()
    return rows


def arrow_table(table: SourceTable, columns: Columns) -> pa.Table:
    """The columns in the table's canonical order and types; absent optional ones stay away."""
    present = [c for c in table.columns if c.name in columns]
    fields = [pa.field(c.name, TYPES[c.kind], nullable=not c.required) for c in present]
    return pa.table([_array(columns[c.name], TYPES[c.kind]) for c in present], schema=pa.schema(fields))


def _array(values: npt.NDArray[Any], kind: pa.DataType) -> pa.Array:
    """NaN and NaT become empty."""
    if values.dtype.kind == "M":
        values = values.astype("datetime64[us]")
    return pa.array(values, type=kind, from_pandas=True)
