"""The command that holds the product against planted truth: `vitals audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import DEFAULT_BOOK, DEFAULT_REGISTRY, Json, Params, Registry, Set
from training.terminal import clear_faults, emit, steps

EXAMPLE = "Example: vitals audit data/book --model challenger   (of the learner: vitals audit --worlds 12)"


def audit(
    book: Annotated[
        Path | None, typer.Argument(help=f"a simulated book; left out: {DEFAULT_BOOK}", show_default=False)
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="the first of a month; left out: the last four quarters")
    ] = None,
    model: Annotated[str, typer.Option(help="champion, challenger or a version")] = "champion",
    worlds: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="audit the learner on so many drawn worlds instead of a book"),
    ] = None,
    accounts: Annotated[
        int, typer.Option(min=50, max=5000, help="with --worlds: accounts to learn from")
    ] = 1000,
    churn: Annotated[float, typer.Option(min=0.02, max=0.4, help="with --worlds: share that churns")] = 0.12,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    registry: Registry = DEFAULT_REGISTRY,
    as_json: Json = False,
) -> None:
    """What the product says against planted truth: probabilities, intervals, drivers, noise."""
    from serving.audit_run import audit_book
    from training.all_params import AllParams
    from training.audit.worlds import audit_worlds, check_worlds

    with clear_faults(as_json), steps(as_json) as step:
        settings = AllParams.read(params, tuple(overrides or ()))
        if worlds is not None:
            check_worlds(book, as_of)
            told = audit_worlds(worlds, accounts, churn, settings, step)
            emit(told.as_dict()) if as_json else typer.echo(told.as_text())
        else:
            made = audit_book(book or DEFAULT_BOOK, as_of, settings, registry, model, step)
            emit(made.as_dict()) if as_json else typer.echo(made.as_text())
