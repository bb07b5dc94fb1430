"""One HTTP call to a webhook: no redirect, no proxy, no more time or bytes than it was given."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from serving.delivery.dial import Network, Target, dial, parse_target

MAX_ANSWER = 64_000


@dataclass(frozen=True)
class Answered:
    """What came back: the status, and the beginning of the body."""

    status: int
    body: bytes


class _Dialled(http.client.HTTPConnection):
    """A connection whose socket was opened, and checked, before."""

    def __init__(self, target: Target, connection: socket.socket) -> None:
        super().__init__(target.host, target.port)
        self.sock = connection


def post(
    url: str, body: bytes, headers: Mapping[str, str], seconds: float, allowed: Sequence[Network] = ()
) -> Answered:
    """Posts to a webhook. Raises AddressRefusedError, OSError or http.client.HTTPException.

    `seconds` bounds each wait and, by a timer that cuts the connection, the whole: a receiver that sends
    a byte now and then holds nobody up.
    """
    target = parse_target(url)
    raw = dial(target, seconds, allowed)
    timer = threading.Timer(2 * seconds, _cut, [raw])
    timer.daemon = True
    timer.start()
    try:
        connection = _Dialled(target, raw)
        connection.request("POST", target.path, body, {"Host": _host(target), **headers})
        response = connection.getresponse()
        return Answered(response.status, response.read(MAX_ANSWER))
    finally:
        timer.cancel()
        raw.close()


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):  # it was closed in the meantime
        connection.shutdown(socket.SHUT_RDWR)


def _host(target: Target) -> str:
    name = f"[{target.host}]" if ":" in target.host else target.host
    return name if target.port in (80, 443) else f"{name}:{target.port}"
