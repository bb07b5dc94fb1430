"""The pieces an OpenAPI path is made of: operations, their errors, bodies and parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from serving.api.problems import MEDIA_TYPE
from serving.api.request_fields import MAX_TEXT, NO_CONTROLS

SCHEMA = "#/components/schemas/{model}"
BODY_ERRORS = (400, 413, 415, 422)
STATUS_TEXTS = {
    400: "The body is not JSON",
    401: "No key, or none that is known and lives",
    403: "The key has not the scope that the call needs",
    404: "No such account, snapshot, driver, case or path",
    409: "The case does not allow it now, the same call still runs, or it cannot be worked out again",
    413: "The body is too large",
    415: "The body must be sent as JSON",
    422: "A value is not allowed",
    429: "Too many calls with this key; Retry-After says how long to wait",
    500: "A fault of the service",
    503: "The store does not answer, or as many calls as can be are being answered",
    504: "The call took too long",
}
AS_OF_TEXT = "An as-of date to replay; left out: the newest snapshot"


def operation(summary: str, response: str, failing: Iterable[int]) -> dict[str, Any]:
    """A call: what it answers with (a schema of that name), and its errors."""
    answered = {"description": summary, "content": {"application/json": {"schema": ref(response)}}}
    return {
        "summary": summary,
        "operationId": response.removesuffix("Response").lower(),
        "responses": {"200": answered, **errors({*failing, 500, 503, 504})},
    }


def errors(statuses: Iterable[int]) -> dict[str, Any]:
    """The problem details of these statuses."""
    content = {MEDIA_TYPE: {"schema": ref("ProblemDetail")}}
    return {
        str(status): {"description": STATUS_TEXTS[status], "content": content} for status in sorted(statuses)
    }


def body(model: str) -> dict[str, Any]:
    """A JSON body of the schema of that name."""
    return {"required": True, "content": {"application/json": {"schema": ref(model)}}}


def query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    """A query parameter that may be left out."""
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def text() -> dict[str, Any]:
    """The schema of a short text."""
    return {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "pattern": NO_CONTROLS}


def moment() -> dict[str, Any]:
    """The schema of a date, which means its midnight in UTC, or a time with its zone."""
    return {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}


GOES_ON = "; it goes on with that page's filters and order, and others beside it are refused"


def cursor(also: str = "") -> dict[str, Any]:
    """The query parameter that asks for the next page; what it holds is nobody's business."""
    schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}
    return query("cursor", schema, f"next_cursor of the page before{also}")


def fields(known: Iterable[str], told: str) -> dict[str, Any]:
    """The query parameter that leaves out all other fields."""
    one = f"({'|'.join(known)})"
    return query("fields", {"type": "string", "pattern": f"^{one}(,{one})*$"}, told)


def ref(model: str) -> dict[str, str]:
    """A reference to the schema of that name."""
    return {"$ref": SCHEMA.format(model=model)}


def in_path(name: str) -> dict[str, Any]:
    """A parameter that is part of the path."""
    return {"name": name, "in": "path", "required": True, "schema": text()}


def as_of_query() -> dict[str, Any]:
    """The as-of date that most reading calls take."""
    return query("as_of", moment(), AS_OF_TEXT)
