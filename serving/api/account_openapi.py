"""The OpenAPI paths of `account_routes.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from serving.api.openapi_parts import (
    GOES_ON,
    as_of_query,
    cursor,
    errors,
    fields,
    in_path,
    operation,
    query,
    text,
)
from serving.api.payloads import Health
from serving.api.request_queries import BANDS, EXPORT_KEYS, SORTS, SUMMARY_FIELDS
from serving.params import ServingParams

READING_ERRORS = (404, 422, 503)


def account_paths(limits: ServingParams) -> dict[str, Any]:
    """The calls about accounts."""
    page = operation("The portfolio, paged", "PortfolioResponse", READING_ERRORS)
    page["parameters"] = list(_page_parameters(limits))
    one = operation("One account", "AccountResponse", READING_ERRORS)
    shown = fields(Health.model_fields, "Only these fields of its health, with commas between")
    one["parameters"] = [in_path("account_id"), as_of_query(), shown]
    told = "The records behind a driver, as they were known then"
    evidence = operation(told, "EvidenceResponse", READING_ERRORS)
    driver = query("driver", text(), "A feature of the catalogue") | {"required": True}
    evidence["parameters"] = [in_path("account_id"), driver, as_of_query()]
    return {
        "/v1/accounts": {"get": page},
        "/v1/accounts.csv": {"get": _export(limits)},
        "/v1/accounts/{account_id}": {"get": one},
        "/v1/accounts/{account_id}/evidence": {"get": evidence},
    }


def _export(limits: ServingParams) -> dict[str, Any]:
    told = "The whole portfolio for a spreadsheet; no text in it can become a formula"
    answered = {"description": told, "content": {"text/csv": {"schema": {"type": "string"}}}}
    parameters = [each for each in _page_parameters(limits) if each["name"] in EXPORT_KEYS]
    responses = {"200": answered, **errors((*READING_ERRORS, 500))}
    return {"summary": told, "operationId": "export", "parameters": parameters, "responses": responses}


def _page_parameters(limits: ServingParams) -> Iterable[dict[str, Any]]:
    limit = {"type": "integer", "minimum": 1, "maximum": limits.max_page, "default": limits.default_page}
    yield query(
        "band", {"type": "string", "enum": list(BANDS)}, "Only accounts of this band, as the score says"
    )
    told = "Only accounts of this band as it holds now: a person's, where one was set, else the score's own"
    yield query("band_in_force", {"type": "string", "enum": list(BANDS)}, told)
    yield query("owner", text(), "Only accounts of this customer success manager")
    yield query("segment", text(), "Only accounts of this segment")
    yield query("q", text(), "A part of the account's id or name")
    yield query(
        "sort", {"type": "string", "enum": list(SORTS), "default": "health"}, "Order; - turns it round"
    )
    yield query("limit", limit, "Accounts on a page")
    yield cursor(GOES_ON)
    yield as_of_query()
    yield fields(SUMMARY_FIELDS, f"Only these of {', '.join(SUMMARY_FIELDS)}, with commas")
