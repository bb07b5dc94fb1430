"""What a book knew of each table before a date, in short: how many rows, and a digest of what they say.

The digest tells whether two books say the same of the past, whatever the order of their rows and whatever
either has learned since: rows that became known later are cut away, as they are for the features.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.cut_tables import cut_at
from features.source_tables import SOURCE_TABLES
from features.warehouse import epoch_microseconds

HALF = 2**32


def table_digests(tables: Mapping[str, ir.Table], as_of: pd.Timestamp) -> dict[str, dict[str, Any]]:
    """By source table the `rows` known before `as_of`, and the `digest` of all their canonical columns.

    Equal rows count as often as they are there. Digests are comparable where one version of DuckDB made both.
    They tell tables apart that differ by chance or by an edit; they are no proof against somebody who makes
    rows to collide.
    """
    return {name: _digest(table, name) for name, table in cut_at(tables, as_of).items()}


def _digest(table: ir.Table, name: str) -> dict[str, Any]:
    told = {
        column.name: column.kind for column in SOURCE_TABLES[name].columns if column.name in table.columns
    }
    # Of a time its microseconds, which no time zone of the machine can change.
    cells = {c: epoch_microseconds(table[c]) if kind == "time" else table[c] for c, kind in told.items()}
    # DuckDB's own hash of a row: a tenth of MD5's cost, and another in another version of DuckDB. Of its two
    # halves sums are taken: neither can overflow, and the order of the rows is nothing to them.
    marked = table.select(mark=ibis.struct(cells).hash())
    halves = marked.aggregate(
        rows=marked.count(),
        high=(marked.mark // HALF).cast("int64").sum(),
        low=(marked.mark % HALF).cast("int64").sum(),
    )
    [found] = halves.to_pyarrow().to_pylist()
    high, low = (int(found[half] or 0) % 2**64 for half in ("high", "low"))
    return {"rows": int(found["rows"]), "digest": f"{high:016x}{low:016x}"}
