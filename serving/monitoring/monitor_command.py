"""The command `vitals monitor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import (
    DEFAULT_BOOK,
    DEFAULT_REGISTRY,
    AsOf,
    BookArgument,
    Json,
    Params,
    Registry,
    Set,
    Store,
)
from training.terminal import clear_faults, emit, steps

EXAMPLE = "Example: vitals monitor data/book --out monitoring"


def monitor(
    book: BookArgument = DEFAULT_BOOK,
    as_of: AsOf = None,
    out: Annotated[Path, typer.Option(help="the folder for the report")] = Path("data/monitoring"),
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    registry: Registry = DEFAULT_REGISTRY,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Drift, what the model is expected to achieve and what was measured, as HTML and JSON and in MLflow."""
    from serving.monitoring.monitoring_run import Asked, monitor_book

    with clear_faults(as_json), steps(as_json) as step:
        asked = Asked(book, as_of, params, tuple(overrides or ()), registry, store, out)
        report, pages = monitor_book(asked, step)
        emit(report.as_dict()) if as_json else typer.echo("\n".join([report.as_text(), *map(str, pages)]))
