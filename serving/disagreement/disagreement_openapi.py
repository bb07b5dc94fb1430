"""The OpenAPI path of `disagreement_routes.py`."""

from __future__ import annotations

from typing import Any

from serving.api.openapi_parts import as_of_query, cursor, operation, query
from serving.params import ServingParams


def disagreement_paths(limits: ServingParams) -> dict[str, Any]:
    """The call about where model and rule differ."""
    call = operation("Where model and rule differ most, and by which driver", "DisagreementResponse", ERRORS)
    limit = {"type": "integer", "minimum": 1, "maximum": limits.max_page, "default": limits.default_page}
    call["parameters"] = [
        query("limit", limit, "Accounts on a page"),
        cursor(),
        as_of_query(),
    ]
    return {"/v1/disagreement": {"get": call}}


ERRORS = (404, 422, 503)
