"""The command `vitals serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import Params, Port, Registry, Store
from training.terminal import clear_faults

EXAMPLE = "Example: vitals serve --port 3000"


def serve(
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Port = 3000,
    params: Params = DEFAULT_PARAMS,
    registry: Registry = Path("mlruns"),
    store: Store = None,
) -> None:
    """The service: the API of the contract on http://HOST:PORT until it is stopped."""
    from serving.server import serve_until_stopped

    with clear_faults():
        serve_until_stopped(host, port, params, registry, store)
