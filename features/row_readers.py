"""Between Python and the engine of a book: rows read in Python, and small tables made there.

Both happen where the rows are: in this process for DuckDB, on the executors for Spark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.util import gen_name

Reader = Callable[[pd.DataFrame], pd.DataFrame]


def read_rows(rows: ir.Table, reader: Reader, schema: Mapping[str, str]) -> ir.Table:
    """What `reader` makes of the rows, as a table of `schema` on the engine of the rows.

    The reader gets some of the rows at a time, in any order, and returns the columns of the schema; it
    is a function at the top of a module, because executors import it. Null is pandas' NA, not NaN.

    >>> t = ibis.memtable({"text": ["a b", None]})
    >>> reader = lambda frame: frame.assign(n=frame["text"].str.len().astype("Int64"))
    >>> read_rows(t, reader, {"n": "int64"}).to_pyarrow().to_pylist()
    [{'n': 3}, {'n': None}]
    """
    engine = rows.get_backend()
    if engine.name == "pyspark":
        found: ir.Table = engine.read_on_executors(rows, reader, schema)
        return found
    return ibis.memtable(reader(rows.to_pandas())[list(schema)], schema=schema)


def small_table(beside: ir.Table, frame: pd.DataFrame, schema: Mapping[str, str]) -> ir.Table:
    """A table of a few rows on the engine of `beside`, for joins by equality.

    On DuckDB it is made a table of its own: of an in-memory frame nothing is known beforehand, and a join
    with it takes twice as long as one with a table whose least and greatest values are on record.
    """
    engine, table = beside.get_backend(), ibis.memtable(frame, schema=schema)
    if engine.name != "duckdb":
        return table
    made: ir.Table = engine.create_table(gen_name("small"), table, temp=True)
    return made
