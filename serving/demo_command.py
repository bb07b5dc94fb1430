"""The command `vitals demo`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import DEFAULT_BOOK, BookArgument, Port, Store
from training.terminal import clear_faults, steps

EXAMPLE = "Example: vitals demo --no-serve"


def demo(
    book: BookArgument = DEFAULT_BOOK,
    port: Port = 3000,
    store: Store = None,
    serving: Annotated[bool, typer.Option("--serve/--no-serve", help="keep serving afterwards")] = True,
) -> None:
    """From nothing to a served health: a simulated book, a trained model, the ten worst accounts."""
    from serving.demo import set_up
    from serving.server import check_address, serve_until_stopped

    with clear_faults():
        if serving:
            check_address("127.0.0.1", port)
        with steps() as step:
            words = set_up(book, store, port, dt.datetime.now(dt.UTC), step)
        typer.echo(words)
        if serving:
            serve_until_stopped("127.0.0.1", port, DEFAULT_PARAMS, Path("mlruns"), store)
