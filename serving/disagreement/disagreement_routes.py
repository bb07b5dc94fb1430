"""The GET call about the disagreement of model and rule."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from serving.api.answering import answering, resources_of
from serving.api.page_cursors import Place, check_cursor
from serving.api.problems import Faults
from serving.api.request_fields import as_of_text
from serving.api.request_queries import closed_query, page_limit
from serving.disagreement.disagreement_answers import PageAsked, page_of


def _disagreement(request: Request) -> dict[str, Any]:
    held, faults = resources_of(request), Faults()
    given = closed_query(request.query_params, ("limit", "cursor", "as_of"), faults)
    limit = page_limit(given.get("limit"), held.limits, faults)
    as_of = as_of_text(given["as_of"], "as_of", faults) if "as_of" in given else None
    place = Place.decode(given["cursor"]) if "cursor" in given else None
    check_cursor(given, None if place is None else place.filters, (), faults)
    faults.raise_any()
    return page_of(held.store, PageAsked(limit, as_of, place))


DISAGREEMENT_ROUTES = (Route("/v1/disagreement", answering(_disagreement)),)
