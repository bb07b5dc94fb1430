"""The OpenAPI 3.1 document of the whole API, native and mounted routes alike, made from `payloads.py`.

BentoML writes one of its own, but for its native routes with error bodies that are never sent, and
without the nulls; so `/docs.json` answers with this one.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from serving.access.openapi_access import SECURITY_SCHEMES, guarded
from serving.api import payloads
from serving.api.account_openapi import account_paths
from serving.api.openapi_parts import BODY_ERRORS, SCHEMA, body, errors, operation, ref
from serving.changes import change_payloads
from serving.changes.change_openapi import change_paths
from serving.closed_loop import case_payloads
from serving.closed_loop.case_openapi import case_paths
from serving.closed_loop.override_openapi import (
    OverrideRequest,
    OverridesResponse,
    SetOverrideResponse,
    override_paths,
)
from serving.disagreement.disagreement_openapi import disagreement_paths
from serving.disagreement.disagreement_payloads import DisagreementResponse
from serving.evidence import evidence_payloads
from serving.gaming.gaming_payloads import GamingResponse
from serving.gaming.gaming_routes import gaming_paths
from serving.kpis.kpi_openapi import kpi_paths
from serving.kpis.kpi_payloads import KpisResponse
from serving.params import ServingParams
from serving.path_to_green.openapi import path_to_green_paths
from serving.path_to_green.payloads import PathToGreenResponse
from serving.plays.plays_payloads import PlaysResponse
from serving.plays.plays_routes import plays_paths
from serving.themes.theme_openapi import theme_paths
from serving.themes.theme_payloads import ThemeSentencesResponse, ThemesResponse


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
        "paths": guarded(
            {
                **_native_paths(),
                **account_paths(limits),
                **path_to_green_paths(),
                **case_paths(limits),
                **override_paths(),
                **disagreement_paths(limits),
                **theme_paths(limits),
                **kpi_paths(),
                **plays_paths(),
                **gaming_paths(),
                **change_paths(limits),
                **_model_paths(),
                **_watch_paths(),
            }
        ),
        "components": {"schemas": _schemas(limits), "securitySchemes": SECURITY_SCHEMES},
    }


def _version() -> str:
    """The version installed; in a Bento, where Vitals itself is not, that of the pyproject.toml in it."""
    try:
        return version("vitals")
    except PackageNotFoundError:
        project = Path(__file__).parents[2] / "pyproject.toml"
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


def _native_paths() -> dict[str, Any]:
    predict = operation("Health of rows the caller brings", "PredictResponse", BODY_ERRORS)
    health = operation("Health of accounts, from the history", "HealthResponse", (*BODY_ERRORS, 404, 503))
    predict["requestBody"] = body("PredictRequest")
    health["requestBody"] = body("HealthRequest")
    return {"/v1/predict": {"post": predict}, "/v1/health": {"post": health}}


def _model_paths() -> dict[str, Any]:
    model = operation("The model that answers, and its figures", "ModelResponse", (422,))
    return {
        "/v1/model": {"get": model},
        "/v1/catalog": {"get": operation("Every feature", "CatalogResponse", (422,))},
    }


def _watch_paths() -> dict[str, Any]:
    texts = {
        "/livez": "The process is alive",
        "/readyz": "A model or the rule is loaded and the store answers",
        "/metrics": "Prometheus metrics",
    }
    plain = {"text/plain": {"schema": {"type": "string"}}}
    contents = {"/readyz": {"application/json": {"schema": ref("ReadyResponse")}}}
    return {
        path: {
            "get": {
                "summary": text,
                "operationId": path[1:],
                "responses": {
                    "200": {"description": "Answered", "content": contents.get(path, plain)},
                    **errors((503,)),
                },
            }
        }
        for path, text in texts.items()
    }


def _schemas(limits: ServingParams) -> dict[str, Any]:
    requests: list[type[BaseModel]] = [
        payloads.PredictRequest,
        payloads.HealthRequest,
        case_payloads.SurveyRequest,
        case_payloads.CaseStepRequest,
        case_payloads.CaseNoteRequest,
        case_payloads.CaseAssignRequest,
        OverrideRequest,
    ]
    responses: list[type[BaseModel]] = [
        payloads.PredictResponse,
        payloads.HealthResponse,
        payloads.PortfolioResponse,
        payloads.AccountResponse,
        payloads.WeightOf,
        change_payloads.HistoryResponse,
        change_payloads.ChangeResponse,
        evidence_payloads.EvidenceResponse,
        evidence_payloads.SpanOf,
        case_payloads.SurveyAnswerResponse,
        case_payloads.CasesResponse,
        case_payloads.CaseResponse,
        SetOverrideResponse,
        OverridesResponse,
        DisagreementResponse,
        ThemesResponse,
        ThemeSentencesResponse,
        KpisResponse,
        PlaysResponse,
        GamingResponse,
        PathToGreenResponse,
        payloads.ModelResponse,
        payloads.CatalogResponse,
        payloads.ReadyResponse,
        payloads.ProblemDetail,
    ]
    wanted = [(model, "validation") for model in requests + responses]
    _, schema = models_json_schema(wanted, ref_template=SCHEMA)  # type: ignore[arg-type]
    found: dict[str, Any] = schema["$defs"]
    found["PredictRequest"]["properties"]["rows"]["maxItems"] = limits.max_rows_per_call
    found["HealthRequest"]["properties"]["account_ids"]["maxItems"] = limits.max_rows_per_call
    found["PredictRequest"]["properties"]["top"] |= {"maximum": limits.max_top, "default": limits.default_top}
    _allow_fields(found)
    for name, example in _examples().items():
        found[name]["examples"] = [example]
    return found


def _examples() -> dict[str, Any]:
    """One example of every body by the name of its schema, as a service answered it."""
    text = (Path(__file__).parent / "openapi_examples.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return document


def _allow_fields(schemas: dict[str, Any]) -> None:
    """With `?fields=` an account has only some of its fields: the same shape, but nothing required."""
    places = (
        (schemas["PortfolioResponse"]["properties"]["accounts"], "items", "AccountSummary"),
        (schemas["AccountResponse"]["properties"], "health", "Health"),
    )
    for place, key, model in places:
        schemas[f"{model}Fields"] = schemas[model] | {
            "title": f"{model}Fields",
            "required": ["account_id"],
            "description": f"Those fields of {model} that `?fields=` names",
        }
        place[key] = {"anyOf": [ref(model), ref(f"{model}Fields")]}
