"""Where Ibis' words for Spark mean something else than its words for DuckDB, they are mended here.

The features are one set of expressions for both engines, so no feature needs to know of this. Each rule
below was found by holding the specification on both (`make spark-test`), and is kept by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import sqlglot.expressions as sge
from ibis.backends.pyspark import Backend
from ibis.backends.pyspark.datatypes import PySparkSchema
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.util import gen_name

from features.row_readers import Reader

BLANKS = " \t\n\r\v\f"  # what `strip` takes off on DuckDB


class SparkCompiler(PySparkCompiler):  # type: ignore[misc]
    """Ibis' Spark SQL with seven words mended."""

    __slots__ = ()
    # Spark's own `hash` has 32 bits, and Ibis has no rule for `bit_or`.
    SIMPLE_OPS = PySparkCompiler.SIMPLE_OPS | {ops.Hash: "xxhash64", ops.BitOr: "bit_or"}

    def __sql_name__(self, op: Any) -> str:
        """The function by the name that it has here."""
        name: str = super().__sql_name__(op)
        return {"epoch_us": "unix_micros"}.get(name, name)

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: Any) -> Any:  # noqa: N802
        """A float as a double: `0.5` is a decimal to Spark, and dividing by one keeps few digits."""
        found = super().visit_NonNullLiteral(op, value=value, dtype=dtype)
        if dtype.is_floating():
            found = self.visit_DefaultLiteral(op, value=value, dtype=dtype) if found is None else found
            return self.cast(found, dtype)
        return found

    def visit_Median(self, op: Any, *, arg: Any, where: Any) -> Any:  # noqa: N802
        """Over the rows that are meant: Ibis would ask for their share, one row at a time, as well."""
        return self.f.percentile(arg if where is None else self.if_(where, arg, sge.null()), sge.convert(0.5))

    def visit_StringSplit(self, op: Any, *, arg: Any, delimiter: Any) -> Any:  # noqa: N802
        """The delimiter as it stands: Spark would read it as a pattern, in which `|` is an `or`."""
        quoted = self.f.concat(sge.convert("\\Q"), delimiter, sge.convert("\\E"))
        return self.f.split(arg, quoted)

    def visit_TryCast(self, op: Any, *, arg: Any, to: Any) -> Any:  # noqa: N802
        """`5d` is no number: Spark takes the suffix of a Java double for granted."""
        found = super().visit_TryCast(op, arg=arg, to=to)
        if to.is_floating() and op.arg.dtype.is_string():
            return self.if_(self.f.regexp_like(arg, sge.convert("[dDfF]\\s*$")), sge.null(), found)
        return found

    def visit_Strip(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        """Every blank, and not the space alone."""
        return sge.Trim(this=arg, expression=sge.convert(BLANKS), position="BOTH")


class SparkEngine(Backend):  # type: ignore[misc]
    """Ibis' Spark backend with the mended words, and in-memory tables that can be cached with the rest."""

    compiler = SparkCompiler()

    def _create_cached_table(self, name: str, expr: ir.Table) -> ir.Table:
        self._register_in_memory_tables(expr)
        return super()._create_cached_table(name, expr)

    def read_on_executors(self, rows: ir.Table, reader: Reader, schema: Mapping[str, str]) -> ir.Table:
        """What `reader` makes of the rows, batch by batch where they lie: no text comes to the driver."""
        self._register_in_memory_tables(rows)
        frame = self._session.sql(self.compile(rows))
        read = frame.mapInPandas(
            lambda batches: map(reader, batches), PySparkSchema.from_ibis(ibis.schema(schema))
        )
        name = gen_name("read_rows")
        read.createOrReplaceTempView(name)
        return self.table(name)


def spark_engine(session: Any) -> SparkEngine:
    """The Ibis connection over a Spark session, whose time zone becomes UTC."""
    ibis.options.pyspark = Backend.Options()
    engine = SparkEngine()
    engine.do_connect(session)
    return engine
