from __future__ import annotations

import json
from decimal import Decimal
from importlib.metadata import PackageNotFoundError
from itertools import product
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from starlette.testclient import TestClient

from serving.api import payloads
from serving.api.openapi import openapi_document
from serving.api.problems import Problem
from serving.api.request_fields import is_short_text
from serving.changes import change_payloads
from serving.closed_loop import case_payloads, override_openapi
from serving.closed_loop.case_bodies import read_step
from serving.closed_loop.case_openapi import STEP_BODIES
from serving.closed_loop.case_states import STEPS, Action
from serving.disagreement import disagreement_payloads
from serving.evidence import evidence_payloads
from serving.gaming import gaming_payloads
from serving.kpis import kpi_payloads
from serving.pages.page_routes import PAGE_ROUTES
from serving.params import ServingParams
from serving.path_to_green import payloads as path_payloads
from serving.plays import plays_payloads
from serving.service import Vitals, mounted
from serving.themes import theme_payloads

PAYLOADS = (
    path_payloads,
    payloads,
    case_payloads,
    change_payloads,
    disagreement_payloads,
    evidence_payloads,
    kpi_payloads,
    plays_payloads,
    gaming_payloads,
    override_openapi,
    theme_payloads,
)


def refs(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(refs(child) for child in node.values()))
    return set().union(*(refs(child) for child in node)) if isinstance(node, list) else set()


def test_the_document_served_is_the_one_of_native_and_mounted_routes(client: TestClient) -> None:
    served = client.get("/docs.json").json()
    assert served == json.loads(json.dumps(openapi_document(ServingParams())))
    native = {method.route for method in Vitals.apis.values()}
    pages = {"/docs.json", "/sign-in", "/sign-out"} | {
        route.path.replace(":path", "") for route in PAGE_ROUTES
    }
    by_route = {route.path.replace(":path", "") for route in mounted.routes} - pages
    assert set(served["paths"]) == native | by_route | {"/livez", "/readyz", "/metrics"}


def test_a_bento_in_which_vitals_is_not_installed_still_knows_its_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed = openapi_document(ServingParams())["info"]["version"]
    monkeypatch.setattr("serving.api.openapi.version", Mock(side_effect=PackageNotFoundError("vitals")))
    assert openapi_document(ServingParams())["info"]["version"] == installed


def test_every_reference_of_the_document_leads_somewhere() -> None:
    document = openapi_document(ServingParams())
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert refs(document)
    assert refs(document) <= known


def test_every_error_is_a_problem_detail_and_every_operation_has_its_own_name() -> None:
    operations = [o for item in openapi_document(ServingParams())["paths"].values() for o in item.values()]
    for operation in operations:
        for status, response in operation["responses"].items():
            assert status in ("200", "304") or list(response["content"]) == ["application/problem+json"]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)


def test_every_call_but_two_names_the_key_and_the_scope_it_needs() -> None:
    document = openapi_document(ServingParams())
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    calls = {(path, m): call for path, item in document["paths"].items() for m, call in item.items()}
    assert {path for (path, _), call in calls.items() if not call["security"]} == {"/livez", "/readyz"}
    guarded = [call for call in calls.values() if call["security"]]
    assert all({"401", "403", "429", "503"} <= set(call["responses"]) for call in guarded)
    assert calls["/v1/cases/{case_id}/resolve", "post"]["security"][0] == {"key": ["cases:write"]}


def test_every_body_has_an_example_and_it_is_one() -> None:
    document = openapi_document(ServingParams())
    schemas = document["components"]["schemas"]
    models = {m.__name__: m for part in PAYLOADS for m in vars(part).values() if isinstance(m, type)}
    used = {ref.rpartition("/")[2] for ref in refs(document["paths"])}
    assert {name for name in used if "examples" not in schemas[name]} == set(), (
        "add one to serving/api/openapi_examples.yaml"
    )
    for name in used:
        [example] = schemas[name]["examples"]
        TypeAdapter(models[name]).validate_json(json.dumps(example))


def test_the_points_of_the_examples_add_up() -> None:
    schemas = openapi_document(ServingParams())["components"]["schemas"]
    for name in ("PredictResponse", "HealthResponse"):
        [account] = schemas[name]["examples"][0]["accounts"]
        shown = [account["base_health"], account["other_points"], *(d["points"] for d in account["drivers"])]
        assert sum(Decimal(str(points)) for points in shown) == Decimal(str(account["health"]))


def test_the_limits_of_the_parameters_stand_in_the_document() -> None:
    limits = ServingParams(max_rows_per_call=7, max_top=3, default_top=2, max_page=9, default_page=8)
    document = openapi_document(limits)
    schemas = document["components"]["schemas"]
    assert schemas["PredictRequest"]["properties"]["rows"]["maxItems"] == 7
    assert schemas["HealthRequest"]["properties"]["account_ids"]["maxItems"] == 7
    assert schemas["PredictRequest"]["properties"]["top"]["maximum"] == 3
    parameters = {p["name"]: p["schema"] for p in document["paths"]["/v1/accounts"]["get"]["parameters"]}
    assert parameters["limit"]["maximum"] == 9


ABSENT = "absent"
STEP_MODELS = {action: getattr(case_payloads, STEP_BODIES.get(action, "CaseStepRequest")) for action in STEPS}


def is_told(action: Action, body: str) -> bool:
    try:
        TypeAdapter(STEP_MODELS[action]).validate_json(body)
    except ValidationError:
        return False
    return True


def is_taken(action: Action, body: str) -> bool:
    try:
        read_step(body.encode(), action, "csm-9")
    except Problem:
        return False
    return True


@pytest.mark.parametrize("action", STEPS)
def test_the_body_of_a_step_is_told_as_it_is_read(action: Action) -> None:
    notes = (ABSENT, None, "", " \t", "a\x00b", "spoke", "x" * 5_001)
    people = (ABSENT, None, "", "csm\n2", "csm-02")
    for note, assignee, who in product(notes, people, people):
        named = {"note": note, "assignee": assignee, "who": who}
        body = json.dumps({name: value for name, value in named.items() if value != ABSENT})
        assert is_told(action, body) == is_taken(action, body), body


@given(st.text(max_size=210))
def test_the_pattern_of_short_texts_is_what_is_checked(text: str) -> None:
    fits = TypeAdapter(payloads.ShortText)
    try:
        told = fits.validate_python(text) == text
    except ValidationError:
        told = False
    assert told == is_short_text(text)
