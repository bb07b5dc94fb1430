"""Two of the middlewares around the service: one bounds what comes in, one shapes what goes wrong.

`BodyGate` stands inside the framework's access log and time limit, so that what it refuses is
logged and a slow upload times out. `ProblemResponses` stands outside everything, so that the
framework's own refusals (404, 405, 429, 504, an unexpected 500) become problem details too.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.faults import Fault
from serving.api.problems import MEDIA_TYPE, NOT_JSON, TOO_LARGE, Problem, clip, of_status

logger = logging.getLogger("vitals.serving")
UNEXPECTED = "An unexpected fault of the service; its log says more."
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
FORM = "application/x-www-form-urlencoded"
MAX_FORM_BYTES = 65_536


class ClientGoneError(Exception):
    """The caller hung up before the body was complete; nobody is left to answer."""


class BodyGate:
    """Refuses a body that is not declared as JSON (415) or is too large (413), before anything parses it.

    Pages, which have no `/v1/` in their path, may send a form instead, of 64 KiB at most. The size is
    checked from `Content-Length` first, then while the body streams in.
    `larger` are the paths with a limit of their own.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int, larger: Mapping[str, int] | None = None) -> None:
        self.app = app
        self._limit, self._larger = max_body_bytes, larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in WITH_BODY:
            return await self.app(scope, receive, send)
        try:
            most = self._allowed_bytes(scope, Headers(scope=scope))
            body = await self._read(receive, most)
        except ClientGoneError:
            return None
        except Problem as problem:
            # The rest of a refused body is not read, so the connection cannot be used again.
            return await problem.response({"Connection": "close"})(scope, receive, send)
        return await self.app(scope, _replayed(body, receive), send)

    def _allowed_bytes(self, scope: Scope, headers: Headers) -> int:
        declared = ", ".join(headers.getlist("content-type"))
        kind = declared.partition(";")[0].strip().lower()
        is_form = kind == FORM and not scope["path"].startswith("/v1/")
        most = self._larger.get(scope["path"], self._limit)
        most = min(MAX_FORM_BYTES, most) if is_form else most
        if kind != "application/json" and not is_form:
            fault = Fault("Content-Type", declared, "application/json", "send the header with a JSON body")
            raise Problem(NOT_JSON, [fault])
        length = headers.get("content-length", "")
        if length.isdecimal() and (len(length) > 18 or int(length) > most):
            raise _too_large(f"{clip(length)} bytes", most)
        return most

    async def _read(self, receive: Receive, most: int) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            body += message.get("body", b"")
            if len(body) > most:
                raise _too_large(f"over {most} bytes", most)
            if not message.get("more_body", False):
                return bytes(body)


def _too_large(size: str, most: int) -> Problem:
    return Problem(TOO_LARGE, [Fault("body", size, f"at most {most} bytes", "send fewer rows per call")])


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read, once, and then what comes after it."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


class ProblemResponses:
    """Turns every error response that is not yet a problem detail into one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        reply = _Reply(scope, receive, send)
        try:
            return await self.app(scope, receive, reply.send)
        except Exception:
            # Where an answer has begun, the framework has sent its own 500; uvicorn logs the traceback.
            if reply.begun:
                raise
            logger.exception("unexpected fault")  # of which call, its line in the access log tells
            return await Problem(of_status(500), detail=UNEXPECTED).response()(scope, receive, send)


class _Reply:
    """Passes a response through, or holds back an error's until it can be said as a problem."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._start: Message | None = None
        self._text = bytearray()
        self.begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            if _needs_rewriting(message):
                self._start = message
                return
        if self._start is None:
            await self._send(message)
            return
        self._text += message.get("body", b"")[:1000]
        if not message.get("more_body", False):
            await self._send_problem(self._start)

    async def _send_problem(self, start: Message) -> None:
        headers = MutableHeaders(raw=list(start["headers"]))
        is_text = headers.get("content-type", "").startswith("text/plain")
        said = clip_line(self._text.decode(errors="replace")) if is_text else ""
        problem = _generic(self._scope, start["status"], headers.get("allow", ""), said)
        for name in ("content-type", "content-length"):
            del headers[name]
        await problem.response(dict(headers))(self._scope, self._receive, self._send)


def _needs_rewriting(start: Message) -> bool:
    """Whether it is an error that is said neither as a problem nor, to a person, as a page of ours."""
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return int(start["status"]) >= 400 and not kind.startswith((MEDIA_TYPE, "text/html"))


def clip_line(text: str) -> str:
    """One line of at most 300 characters."""
    return " ".join(text.split())[:300]


def _generic(scope: Scope, status: int, allow: str, said: str) -> Problem:
    """The problem of a refusal that the framework made, of which only the status is known."""
    kind = of_status(status)
    if status == HTTPStatus.NOT_FOUND:
        fault = Fault("path", scope["path"], "a path of /docs.json", "look the call up in /docs.json")
        return Problem(kind, [fault])
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        fault = Fault(
            "method", scope["method"], allow or "see /docs.json", f"use {allow or 'another method'}"
        )
        return Problem(kind, [fault])
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return Problem(kind, detail=UNEXPECTED)
    return Problem(kind, detail=said)
