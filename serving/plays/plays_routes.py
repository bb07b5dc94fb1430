"""The GET call about what plays did."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from serving.api.answering import answering, refuse_query, resources_of
from serving.api.openapi_parts import operation
from serving.plays.plays_answer import plays_answer


def _plays(request: Request) -> dict[str, Any]:
    refuse_query(request)
    held = resources_of(request)
    return plays_answer(held.store, held.plays, held.now())


def plays_paths() -> dict[str, Any]:
    """The OpenAPI path of the call."""
    return {"/v1/plays": {"get": operation("Did the play work? By playbook", "PlaysResponse", (422, 503))}}


PLAYS_ROUTES = (Route("/v1/plays", answering(_plays)),)
