"""The command that trains, under its two names: `vitals train` and `python -m training`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import (
    DEFAULT_BOOK,
    DEFAULT_REGISTRY,
    BookArgument,
    Json,
    Params,
    Registry,
    Set,
)
from training.terminal import clear_faults, emit, steps

EXAMPLE = "Example: vitals train data/book --set training.horizon=60d (or: python -m training data/book …)"


def train(
    book: BookArgument = DEFAULT_BOOK,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    registry: Registry = DEFAULT_REGISTRY,
    out: Annotated[
        Path | None, typer.Option(help="also the model and what was found, into a new or empty folder")
    ] = None,
    as_json: Json = False,
) -> None:
    """Labels, splits, models, calibration, comparison; logs to MLflow and registers a challenger."""
    from training.all_params import AllParams
    from training.run import train as run

    with clear_faults(as_json), steps(as_json) as step:
        settings = AllParams.read(params, tuple(overrides or ()))
        trained, registered = run(book, settings, registry, step, out)
        if as_json:
            emit({"version": registered.version, "comparison": trained.comparison.as_dict()})
        else:
            typer.echo(trained.as_text())
            typer.echo(f"\nversion {registered.version} is the challenger. Next: vitals promote")


def main() -> None:
    """The entry point of `python -m training`."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command(epilog=EXAMPLE)(train)
    app(prog_name="python -m training")
