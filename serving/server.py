"""Starts the service as a process of BentoML's and passes signals on to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from features.faults import Fault, WrongUse
from features.params_file import read_section
from serving.access.first_key import first_key
from serving.access.server_secret import server_secret
from serving.champion import load_scorer
from serving.opened_store import opened_store
from serving.params import ServingParams
from serving.store import DEFAULT_URL

SERVICE = "serving.service:Vitals"
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def serve_until_stopped(host: str, port: int, params: Path, registry: Path, store: str | None) -> int:
    """Serves on `host:port` until it is stopped; returns the exit code, 0 where it was asked to stop.

    WrongUse, before anything is started, where the address, the parameters or the store cannot be used.
    """
    check_address(host, port)
    check_settings(params, registry, store)
    tell_first_key(host, store)
    command = [sys.executable, "-m", "bentoml", "serve", SERVICE, "--host", host, "--port", str(port)]
    server = subprocess.Popen(command, env=environment(params, registry, store))  # noqa: S603
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: server.send_signal(received))
    code = server.wait()
    return 0 if code in (0, -signal.SIGTERM, -signal.SIGINT) else 1


def tell_first_key(host: str, store: str | None) -> None:
    """Makes and shows the first key, where none lives and only this machine can call."""
    with opened_store(store) as opened:
        if said := first_key(opened, host, datetime.now(UTC)):
            print(said, flush=True)  # noqa: T201


def check_address(host: str, port: int) -> None:
    """Raises WrongUse where nothing can listen on `host:port`: it is taken, or no address of this machine."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just given back is free
            probe.bind(address)
    except OSError as error:
        step = f"name another with --port or --host ({error.strerror})"
        fault = Fault("address", f"{host}:{port}", "a free port on an address of this machine", step)
        raise WrongUse("the service cannot listen there", [fault]) from None


def check_settings(params: Path, registry: Path, store: str | None) -> None:
    """Raises WrongUse for settings with which the service would fail as it starts, again and again."""
    read_section(params, "serving", ServingParams)
    load_scorer(registry, params)
    with opened_store(store):
        server_secret(store or DEFAULT_URL)


def environment(params: Path, registry: Path, store: str | None) -> dict[str, str]:
    """The settings of the service, telemetry off, and one thread for the numerics of a call: threads of
    several calls would wait for one another's cores."""
    return {
        **dict.fromkeys(ONE_THREAD, "1"),
        **os.environ,
        "VITALS_PARAMS": str(params),
        "VITALS_REGISTRY": str(registry),
        "VITALS_STORE": store or DEFAULT_URL,
        "BENTOML_DO_NOT_TRACK": "True",
    }
