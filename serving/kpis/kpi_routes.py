"""The GET call about the figures of the closed loop."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from serving.api.answering import answering, caller_of, resources_of
from serving.api.problems import Faults
from serving.api.request_queries import closed_query
from serving.kpis.kpi_answers import kpis_answer, read_period


def _kpis(request: Request) -> dict[str, Any]:
    held, faults = resources_of(request), Faults()
    asked = read_period(closed_query(request.query_params, ("from", "to"), faults), held.now(), faults)
    faults.raise_any()
    return kpis_answer(held.store, asked, held.cases, caller_of(request).owner)


KPI_ROUTES = (Route("/v1/kpis", answering(_kpis)),)
