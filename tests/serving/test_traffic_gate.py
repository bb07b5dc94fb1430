"""How many calls run at once: what comes beyond is refused at once, and a place is never lost."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from serving.api.traffic_gate import TrafficGate
from serving.flood_watch import MOMENT, FloodWatch


def gate_of(app: Any, most: int) -> TrafficGate:
    return TrafficGate(app, most, FloodWatch(most))


class Caller:
    """Calls the app and keeps what is sent; `on_last` runs as the last byte is handed on."""

    def __init__(self, path: str = "/v1/predict", *headers: tuple[bytes, bytes]) -> None:
        self.scope: Scope = {"type": "http", "method": "POST", "path": path, "headers": list(headers)}
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
    gate = gate_of(app, most=2)
    running = [asyncio.create_task(Caller().call(gate)) for _ in range(2)]
    await asyncio.sleep(0)
    refused = Caller()
    assert await refused.call(gate) == 503
    headers = dict(refused.sent[0]["headers"])
    assert headers[b"retry-after"] == b"1"
    assert headers[b"content-type"] == b"application/problem+json"
    assert json.loads(refused.sent[1]["body"])["type"] == "urn:vitals:problem:busy"
    app.go.set()
    return [*await asyncio.gather(*running), await Caller().call(gate)]


def test_the_call_beyond_the_limit_is_refused_at_once_and_the_next_after_it_is_not() -> None:
    assert asyncio.run(_beyond_the_limit()) == [200, 200, 200]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_probes_pass_an_overloaded_service(path: str) -> None:
    async def probed() -> int:
        app = Slow()
        gate = gate_of(app, most=1)
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
        gate = gate_of(app, most=1)
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
        gate = gate_of(failing, most=1)
        for _ in range(3):
            with pytest.raises(RuntimeError, match="a fault"):
                await Caller().call(gate)

    asyncio.run(twice())


@pytest.mark.parametrize(
    ("header", "is_kept"),
    [
        ((b"content-length", b"65536"), True),
        ((b"content-length", b"65537"), False),
        ((b"content-length", b"9" * 5000), False),
        ((b"content-length", b"-1"), False),
        ((b"transfer-encoding", b"chunked"), False),
    ],
)
def test_the_connection_of_a_refused_call_is_kept_where_its_body_is_short(
    header: tuple[bytes, bytes], is_kept: bool
) -> None:
    refused = Caller("/v1/predict", header)
    assert asyncio.run(refused.call(gate_of(Slow(), most=0))) == 503
    assert (b"connection" in dict(refused.sent[0]["headers"])) is not is_kept


def test_calls_that_came_together_are_refused_before_the_first_of_them_is_answered() -> None:
    order: list[str] = []

    async def answered_without_a_pause(scope: Scope, receive: Receive, send: Send) -> None:
        order.append("answered")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def together() -> list[int]:
        gate = gate_of(answered_without_a_pause, most=2)
        statuses = await asyncio.gather(*(Caller().call(gate) for _ in range(5)))
        assert (gate.inside, gate.at_work) == (0, 0)
        return statuses

    assert asyncio.run(together()) == [200, 200, 503, 503, 503]
    assert order == ["answered"] * 2


def test_who_sends_slowly_keeps_nobody_out_in_a_flood() -> None:
    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def beside_it() -> list[int]:
        flood = FloodWatch(4)
        flood.places = 1
        gate, slow, whole = TrafficGate(reading, 4, flood), Caller(), asyncio.Event()

        async def late() -> Message:
            await whole.wait()
            return {"type": "http.request", "body": b"", "more_body": False}

        slow.receive = late  # type: ignore[method-assign]
        sending = asyncio.create_task(slow.call(gate))
        for _ in range(5):
            await asyncio.sleep(0)
        assert (gate.inside, gate.at_work) == (1, 0)
        beside = await Caller().call(gate)
        whole.set()
        found = [beside, await sending]
        assert (gate.inside, gate.at_work) == (0, 0)
        return found

    assert asyncio.run(beside_it()) == [200, 200]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def moment(watch: FloodWatch, clock: Clock, let_in: int, refused: int) -> int:
    """The places after a moment of so many calls."""
    for _ in range(let_in):
        watch.let_in()
    for _ in range(refused):
        watch.refuse()
    clock.now += MOMENT
    watch.look()
    return watch.places


def test_in_a_flood_one_call_is_at_work_and_after_it_as_many_as_before() -> None:
    clock = Clock()
    watch = FloodWatch(16, clock)
    assert moment(watch, clock, let_in=30, refused=34) == 16
    assert moment(watch, clock, let_in=30, refused=35) == 1
    assert moment(watch, clock, let_in=5, refused=50) == 1
    assert moment(watch, clock, let_in=50, refused=54) == 16


def test_few_refusals_while_slow_calls_fill_the_places_are_no_flood() -> None:
    clock = Clock()
    assert moment(FloodWatch(16, clock), clock, let_in=0, refused=4) == 16


def test_a_flood_is_known_before_its_moment_ends_and_a_burst_of_five_times_the_places_is_none() -> None:
    watch = FloodWatch(16, Clock())
    for _ in range(16):
        watch.let_in()
    for _ in range(64):
        watch.refuse()
    assert watch.places == 16
    watch.refuse()
    assert watch.places == 1


def test_a_flood_that_ended_while_nobody_called_is_over() -> None:
    clock = Clock()
    watch = FloodWatch(16, clock)
    assert moment(watch, clock, let_in=1, refused=50) == 1
    clock.now += 3 * MOMENT
    watch.look()
    assert watch.places == 16


def test_refusals_are_counted_for_metrics_and_told_in_one_line_a_second(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    watch = FloodWatch(16, clock)
    for _ in range(10):
        moment(watch, clock, let_in=1, refused=50)
    told = [record.getMessage() for record in caplog.records]
    assert told == ["refused 250 calls: more than can be answered"] * 2
    assert "vitals_refused_calls_total 500\n" in watch.metric_lines()
