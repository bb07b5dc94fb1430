"""The use that an increment brings and the book has already: exports may overlap, and no record counts twice.

A row of use has no key. It is added as often as the export has it and the book does not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from features.increments import BookPart
from features.source_tables import SourceTable


def without_known_use(
    drawn: Path, parts: Collection[BookPart], tables: Mapping[str, SourceTable]
) -> dict[str, int]:
    """Takes the rows of keyless tables that the book has already out of the increment; how many are left.

    A table of which none is left goes; `parts` are those of the book, `drawn` is the folder of the increment.
    """
    connection = ibis.duckdb.connect()
    counts: dict[str, int] = {}
    for name, table in tables.items():
        path = drawn / f"{name}.parquet"
        if not path.exists():
            continue
        rows = connection.read_parquet(str(path.resolve()))
        if not table.key and table.happens is not None:
            earlier = [part.file(name) for part in parts if part.file(name).is_file()]
            rows = _new_rows(connection, rows, earlier, table)
            if (left := _count(rows)) == 0:
                path.unlink()
                counts[name] = 0
                continue
            if left < _count(connection.read_parquet(str(path.resolve()))):
                new = path.with_suffix(".new")
                rows.order_by(rows.columns).to_parquet(new, compression="zstd")
                new.rename(path)
        counts[name] = _count(connection.read_parquet(str(path.resolve())))
    return counts


def _new_rows(connection: Any, rows: ir.Table, earlier: list[Path], table: SourceTable) -> ir.Table:
    """The rows as often as the earlier parts do not have them; nulls are alike, and order plays no role."""
    assert table.happens is not None
    for path in earlier:
        old = connection.read_parquet(str(path.resolve()))
        ends = rows.aggregate(low=rows[table.happens].min(), high=rows[table.happens].max()).to_pyarrow()
        low, high = ends.to_pylist()[0].values()
        if low is None:
            continue
        old = old.filter(old[table.happens].between(low, high))
        old = old.semi_join(rows.select(table.happens).distinct(), table.happens)
        alike = {
            name: old[name].cast(kind) if name in old.columns else ibis.null(kind)
            for name, kind in rows.schema().items()
        }
        rows = rows.difference(old.select(**alike), distinct=False).cache()
    return rows


def _count(rows: ir.Table) -> int:
    return int(rows.count().to_pyarrow().as_py())
