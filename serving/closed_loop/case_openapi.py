"""The OpenAPI paths of `case_routes.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from serving.api.idempotency import HEADER, MAX_KEY
from serving.api.openapi_parts import BODY_ERRORS, body, cursor, in_path, operation, query, text
from serving.closed_loop.case_bodies import NOTED
from serving.closed_loop.case_states import KINDS, LEVELS, STATES, STEPS
from serving.params import ServingParams

WRITE_ERRORS = (*BODY_ERRORS, 404, 409, 503)
STEP_BODIES = {"assign": "CaseAssignRequest"} | dict.fromkeys(NOTED, "CaseNoteRequest")


def case_paths(limits: ServingParams) -> dict[str, Any]:
    """The calls of the closed loop."""
    answered = operation("An answer the moment it is given", "SurveyAnswerResponse", WRITE_ERRORS)
    answered |= {"requestBody": body("SurveyRequest"), "parameters": [idempotency_key()]}
    page = operation("The cases, paged, newest first", "CasesResponse", (422, 503))
    page["parameters"] = list(_page_parameters(limits))
    one = operation("One case, its plan and its history", "CaseResponse", (404, 422, 503))
    one["parameters"] = [in_path("case_id")]
    return {
        "/v1/survey-responses": {"post": answered},
        "/v1/cases": {"get": page},
        "/v1/cases/{case_id}": {"get": one},
        **{f"/v1/cases/{{case_id}}/{action}": {"post": _step(action)} for action in STEPS},
    }


def _step(action: str) -> dict[str, Any]:
    step = operation(f"Take a step with a case: {action}", "CaseResponse", WRITE_ERRORS)
    named = {"operationId": f"case-{action}", "requestBody": body(STEP_BODIES.get(action, "CaseStepRequest"))}
    return step | named | {"parameters": [in_path("case_id"), idempotency_key()]}


def idempotency_key() -> dict[str, Any]:
    """The header that every write call needs."""
    schema = {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[!-~]+$"}
    told = "A new one per action; the same one when the call is repeated"
    return {"name": HEADER, "in": "header", "required": True, "schema": schema, "description": told}


def _page_parameters(limits: ServingParams) -> Iterable[dict[str, Any]]:
    for name, choices in (("state", STATES), ("kind", KINDS), ("level", LEVELS)):
        yield query(name, {"type": "string", "enum": list(choices)}, f"Only cases of this {name}")
    yield query("held_back", {"type": "boolean"}, "Only alarms that wait for room in the budget, or not")
    yield query("account_id", text(), "Only cases of this account")
    yield query("assignee", text(), "Only cases of this person")
    limit = {"type": "integer", "minimum": 1, "maximum": limits.max_page, "default": limits.default_page}
    yield query("limit", limit, "Cases on a page")
    yield cursor()
