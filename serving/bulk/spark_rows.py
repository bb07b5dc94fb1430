"""Rows that a Spark cluster reads, scored chunk by chunk on its executors by the very same function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pyspark.sql import functions as sql
from pyspark.sql.types import NumericType

from serving.bulk.local_rows import digest_of_files
from serving.bulk.rows_seen import EXAMPLES, LONGEST, RowsSeen
from serving.bulk.scored_chunk import Told, scored_chunk

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

CHUNK = "chunk of the account"  # no column of a book has this name
KEPT = "number int, content binary"


class SparkRows:
    """A Parquet file, or a folder of them, at a path that both this machine and the executors reach."""

    def __init__(self, session: SparkSession, path: Path) -> None:
        self.path = path
        self._session = session
        self._rows: DataFrame = session.read.parquet(str(path))

    def seen(self, features: Sequence[str]) -> RowsSeen:
        """What is to be checked of the rows: two passes over the file, on the cluster."""
        columns = {field.name: isinstance(field.dataType, NumericType) for field in self._rows.schema.fields}
        here = tuple(name for name in features if columns.get(name))
        # Spark takes NaN for greater than every number; to us it is missing.
        known = {name: sql.nanvl(sql.col(f"`{name}`").cast("double"), sql.lit(None)) for name in here}
        found = self._rows.agg(
            sql.count(sql.lit(1)),
            *(
                part
                for value in known.values()
                for part in (sql.count(value), sql.min(value), sql.max(value))
            ),
        ).first()
        table = np.array(found[1:], dtype="float64").reshape(-1, 3)
        told = found[0], columns, self._dates(columns), *self._ids(columns)
        return RowsSeen(*told, here, table[:, 0].astype("int64"), table[:, 1], table[:, 2])

    def _dates(self, columns: dict[str, bool]) -> list[Any]:
        if "as_of" not in columns:
            return []
        dates = (
            self._rows.select(sql.col("as_of").cast("string")).distinct().dropna().limit(EXAMPLES).collect()
        )
        return [row[0] for row in dates]

    def _ids(self, columns: dict[str, bool]) -> tuple[int, list[str]]:
        if "account_id" not in columns:
            return 0, []
        length = sql.length("account_id")
        wrong = sql.col("account_id").isNull() | (length < 1) | (length > LONGEST)
        counted = self._rows.dropna(subset=["account_id"]).groupBy("account_id").count()
        twice = counted.filter("count > 1").orderBy("account_id").limit(EXAMPLES).collect()
        return self._rows.filter(wrong).count(), [row[0] for row in twice]

    def whole(self) -> pd.DataFrame:
        """All rows, on this machine."""
        rows: pd.DataFrame = self._rows.toPandas()
        return rows

    def digest(self) -> str:
        """SHA-256 of the file, or of all files of the folder with their names."""
        return digest_of_files(self.path)

    def scored(self, missing: Sequence[int], count: int, told: Told) -> Iterator[tuple[int, bytes]]:
        """The `missing` ones of `count` chunks, as the executors have done them."""
        chunk = sql.crc32(sql.col("account_id").cast("binary")) % count
        wanted = self._rows.withColumn(CHUNK, chunk.cast("int")).filter(sql.col(CHUNK).isin(list(missing)))
        sent = self._session.sparkContext.broadcast(told)

        def kept(key: tuple[Any, ...], rows: pd.DataFrame) -> pd.DataFrame:
            content = scored_chunk(rows.drop(columns=CHUNK), sent.value)
            return pd.DataFrame({"number": [int(key[0])], "content": [content]})

        for row in wanted.groupBy(CHUNK).applyInPandas(kept, KEPT).toLocalIterator(prefetchPartitions=True):
            yield int(row["number"]), bytes(row["content"])
        sent.destroy()
