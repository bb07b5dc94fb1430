"""The command `vitals score`."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from features.faults import Fault, WrongUse
from features.params_file import DEFAULT_PARAMS
from training.command_options import (
    DEFAULT_BOOK,
    AsOf,
    BookArgument,
    Engine,
    Json,
    Params,
    Registry,
    Set,
    Store,
)
from training.terminal import clear_faults, emit, steps, tell_rejected

EXAMPLE = """Example: vitals score data/book --as-of 2026-10-31 --out health.csv

vitals score --rows features.parquet --jobs 4"""
Rows = Annotated[
    Path | None,
    typer.Option(help="in place of a book a file of vitals features, scored in chunks"),
]


def score(
    book: BookArgument = DEFAULT_BOOK,
    as_of: AsOf = None,
    out: Annotated[Path | None, typer.Option(help="also a .parquet or .csv file")] = None,
    rows: Rows = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="with --rows: so many processes")] = None,
    engine: Annotated[Engine, typer.Option(help="with --rows: where they are scored")] = Engine.duckdb,
    master: Annotated[str | None, typer.Option(help="with --engine spark, as spark://host:7077")] = None,
    spark_conf: Annotated[list[str] | None, typer.Option(help="a Spark setting, as name=value")] = None,
    work: Annotated[Path, typer.Option(help="with --rows: where scored chunks wait")] = Path("data/scoring"),
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    registry: Registry = Path("mlruns"),
    store: Store = None,
    as_json: Json = False,
) -> None:
    """The whole book: health, drivers, interval and rule score, published to the score history."""
    from features.spark_session import cluster_of
    from serving.batch.publishing import Published, score_and_publish
    from serving.bulk.publish_rows import Bulk, score_rows
    from serving.bulk.published_rows import PublishedRows

    with clear_faults(as_json), steps(as_json) as step:
        rejected: Mapping[str, int] = {}
        now, settings = dt.datetime.now(dt.UTC), tuple(overrides or ())
        cluster = cluster_of(engine.value, master, tuple(spark_conf or ()))
        if rows is None:
            _refuse({"--engine": cluster and "spark", "--jobs": jobs}, "given with --rows only")
            whole = score_and_publish(book, as_of, params, settings, registry, store, out, now, step)
            done: Published | PublishedRows = whole
            rejected = whole.scored.rejected
        else:
            _refuse({"--as-of": as_of}, "given without --rows only")
            bulk = Bulk(rows, work, jobs or os.cpu_count() or 1, cluster, out)
            done = score_rows(bulk, params, settings, registry, store, now, step)
        emit(done.as_dict()) if as_json else typer.echo(done.as_text())
    tell_rejected(rejected, book, as_json)


def _refuse(given: dict[str, object], allowed: str) -> None:
    faults = [
        Fault(name, str(value), allowed, "leave it out") for name, value in given.items() if value is not None
    ]
    if faults:
        raise WrongUse("these options do not go together", faults)
