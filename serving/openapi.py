"""The OpenAPI 3.1 document of the whole API, native and mounted routes alike, made from `payloads.py`.

BentoML writes one of its own, but for its native routes with error bodies that are never sent, and
without the nulls; so `/docs.json` answers with this one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from serving import payloads
from serving.params import ServingParams
from serving.problems import MEDIA_TYPE
from serving.request_fields import MAX_TEXT
from serving.request_queries import BANDS, SORTS

SCHEMA = "#/components/schemas/{model}"
BODY_ERRORS = (400, 413, 415, 422)
STATUS_TEXTS = {
    400: "The body is not JSON",
    404: "No such account, snapshot or path",
    413: "The body is too large",
    415: "The body must be sent as JSON",
    422: "A value is not allowed",
    500: "A fault of the service",
    503: "The store does not answer",
}
AS_OF = "An as-of date to replay; left out: the newest snapshot"


def openapi_document(limits: ServingParams) -> dict[str, Any]:
    """The document as plain values, ready for JSON.

    >>> sorted(openapi_document(ServingParams())["paths"])[:3]
    ['/livez', '/metrics', '/readyz']
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Vitals",
            "version": _version(),
            "description": "Customer health for B2B companies that can be checked.",
        },
        "paths": {**_native_paths(), **_portfolio_paths(limits), **_watch_paths()},
        "components": {"schemas": _schemas(limits)},
    }


def _version() -> str:
    """The version installed; in a Bento, where Vitals itself is not, that of the pyproject.toml in it."""
    try:
        return version("vitals")
    except PackageNotFoundError:
        project = Path(__file__).parents[1] / "pyproject.toml"
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


def _native_paths() -> dict[str, Any]:
    predict = _operation("Health of rows the caller brings", "PredictResponse", BODY_ERRORS)
    health = _operation("Health of accounts, from the history", "HealthResponse", (*BODY_ERRORS, 404, 503))
    predict["requestBody"] = _body("PredictRequest")
    health["requestBody"] = _body("HealthRequest")
    return {"/v1/predict": {"post": predict}, "/v1/health": {"post": health}}


def _portfolio_paths(limits: ServingParams) -> dict[str, Any]:
    page = _operation("The portfolio, paged", "PortfolioResponse", (404, 422, 503))
    page["parameters"] = list(_page_parameters(limits))
    one = _operation("One account", "AccountResponse", (404, 422, 503))
    one["parameters"] = [
        {"name": "account_id", "in": "path", "required": True, "schema": _text()},
        _query("as_of", {"type": "string"}, AS_OF),
    ]
    return {
        "/v1/accounts": {"get": page},
        "/v1/accounts/{account_id}": {"get": one},
        "/v1/model": {"get": _operation("The model that answers, and its figures", "ModelResponse", (422,))},
        "/v1/catalog": {"get": _operation("Every feature", "CatalogResponse", (422,))},
    }


def _page_parameters(limits: ServingParams) -> Iterable[dict[str, Any]]:
    limit = {"type": "integer", "minimum": 1, "maximum": limits.max_page, "default": limits.default_page}
    yield _query("band", {"type": "string", "enum": list(BANDS)}, "Only accounts of this band")
    yield _query("owner", _text(), "Only accounts of this customer success manager")
    yield _query("segment", _text(), "Only accounts of this segment")
    yield _query("q", _text(), "A part of the account's id or name")
    yield _query(
        "sort", {"type": "string", "enum": list(SORTS), "default": "health"}, "Order; - turns it round"
    )
    yield _query("limit", limit, "Accounts on a page")
    yield _query("cursor", {"type": "string"}, "next_cursor of the page before")
    yield _query("as_of", {"type": "string"}, AS_OF)


def _watch_paths() -> dict[str, Any]:
    texts = {
        "/livez": "The process is alive",
        "/readyz": "A model or the rule is loaded and the store answers",
        "/metrics": "Prometheus metrics",
    }
    answered = {"description": "Answered", "content": {"text/plain": {"schema": {"type": "string"}}}}
    return {
        path: {
            "get": {
                "summary": text,
                "operationId": path[1:],
                "responses": {"200": answered, **_errors((503,))},
            }
        }
        for path, text in texts.items()
    }


def _operation(summary: str, response: str, errors: Iterable[int]) -> dict[str, Any]:
    answered = {"description": summary, "content": {"application/json": {"schema": _ref(response)}}}
    return {
        "summary": summary,
        "operationId": response.removesuffix("Response").lower(),
        "responses": {"200": answered, **_errors((*errors, 500))},
    }


def _errors(statuses: Iterable[int]) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": _ref("ProblemDetail")}}
    return {
        str(status): {"description": STATUS_TEXTS[status], "content": content} for status in sorted(statuses)
    }


def _body(model: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": _ref(model)}}}


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _text() -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}


def _ref(model: str) -> dict[str, str]:
    return {"$ref": SCHEMA.format(model=model)}


def _schemas(limits: ServingParams) -> dict[str, Any]:
    requests: list[type[BaseModel]] = [payloads.PredictRequest, payloads.HealthRequest]
    responses: list[type[BaseModel]] = [
        payloads.PredictResponse,
        payloads.HealthResponse,
        payloads.PortfolioResponse,
        payloads.AccountResponse,
        payloads.WeightOf,
        payloads.ModelResponse,
        payloads.CatalogResponse,
        payloads.ProblemDetail,
    ]
    wanted = [(model, "validation") for model in requests + responses]
    _, schema = models_json_schema(wanted, ref_template=SCHEMA)  # type: ignore[arg-type]
    found: dict[str, Any] = schema["$defs"]
    found["PredictRequest"]["properties"]["rows"]["maxItems"] = limits.max_rows_per_call
    found["HealthRequest"]["properties"]["account_ids"]["maxItems"] = limits.max_rows_per_call
    found["PredictRequest"]["properties"]["top"] |= {"maximum": limits.max_top, "default": limits.default_top}
    return found
