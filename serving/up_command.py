"""`vitals up`: the service and the clock, as two processes that live and end together."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import DEFAULT_REGISTRY, Params, Registry
from training.terminal import clear_faults

EXAMPLE = "Example: vitals up --port 3000"


def up(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="the port to listen on")] = 3000,
    params: Params = DEFAULT_PARAMS,
    registry: Registry = DEFAULT_REGISTRY,
    store: Annotated[
        str | None, typer.Option("--store", envvar="VITALS_STORE", help="database URL of the history")
    ] = None,
) -> None:
    """The service and the clock (vitals serve, vitals watch) until it is stopped."""
    from serving.server import check_address, check_settings, environment
    from serving.together import run_together

    with clear_faults():
        check_address(host, port)
        check_settings(params, registry, store)
        known = context.parent.command.list_commands(context) if context.parent else []  # type: ignore[attr-defined]
        raise typer.Exit(
            run_together(commands(host, port, params, registry, known), environment(params, registry, store))
        )


def commands(host: str, port: int, params: Path, registry: Path, known: list[str]) -> list[list[str]]:
    """What is started: the service, and the clock where this installation has one."""
    settings = ["--params", str(params), "--registry", str(registry)]
    serve = [sys.executable, "-m", "vitals", "serve", "--host", host, "--port", str(port), *settings]
    watch = [sys.executable, "-m", "vitals", "watch", *settings]
    return [serve, watch] if "watch" in known else [serve]
