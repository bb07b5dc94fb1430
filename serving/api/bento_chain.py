"""What BentoML puts around every call, made lean and private.

- Its access log writes paths, which hold the ids of accounts: `request_log` takes its place.
- Its metrics count by path, without end where callers make paths up: they count by route template here,
  under the names that BentoML gives them.
- Its tracer makes a span for every call though nobody collects any: it stays where tracing is configured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bentoml._internal.configuration.containers import BentoMLContainer
from bentoml._internal.server.http.access import AccessLogMiddleware
from bentoml._internal.server.http.instruments import RunnerTrafficMetricsMiddleware
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

UNMASKED = "vitals.scope"


class TrafficByRoute(RunnerTrafficMetricsMiddleware):  # type: ignore[misc]
    """BentoML's traffic metrics, which are shown the template of the path in the path's place."""

    def __init__(self, app: ASGIApp, route_of: Callable[[str], str], **options: Any) -> None:
        super().__init__(_seeing_the_path(app), **options)
        self._route_of = route_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts and times a call."""
        if scope["type"] == "http":
            scope = {**scope, "path": self._route_of(scope["path"]), UNMASKED: scope}
        await super().__call__(scope, receive, send)


def _seeing_the_path(app: ASGIApp) -> ASGIApp:
    async def seeing(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope.get(UNMASKED, scope), receive, send)

    return seeing


def lean_chain(chain: Sequence[Middleware], route_of: Callable[[str], str]) -> list[Middleware]:
    """BentoML's middlewares as described above; the others stay as they are."""
    dropped: set[object] = {AccessLogMiddleware}
    if not BentoMLContainer.config.tracing.exporter_type.get():
        dropped.add(OpenTelemetryMiddleware)
    kept = [one for one in chain if one.cls not in dropped]
    return [_by_route(one, route_of) if one.cls is RunnerTrafficMetricsMiddleware else one for one in kept]


def _by_route(one: Middleware, route_of: Callable[[str], str]) -> Middleware:
    counted: Any = TrafficByRoute  # typed, it would have to be a factory of whatever BentoML passes on
    return Middleware(counted, route_of=route_of, **one.kwargs)
