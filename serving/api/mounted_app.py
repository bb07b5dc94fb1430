"""The calls beside BentoML's own, and the OpenAPI document, as an ASGI app that is mounted on the service."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from serving.access.sign_in_routes import SIGN_IN_ROUTES
from serving.api.account_routes import ACCOUNT_ROUTES
from serving.api.answering import Resources, answering, refuse_query, resources_of
from serving.api.openapi import openapi_document
from serving.changes.change_routes import CHANGE_ROUTES
from serving.closed_loop.case_routes import CASE_ROUTES
from serving.closed_loop.override_routes import OVERRIDE_ROUTES
from serving.disagreement.disagreement_routes import DISAGREEMENT_ROUTES
from serving.gaming.gaming_routes import GAMING_ROUTES
from serving.kpis.kpi_routes import KPI_ROUTES
from serving.monitoring.monitoring_files import newest_summary
from serving.pages.page_routes import PAGE_ROUTES
from serving.params import ServingParams
from serving.path_to_green.routes import PATH_ROUTES
from serving.plays.plays_routes import PLAYS_ROUTES
from serving.themes.theme_routes import THEME_ROUTES

__all__ = ["Resources", "mounted_app"]


def mounted_app(limits: ServingParams) -> Starlette:
    """The app. `state.resources` and `state.access` are set by the service, which BentoML makes later."""
    app = Starlette(
        routes=[
            *CHANGE_ROUTES,
            *PATH_ROUTES,
            *ACCOUNT_ROUTES,  # the last of them takes in whatever the others leave
            *CASE_ROUTES,
            *OVERRIDE_ROUTES,
            *SIGN_IN_ROUTES,
            *DISAGREEMENT_ROUTES,
            *THEME_ROUTES,
            *KPI_ROUTES,
            *PLAYS_ROUTES,
            *GAMING_ROUTES,
            Route("/v1/model", answering(_model)),
            Route("/v1/catalog", answering(_catalog)),
            Route("/docs.json", answering(_docs)),
            # With a first page: BentoML's own would have the browser load a tracker.
            *PAGE_ROUTES,
        ]
    )
    app.state.openapi = openapi_document(limits)
    return app


def _model(request: Request) -> dict[str, Any]:
    refuse_query(request)
    held = resources_of(request)
    scorer = held.scorer
    told = {"model": scorer.model, "comparison": scorer.comparison, "weights": scorer.weights}
    return told | {"monitoring": newest_summary(held.registry)}


def _catalog(request: Request) -> dict[str, Any]:
    refuse_query(request)
    return {"features": resources_of(request).scorer.catalog}


def _docs(request: Request) -> dict[str, Any]:
    document: dict[str, Any] = request.app.state.openapi
    return document
