"""Bounds how many calls are answered at once; what comes beyond is refused at once, and told when to return.

Without it a burst would queue, and every call would be answered too late to be of use. It stands outside
everything, the log included: where five times as many call as can be answered, a refusal that costs a fifth
of an answer would leave no time for any. The probes pass: an overloaded service is alive.
"""

from __future__ import annotations

from asyncio import Lock, sleep

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.problems import Kind, Problem
from serving.flood_watch import FloodWatch

BUSY = Kind("urn:vitals:problem:busy", 503, "The service is answering as many calls as it can")
RETRY_AFTER = 1  # seconds
PROBES = frozenset({"/livez", "/healthz", "/readyz", "/metrics"})
READ_ANYHOW = 65_536  # bytes of a refused body that the server reads past, for the connection's next call


class TrafficGate:
    """At most `most` calls inside, and `flood.places` at work: 503 with `Retry-After` for the next.

    A call is at work but while its body is awaited: who sends slowly keeps nobody out. Its place is free
    again as its last byte is handed on, so that a caller who asks anew on receiving it is never refused for
    the call that it has just been answered.
    """

    def __init__(self, app: ASGIApp, most: int, flood: FloodWatch) -> None:
        self.app, self._most, self._flood = app, most, flood
        self.inside = self.at_work = 0
        self._turns = Lock()
        detail = f"As many calls are being answered as can be; ask again in {RETRY_AFTER} second."
        problem = Problem(BUSY, detail=detail, headers={"Retry-After": str(RETRY_AFTER)})
        kept, closed = problem.response(), problem.response({"Connection": "close"})
        # Made once, and not for each: there may be thousands a second.
        self._body: Message = {"type": "http.response.body", "body": kept.body, "more_body": False}
        self._kept, self._closed = kept.raw_headers, closed.raw_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        self._flood.look()
        if scope["path"] in PROBES:
            return await self.app(scope, receive, send)
        if self.at_work >= self._flood.places or self.inside >= self._most:
            self._flood.refuse()
            headers = self._kept if _is_short(scope) else self._closed
            await send({"type": "http.response.start", "status": BUSY.status, "headers": headers})
            return await send(self._body)
        self._flood.let_in()
        place = _Place(self)
        try:
            await self._turn()
            await self.app(scope, place.receiving(receive), place.sending(send))
        finally:
            place.free()
        return None

    async def _turn(self) -> None:
        """Waits for a turn of the event loop that no other call that was let in begins in.

        Some calls are answered within one turn. In it nothing else is done: no connection taken in, nobody
        refused, no probe answered, and none that came with it would find its place taken.
        """
        waits = self._turns.locked()
        async with self._turns:
            if not waits:  # who waits for the others has let a turn pass
                await sleep(0)


def _is_short(scope: Scope) -> bool:
    """Whether the unread body is so short that the connection is better kept than made anew."""
    sizes = [value for name, value in scope["headers"] if name in (b"content-length", b"transfer-encoding")]
    return all(value.isdigit() and len(value) < 7 and int(value) <= READ_ANYHOW for value in sizes)


class _Place:
    """The place of one call, given back once."""

    def __init__(self, gate: TrafficGate) -> None:
        self._gate: TrafficGate | None = gate
        self._reading = True
        gate.inside += 1
        gate.at_work += 1

    def receiving(self, receive: Receive) -> Receive:
        """`receive`, but the call is not at work while its body is awaited."""

        async def received() -> Message:
            gate = self._gate
            if gate is None or not self._reading:
                return await receive()
            gate.at_work -= 1
            try:
                message = await receive()
            finally:
                gate.at_work += 1
            self._reading = bool(message.get("more_body", False))
            return message

        return received

    def sending(self, send: Send) -> Send:
        """`send`, but the place is free before the last byte leaves."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                self.free()
            await send(message)

        return sent

    def free(self) -> None:
        """The place is another's."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.inside -= 1
            gate.at_work -= 1
