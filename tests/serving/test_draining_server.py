"""A server that stops: new connections are kept out, those that were made answered, idle ones closed."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from serving.draining_server import DrainingServer, keep_out

ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def listening() -> socket.socket:
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    made.listen(64)
    return made


def answer(line: socket.socket) -> bytes:
    line.settimeout(10)
    came = b""
    while not came.endswith(b"ok"):
        more = line.recv(4096)
        if not more:
            return came
        came += more
    return came


@contextmanager
def running() -> Iterator[tuple[DrainingServer, tuple[str, int], threading.Thread]]:
    """The server on a thread of its own: signals are for the main thread, so it is asked by `stop`."""
    made = listening()
    server = DrainingServer(uvicorn.Config(app, log_config=None, lifespan="off", loop="asyncio"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([made, made.dup()])))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server, made.getsockname(), thread
    finally:
        server.stop()
        thread.join(20)
        assert not thread.is_alive()


def test_a_kept_connection_is_answered_once_more_and_told_that_it_is_the_last() -> None:
    with running() as (server, address, _), socket.create_connection(address) as line:
        line.sendall(ASK)
        assert b"connection: close" not in answer(line)
        server.stop()
        until_refused(address)
        line.sendall(ASK)
        assert b"connection: close" in answer(line)
        assert line.recv(1) == b""


def test_a_connection_on_which_nothing_comes_does_not_keep_the_server() -> None:
    with running() as (server, address, thread), socket.create_connection(address):
        server.stop()
        thread.join(20)
        assert not thread.is_alive()


def until_refused(address: tuple[str, int]) -> None:
    for _ in range(100):
        try:
            socket.create_connection(address, timeout=5).close()
        except (ConnectionRefusedError, TimeoutError):
            return
        time.sleep(0.02)
    pytest.fail("it still listens")


def test_who_is_connected_before_the_door_closes_is_let_in_and_who_comes_after_is_not() -> None:
    with listening() as made:
        address = made.getsockname()
        with socket.create_connection(address) as waiting:
            waiting.sendall(ASK)
            keep_out(made)
            with pytest.raises(TimeoutError):
                socket.create_connection(address, timeout=0.2)
            taken, _ = made.accept()
            with taken:
                assert taken.recv(100) == ASK
                taken.sendall(b"ok")
                assert answer(waiting) == b"ok"
