"""The OpenAPI path of `routes.py`."""

from __future__ import annotations

from typing import Any

from serving.api.openapi_parts import as_of_query, in_path, operation, query

TARGET = {"type": "string", "enum": ["green", "yellow"], "default": "green"}


def path_to_green_paths() -> dict[str, Any]:
    """The call, its parameters and its errors."""
    told = "The cheapest plan found that reaches a band within 60 days, by what the customer's team can move"
    found = operation(told, "PathToGreenResponse", (404, 409, 422, 503))
    target = query("target", TARGET, "The band to reach")
    found["parameters"] = [in_path("account_id"), target, as_of_query()]
    return {"/v1/accounts/{account_id}/path-to-green": {"get": found}}
