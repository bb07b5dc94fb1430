"""How a mounted call answers: what it reads from, and its faults turned into problem details."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from features.params import RuleParams
from serving.access.principal import Principal, principal_of
from serving.api.etags import with_etag
from serving.api.problems import Faults, answer
from serving.api.request_queries import closed_query
from serving.closed_loop.case_params import CaseParams
from serving.history.store import ScoreStore
from serving.params import ServingParams
from serving.plays.plays_params import PlaysParams
from serving.scores.champion import REGISTRY
from serving.scores.scorer_protocol import Scorer


@dataclass(frozen=True)
class Resources:
    """What a running service holds, and every call reads; `now` is the clock by which calls are dated."""

    scorer: Scorer
    store: ScoreStore
    limits: ServingParams
    cases: CaseParams = field(default_factory=CaseParams)
    plays: PlaysParams = field(default_factory=PlaysParams)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    registry: Path = REGISTRY
    rule: RuleParams | None = None  # of params.yaml, whatever weights were adopted since

    def seen_by(self, principal: Principal) -> Resources:
        """The same, with the accounts that a caller may see."""
        return replace(self, store=self.store.seen_by(principal.owner))


class AccountRoute(Route):
    """The route of one account, whose id may hold slashes where they are sent as `%2F`.

    A plain slash begins another path. Servers hand over the path decoded, so the two are told apart
    by counting in the path as it was sent.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """No match where the id is empty or holds a slash that was sent plainly."""
        match, child = super().matches(scope)
        account_id = child.get("path_params", {}).get("account_id", "")
        encoded = scope.get("raw_path", b"").upper().count(b"%2F")
        return (match, child) if account_id and account_id.count("/") == encoded else (Match.NONE, {})


def answering(call: Callable[[Request], dict[str, Any] | Response]) -> Callable[[Request], Response]:
    """An endpoint of `call`: run on a worker thread, its faults turned into problem details."""

    def endpoint(request: Request) -> Response:
        return with_etag(request, answer(partial(call, request)))

    return endpoint


def posting(call: Callable[[Request, bytes], dict[str, Any] | Response]) -> Callable[[Request], Any]:
    """An endpoint of a `call` with a body, which it is handed as bytes; else as `answering`."""

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(answer, partial(call, request, body))

    return endpoint


def reading_or_posting(
    read: Callable[[Request], dict[str, Any] | Response],
    post: Callable[[Request, bytes], dict[str, Any] | Response],
) -> Callable[[Request], Any]:
    """One endpoint of two calls on one path: of two routes, the first alone would say in `Allow`
    what the path allows, and leave out the other (RFC 9110, 10.2.1)."""
    reading, writing = answering(read), posting(post)

    async def endpoint(request: Request) -> Response:
        if request.method != "POST":
            return await run_in_threadpool(reading, request)
        answered: Response = await writing(request)
        return answered

    return endpoint


def resources_of(request: Request) -> Resources:
    """What the service that was asked reads from, as its caller may see it."""
    resources: Resources = request.app.state.resources
    return resources.seen_by(caller_of(request))


def caller_of(request: Request) -> Principal:
    """Who calls. Only the door lets calls in, so there is always one; without, nothing is answered."""
    principal = principal_of(request.scope)
    if principal is None:
        raise RuntimeError("a call came past the door")
    return principal


def refuse_query(request: Request) -> None:
    """Raises Problem where a call without parameters was given some."""
    faults = Faults()
    closed_query(request.query_params, (), faults)
    faults.raise_any()
