"""Callers who do not wait for one another: calls come when they come, however the service is doing.

They run in a process of their own, so that they take no time from who measures. A call is *due* at a moment
that was drawn before (a Poisson process of the plan's rate), and its time counts from then: a service that
makes callers wait cannot hide it by slowing the callers down.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import select
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from time import monotonic
from typing import NamedTuple, cast

import numpy as np
import uvloop

REFUSED = 0  # at connect: nothing listened, and no call was sent
LOST = -1  # sent whole on a connection that was made, and no whole answer came
BLIND = -2  # 429 or 503 without Retry-After
PATIENCE = 40.0  # seconds that calls have to end, once no more are made


@dataclass(frozen=True)
class Plan:
    """`requests` in turn, `rate` of them a second; the share `fresh` opens connections of their own."""

    port: int
    requests: tuple[bytes, ...]
    rate: float
    fresh: float = 0.0
    seed: int = 7


class Call(NamedTuple):
    """`request` is an index into the plan's; `due`, `sent`, `done` are moments of the monotonic clock."""

    request: int
    due: float
    sent: float
    done: float
    status: int
    body: bytes


@dataclass
class Callers:
    """Who was started by `calling`; `calls` holds a list per plan once `stop` was called."""

    _pipe: Connection
    calls: list[list[Call]] = field(default_factory=list)

    def stop(self) -> list[list[Call]]:
        """No new calls; what is under way may end."""
        if not self.calls:
            self._pipe.send("stop")
            self.calls = self._pipe.recv()
        return self.calls


@contextmanager
def calling(*plans: Plan) -> Iterator[Callers]:
    """Callers who call from now on until they are stopped."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(there, plans), daemon=True)
    process.start()
    here.recv()  # it is at work
    callers = Callers(here)
    try:
        yield callers
        callers.stop()
    finally:
        process.terminate()
        process.join()


def _work(pipe: Connection, plans: tuple[Plan, ...]) -> None:
    async def all_plans() -> list[list[Call]]:
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_reader(pipe.fileno(), stopped.set)
        pipe.send("begun")
        return await asyncio.gather(*(_Load(plan).run(stopped) for plan in plans))

    found = uvloop.run(all_plans())
    os.set_blocking(pipe.fileno(), True)  # which the loop had undone
    pipe.recv()
    pipe.send(found)


class _Load:
    """One plan under way: its pool of connections, and the calls that ended."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.idle: deque[_Line] = deque()
        self.calls: list[Call] = []
        self.bodies: dict[bytes, bytes] = {}  # each kept once
        self._open = 0
        self._loop = asyncio.get_running_loop()

    async def run(self, stopped: asyncio.Event) -> list[Call]:
        draw = np.random.default_rng(self.plan.seed)
        due, number = monotonic(), 0
        while not stopped.is_set():
            now = monotonic()
            while due <= now:
                self._call(number % len(self.plan.requests), due, draw.random() < self.plan.fresh)
                due, number = due + draw.exponential(1 / self.plan.rate), number + 1
            await asyncio.sleep(max(due - monotonic(), 0))
        end = monotonic() + PATIENCE
        while self._open and monotonic() < end:
            await asyncio.sleep(0.01)
        return self.calls + [Call(0, end, end, end, LOST, b"")] * self._open

    def _call(self, request: int, due: float, fresh: bool) -> None:
        self._open += 1
        while self.idle and not fresh:
            line = self.idle.popleft()  # the one that rested longest, so that none rests for long
            if line.is_open():
                line.ask(request, due)
                return
        self._loop.create_task(self._on_new_line(request, due))

    async def _on_new_line(self, request: int, due: float) -> None:
        try:
            _, line = await self._loop.create_connection(lambda: _Line(self), "127.0.0.1", self.plan.port)
        except OSError:
            self.ended(request, due, monotonic(), REFUSED, b"")
        else:
            line.ask(request, due)

    def ended(self, request: int, due: float, sent: float, status: int, body: bytes) -> None:
        self._open -= 1
        body = self.bodies.setdefault(body, body)
        self.calls.append(Call(request, due, sent, monotonic(), status, body))


class _Line(asyncio.Protocol):
    """One connection, with one call at a time."""

    transport: asyncio.WriteTransport

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._came = bytearray()
        self._asked: tuple[int, float, float] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.WriteTransport, transport)

    def is_open(self) -> bool:
        """As a client should look before it uses a connection again: nothing came on it, and no end."""
        if self.transport.is_closing():
            return False
        came = select.poll()
        came.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not came.poll(0)

    def ask(self, request: int, due: float) -> None:
        self._asked = (request, due, monotonic())
        self.transport.write(self._load.plan.requests[request])

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, found, rest = self._came.partition(b"\r\n\r\n")
        if not found:
            return
        head = head.lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(rest) < length:
            return
        status = int(head[9:12])
        blind = status in (429, 503) and b"retry-after:" not in head
        self._came.clear()
        self._end(BLIND if blind else status, bytes(rest))
        if b"connection: close" in head:
            self.transport.close()
        else:
            self._load.idle.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(LOST, b"")

    def _end(self, status: int, body: bytes) -> None:
        if self._asked is not None:
            asked, self._asked = self._asked, None
            self._load.ended(*asked, status, body)
