"""The command `vitals features`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import DEFAULT_BOOK, AsOf, Engine, Json, Params, Set
from training.terminal import clear_faults, emit, steps, tell_rejected

EXAMPLE = "Example: vitals features data/book --as-of 2026-10-31 --out features.parquet"


def features(
    out: Annotated[Path, typer.Option(help="a .parquet or .csv file")],
    book: Annotated[str, typer.Argument(help="the book; on Spark also a URL")] = str(DEFAULT_BOOK),
    as_of: AsOf = None,
    engine: Annotated[Engine, typer.Option(help="where the features are computed")] = Engine.duckdb,
    master: Annotated[str | None, typer.Option(help="with --engine spark, as spark://host:7077")] = None,
    spark_conf: Annotated[list[str] | None, typer.Option(help="a Spark setting, as name=value")] = None,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    as_json: Json = False,
) -> None:
    """One row per account with every feature, as of a date, and its owner, segment and other facts; on this
    machine or on a Spark cluster."""
    from features.account_facts import ACCOUNT_FACTS
    from features.check_report import CheckReport
    from features.files import features_to_file
    from features.spark_session import cluster_of

    with clear_faults(as_json), steps(as_json) as step:
        cluster, reports = cluster_of(engine.value, master, tuple(spark_conf or ())), list[CheckReport]()
        settings = tuple(overrides or ())
        rows = features_to_file(book, as_of, out, params, settings, step, cluster, reports.append)
        count = rows.shape[1] - 2 - len(ACCOUNT_FACTS)
        rejected = reports[0].rejected
        found = {"file": str(out), "accounts": len(rows), "features": count, "rejected": rejected}
        emit(found) if as_json else typer.echo(f"{out}: {len(rows)} accounts, {count} features")
    tell_rejected(rejected, book, as_json)
