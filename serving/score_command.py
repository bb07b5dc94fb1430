"""The command `vitals score`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import DEFAULT_BOOK, AsOf, BookArgument, Json, Params, Registry, Set, Store
from training.terminal import clear_faults, emit, steps

EXAMPLE = "Example: vitals score data/book --as-of 2026-10-31 --out health.csv"


def score(
    book: BookArgument = DEFAULT_BOOK,
    as_of: AsOf = None,
    out: Annotated[Path | None, typer.Option(help="also a .parquet or .csv file")] = None,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    registry: Registry = Path("mlruns"),
    store: Store = None,
    as_json: Json = False,
) -> None:
    """The whole book: health, drivers, interval and rule score, published to the score history."""
    from serving.publishing import score_and_publish

    with clear_faults(as_json), steps(as_json) as step:
        now = dt.datetime.now(dt.UTC)
        done = score_and_publish(book, as_of, params, tuple(overrides or ()), registry, store, out, now, step)
        emit(done.as_dict()) if as_json else typer.echo(done.as_text())
