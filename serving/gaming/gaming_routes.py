"""The GET call about gaming."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from serving.api.answering import answering, caller_of, refuse_query, resources_of
from serving.api.openapi_parts import operation
from serving.gaming.gaming_tables import newest_report

NOTHING: dict[str, Any] = {"as_of": None, "csms": 0, "asked": 0, "false_discoveries": None, "discount": None}


def _gaming(request: Request) -> dict[str, Any]:
    refuse_query(request)
    with resources_of(request).store.begin() as connection:
        found = newest_report(connection, caller_of(request).owner)
    return found or {**NOTHING, "suspicions": []}


def gaming_paths() -> dict[str, Any]:
    """The OpenAPI path of the call."""
    summary = "Signals that look better than they are, by CSM"
    return {"/v1/gaming": {"get": operation(summary, "GamingResponse", (422, 503))}}


GAMING_ROUTES = (Route("/v1/gaming", answering(_gaming)),)
