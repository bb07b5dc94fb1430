"""Starts the service as a process of BentoML's and passes signals on to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from serving.store import DEFAULT_URL

SERVICE = "serving.service:Vitals"


def serve_until_stopped(host: str, port: int, params: Path, registry: Path, store: str | None) -> int:
    """Serves on `host:port` until it is stopped; returns the exit code, 0 where it was asked to stop."""
    command = [sys.executable, "-m", "bentoml", "serve", SERVICE, "--host", host, "--port", str(port)]
    server = subprocess.Popen(command, env=environment(params, registry, store))  # noqa: S603
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: server.send_signal(received))
    code = server.wait()
    return 0 if code in (0, -signal.SIGTERM, -signal.SIGINT) else 1


def environment(params: Path, registry: Path, store: str | None) -> dict[str, str]:
    """The settings of the service, telemetry off. The project's folder is on the path as well."""
    return {
        **os.environ,
        "VITALS_PARAMS": str(params),
        "VITALS_REGISTRY": str(registry),
        "VITALS_STORE": store or DEFAULT_URL,
        "BENTOML_DO_NOT_TRACK": "True",
    }
