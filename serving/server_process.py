"""The process of `vitals serve`: checks its settings, listens, and runs BentoML's worker until it is stopped.

Started by `serving.server`, with the settings in the environment. `bentoml serve` would start two processes
that each import the service, the second to watch over the first.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

import typer

from serving.server import bound, check_settings, tell_first_key
from training.terminal import clear_faults

SERVICE = "serving.service:Vitals"
WAITING = 2048  # connections that may wait to be taken
DRAIN = "30"  # seconds that calls have to end, once the service was asked to stop


def main(host: str, port: int) -> None:
    """Serves on `host:port` until SIGTERM or SIGINT; typer.Exit(2) where the settings cannot be used."""
    # To be asked to stop is no failure. Until the server runs, which drains, nothing has begun.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    store = os.environ["VITALS_STORE"]
    with clear_faults():
        listening = bound(host, port)
        check_settings(Path(os.environ["VITALS_PARAMS"]), Path(os.environ["VITALS_REGISTRY"]), store)
        tell_first_key(host, store)
    _serve(listening)


def _serve(listening: socket.socket) -> None:
    """BentoML's worker, in this process."""
    import uvicorn
    from _bentoml_impl.worker.service import main as worker  # after the checks, which should not wait for it
    from bentoml.serving import ensure_prometheus_dir

    from serving.draining_server import DrainingServer

    uvicorn.Server = DrainingServer  # type: ignore[misc]  # the worker takes it by this name
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = ensure_prometheus_dir()
    options = ["--service-name", "vitals", "--backlog", str(WAITING), "--timeout-graceful-shutdown", DRAIN]
    worker.main([SERVICE, "--fd", str(listening.detach()), *options], standalone_mode=False)


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]))
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
