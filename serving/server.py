"""Starts the service: one process, which this one becomes.

    vitals serve ─ execve ─▶ python -m serving.server_process HOST PORT   (settings in the environment)

It is a process of its own because the numerics read how many threads they may use as they are imported, and
so that a service does not carry what called it (`vitals demo` has trained a model). Nothing watches over it:
docs/decisions/the-service-is-one-process-that-ends-loudly.md.
"""

from __future__ import annotations

import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from features.faults import Fault, WrongUse

DEFAULT_URL = "sqlite:///data/vitals.db"  # that of serving.history.store, which this process need not load

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def serve_until_stopped(host: str, port: int, params: Path, registry: Path, store: str | None) -> NoReturn:
    """Serves on `host:port` until it is stopped; then the process exits, with 0 where it was asked to stop.

    WrongUse where the address cannot be used; where the parameters or the store cannot, the new process says
    so and exits with 2. What this process has not flushed or closed is lost, and no `finally` of it runs.
    """
    check_address(host, port)
    sys.stdout.flush()
    command = [sys.executable, "-m", "serving.server_process", host, str(port)]
    os.execve(sys.executable, command, environment(params, registry, store))  # noqa: S606


def tell_first_key(host: str, store: str | None) -> None:
    """Makes and shows the first key, where none lives and only this machine can call."""
    from serving.access.first_key import first_key
    from serving.history.opened_store import opened_store

    with opened_store(store) as opened:
        if said := first_key(opened, host, datetime.now(UTC)):
            print(said, flush=True)  # noqa: T201


def check_address(host: str, port: int) -> None:
    """Raises WrongUse where nothing can listen on `host:port`: it is taken, or no address of this machine."""
    bound(host, port).close()


def bound(host: str, port: int) -> socket.socket:
    """A socket of this address; WrongUse as `check_address`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, protocol)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just given back is free
            found.bind(address)
        except OSError:
            found.close()
            raise
        return found
    except OSError as error:
        step = f"name another with --port or --host ({error.strerror})"
        fault = Fault("address", f"{host}:{port}", "a free port on an address of this machine", step)
        raise WrongUse("the service cannot listen there", [fault]) from None


def check_settings(params: Path, registry: Path, store: str | None) -> None:
    """Raises WrongUse for settings with which the service would fail as it starts, again and again."""
    from features.params_file import read_section
    from serving.access.server_secret import server_secret
    from serving.history.opened_store import opened_store
    from serving.params import ServingParams
    from serving.scores.champion import load_scorer

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
