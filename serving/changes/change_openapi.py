"""The OpenAPI paths of `change_routes.py`."""

from __future__ import annotations

from typing import Any

from serving.api.openapi_parts import cursor, in_path, moment, operation, query
from serving.params import ServingParams

END_TEXT = "An as-of date (its newest snapshot), or a snapshot's number"


def change_paths(limits: ServingParams) -> dict[str, Any]:
    """The calls about one account over time."""
    history = operation("The account's published scores over time", "HistoryResponse", (404, 422, 503))
    limit = {"type": "integer", "minimum": 1, "maximum": limits.max_page, "default": limits.default_page}
    history["parameters"] = [
        in_path("account_id"),
        query("limit", limit, "Scores on a page"),
        cursor(),
    ]
    told = "Why the account's health changed, in parts that add up"
    change = operation(told, "ChangeResponse", (404, 409, 422, 503))
    end = {"anyOf": [*moment()["anyOf"], {"type": "string", "pattern": "^[0-9]{1,9}$"}]}
    ends = [query(name, end, END_TEXT) | {"required": True} for name in ("from", "to")]
    change["parameters"] = [in_path("account_id"), *ends]
    return {
        "/v1/accounts/{account_id}/history": {"get": history},
        "/v1/accounts/{account_id}/change": {"get": change},
    }
