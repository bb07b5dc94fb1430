"""Bounds how many calls are answered at once; what comes beyond is refused at once, and told when to return.

Without it a burst would queue for the worker threads, and every call would be answered too late to be of use.
The probes pass: an overloaded service is alive.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import Kind, Problem

BUSY = Kind("urn:vitals:problem:busy", 503, "The service is answering as many calls as it can")
RETRY_AFTER = 1  # seconds
PROBES = frozenset({"/livez", "/healthz", "/readyz", "/metrics"})


class TrafficGate:
    """At most `most` calls of a worker at a time: 503 with `Retry-After` for the next.

    A call's place is free again as its last byte is handed on, so that a caller who asks anew on receiving
    it is never refused for the call that it has just been answered.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app, self._most = app, most
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            return await self.app(scope, receive, send)
        if self._running >= self._most:
            detail = f"{self._most} calls are being answered; ask again in {RETRY_AFTER} second."
            # The body is not read, so the connection cannot be used again.
            headers = {"Retry-After": str(RETRY_AFTER), "Connection": "close"}
            return await Problem(BUSY, detail=detail, headers=headers).response()(scope, receive, send)
        self._running += 1
        place = _Place(self)
        try:
            await self.app(scope, receive, place.sending(send))
        finally:
            place.free()
        return None

    def leave(self) -> None:
        """One place is free again."""
        self._running -= 1


class _Place:
    """The place of one call, given back once."""

    def __init__(self, gate: TrafficGate) -> None:
        self._gate: TrafficGate | None = gate

    def sending(self, send: Send) -> Send:
        """`send`, but the place is free before the last byte leaves."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                self.free()
            await send(message)

        return sent

    def free(self) -> None:
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.leave()
