"""`vitals up`: the service and the clock, as two processes that live and end together."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import DEFAULT_BOOK, DEFAULT_REGISTRY, BookArgument, Params, Registry, Store
from training.terminal import clear_faults

EXAMPLE = "Example: vitals up data/book --port 3000"


def up(
    book: BookArgument = DEFAULT_BOOK,
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="the port to listen on")] = 3000,
    params: Params = DEFAULT_PARAMS,
    registry: Registry = DEFAULT_REGISTRY,
    store: Store = None,
) -> None:
    """The service and the clock (vitals serve, vitals watch) until it is stopped."""
    from serving.server import check_address, check_settings, environment
    from serving.together import run_together

    with clear_faults():
        check_address(host, port)
        check_settings(params, registry, store)
        both = commands(book, host, port, params, registry)
        raise typer.Exit(run_together(both, environment(params, registry, store)))


def commands(book: Path, host: str, port: int, params: Path, registry: Path) -> list[list[str]]:
    """The two commands; the store reaches them by the environment, so that no password stands in a list of
    processes."""
    settings = ["--params", str(params), "--registry", str(registry)]
    vitals = [sys.executable, "-m", "vitals"]
    return [
        [*vitals, "serve", "--host", host, "--port", str(port), *settings],
        [*vitals, "watch", str(book), *settings],
    ]
