"""How many calls run at once: what comes beyond is refused at once, and a place is never lost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from serving.traffic_gate import TrafficGate


class Caller:
    """Calls the app and keeps what is sent; `on_last` runs as the last byte is handed on."""

    def __init__(self, path: str = "/v1/predict") -> None:
        self.scope: Scope = {"type": "http", "method": "POST", "path": path, "headers": []}
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def call(self, app: Any) -> int:
        await app(self.scope, self.receive, self.send)
        return int(self.sent[0]["status"])


class Slow:
    """Answers once it is let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _beyond_the_limit() -> list[int]:
    app = Slow()
    gate = TrafficGate(app, most=2)
    running = [asyncio.create_task(Caller().call(gate)) for _ in range(2)]
    await asyncio.sleep(0)
    refused = Caller()
    assert await refused.call(gate) == 503
    headers = dict(refused.sent[0]["headers"])
    assert headers[b"retry-after"] == b"1"
    assert headers[b"connection"] == b"close"
    assert headers[b"content-type"] == b"application/problem+json"
    app.go.set()
    return [*await asyncio.gather(*running), await Caller().call(gate)]


def test_the_call_beyond_the_limit_is_refused_at_once_and_the_next_after_it_is_not() -> None:
    assert asyncio.run(_beyond_the_limit()) == [200, 200, 200]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_probes_pass_an_overloaded_service(path: str) -> None:
    async def probed() -> int:
        app = Slow()
        gate = TrafficGate(app, most=1)
        full = asyncio.create_task(Caller().call(gate))
        probe = asyncio.create_task(Caller(path).call(gate))
        await asyncio.sleep(0)
        app.go.set()
        await full
        return await probe

    assert asyncio.run(probed()) == 200


def test_who_asks_again_on_receiving_the_answer_is_not_refused() -> None:
    async def asked_again() -> int:
        app = Slow()
        app.go.set()
        gate = TrafficGate(app, most=1)
        first, second = Caller(), Caller()
        statuses: list[int] = []

        async def send(message: Message) -> None:
            first.sent.append(message)
            if message["type"] == "http.response.body":
                statuses.append(await second.call(gate))

        await gate(first.scope, first.receive, send)
        return statuses[0]

    assert asyncio.run(asked_again()) == 200


def test_a_call_that_fails_gives_its_place_back() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("a fault")

    async def twice() -> None:
        gate = TrafficGate(failing, most=1)
        for _ in range(3):
            with pytest.raises(RuntimeError, match="a fault"):
                await Caller().call(gate)

    asyncio.run(twice())
