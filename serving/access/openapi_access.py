"""What every call of the OpenAPI document has in common: the key it needs, and how it is refused."""

from __future__ import annotations

from typing import Any

from serving.access.scopes import SCOPES, needed_scope
from serving.access.session_cookie import COOKIE
from serving.api.openapi_parts import errors

OPEN = frozenset({"/livez", "/readyz"})
SECURITY_SCHEMES = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key of `vitals keys create`. Scopes: "
        + "; ".join(f"`{name}`: {told}" for name, told in SCOPES.items()),
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The session of a person who signed in at /sign-in with a key, and what it allows",
    },
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of an earlier answer: 304 where it would be the same",
}
TAG = {"description": "Tells this answer from any other", "schema": {"type": "string"}}


def guarded(paths: dict[str, Any]) -> dict[str, Any]:
    """The paths, each call with its security, the refusals of the door and, for reading, its ETag."""
    return {
        path: {method: _guarded(path, method, call) for method, call in item.items()}
        for path, item in paths.items()
    }


def _guarded(path: str, method: str, call: dict[str, Any]) -> dict[str, Any]:
    if path in OPEN:
        return call | {"security": []}
    needed = needed_scope(method.upper(), path)
    scopes = [] if needed is None else [needed]
    told = f"Needs a key with the scope `{needed}`." if needed else "Needs a key."
    responses = call["responses"] | errors((401, 403, 429, 503))
    found = call | {"description": told, "security": [{"key": scopes}, {"session": scopes}]}
    if method == "get" and path.startswith("/v1/"):
        responses["304"] = {"description": "The caller has this answer already", "headers": {"ETag": TAG}}
        responses["200"] = responses["200"] | {"headers": {"ETag": TAG}}
        found["parameters"] = [*call.get("parameters", ()), IF_NONE_MATCH]
    return found | {"responses": dict(sorted(responses.items()))}
