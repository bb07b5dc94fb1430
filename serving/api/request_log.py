"""One line in the log for each call: who called what, how it ended, how long it took. No word of the call's.

    {"time": …, "level": "INFO", "logger": "vitals.access", "request_id": "5f0c…", "key": "crm",
     "method": "POST", "route": "/v1/predict", "status": 200, "ms": 3.1, "model": "7"}

`key` is the name of the caller's key (null: no key was shown), `route` the template of the path, `model` the
version that answered in this process as the call came in. The id goes back as `X-Request-ID`; it is the
caller's own where that is a UUID or plain hexadecimal, and so can be no text of a customer.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

access = logging.getLogger("vitals.access")
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
CALLERS_OWN = re.compile(rb"[0-9a-fA-F-]{8,64}")
PROBES = frozenset({"/livez", "/healthz", "/readyz", "/metrics"})


class RequestLog:
    """Stands outside everything but the gate, which tells its refusals itself: what is refused further in, or
    breaks, is logged with its id as well."""

    def __init__(
        self, app: ASGIApp, route_of: Callable[[str], str], model: Callable[[], dict[str, Any]]
    ) -> None:
        self.app, self._route_of, self._model = app, route_of, model

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        begun, call = perf_counter(), _new_call(scope)
        request_id.set(call["request_id"])
        if scope["path"] not in PROBES:
            call |= {"route": self._route_of(scope["path"]), "model": self._version()}
        told = {**scope, "state": {**scope.get("state", {}), "call": call}}
        try:
            await self.app(told, receive, _telling(call, send))
        finally:
            if "route" in call:
                call["ms"] = round(1000 * (perf_counter() - begun), 1)
                access.info("call", extra={"fields": call})
        return None

    def _version(self) -> str | None:
        """The version of the model that answers; a scorer that cannot tell must not fail the call here."""
        try:
            version: str | None = self._model()["version"]
        except Exception:
            return None
        return version


def name_caller(scope: Scope, name: str) -> None:
    """Tells the log the name of the key that a call came with."""
    call: dict[str, Any] = scope.get("state", {}).get("call", {})
    call["key"] = name


def _new_call(scope: Scope) -> dict[str, Any]:
    own = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    called = own.decode() if CALLERS_OWN.fullmatch(own) else secrets.token_hex(8)
    return {"request_id": called, "key": None, "method": _method(scope), "status": None}


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"


def _telling(call: dict[str, Any], send: Send) -> Send:
    """`send`, but the status is noted and the answer carries the id."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            call["status"] = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", call["request_id"].encode())]
        await send(message)

    return sent
