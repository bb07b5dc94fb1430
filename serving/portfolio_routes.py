"""The GET calls of the API and its OpenAPI document, as an ASGI app that is mounted on the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from serving.history_answers import account_of, page_of
from serving.openapi import openapi_document
from serving.params import ServingParams
from serving.problems import Faults, answer
from serving.request_fields import as_of_text, check_account_id
from serving.request_queries import closed_query, read_portfolio_query
from serving.scorer_protocol import Scorer
from serving.store import ScoreStore


@dataclass(frozen=True)
class Resources:
    """What a running service holds, and every call reads."""

    scorer: Scorer
    store: ScoreStore
    limits: ServingParams


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


def portfolio_app(limits: ServingParams) -> Starlette:
    """The app. `state.resources` is set by the service, which BentoML makes after the app is mounted."""
    app = Starlette(
        routes=[
            Route("/v1/accounts", _answering(_page)),
            AccountRoute("/v1/accounts/{account_id:path}", _answering(_account)),
            Route("/v1/model", _answering(_model)),
            Route("/v1/catalog", _answering(_catalog)),
            Route("/docs.json", _answering(_docs)),
            # Stands before BentoML's own first page, which would have the browser load a tracker.
            Route("/", _to_docs),
        ]
    )
    app.state.openapi = openapi_document(limits)
    return app


def _answering(call: Callable[[Request], dict[str, Any]]) -> Callable[[Request], Response]:
    """An endpoint of `call`: run on a worker thread, its faults turned into problem details."""

    def endpoint(request: Request) -> Response:
        return answer(partial(call, request))

    return endpoint


def _resources(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


def _page(request: Request) -> dict[str, Any]:
    held = _resources(request)
    return page_of(held.store, read_portfolio_query(request.query_params, held.limits))


def _account(request: Request) -> dict[str, Any]:
    faults = Faults()
    as_of = closed_query(request.query_params, ("as_of",), faults).get("as_of")
    as_of = None if as_of is None else as_of_text(as_of, "as_of", faults)
    account_id = request.path_params["account_id"]
    check_account_id(account_id, "account_id", faults)
    faults.raise_any()
    return account_of(_resources(request).store, account_id, as_of)


def _model(request: Request) -> dict[str, Any]:
    _refuse_query(request)
    scorer = _resources(request).scorer
    return {"model": scorer.model, "comparison": scorer.comparison, "weights": scorer.weights}


def _catalog(request: Request) -> dict[str, Any]:
    _refuse_query(request)
    return {"features": _resources(request).scorer.catalog}


def _docs(request: Request) -> dict[str, Any]:
    document: dict[str, Any] = request.app.state.openapi
    return document


def _to_docs(_: Request) -> Response:
    return RedirectResponse("docs.json")


def _refuse_query(request: Request) -> None:
    faults = Faults()
    closed_query(request.query_params, (), faults)
    faults.raise_any()
