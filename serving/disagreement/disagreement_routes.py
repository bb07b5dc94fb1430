"""The GET call about the disagreement of model and rule."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from serving.api.answering import answering, resources_of
from serving.api.problems import Faults
from serving.api.request_fields import as_of_text
from serving.api.request_queries import closed_query, page_limit
from serving.disagreement.disagreement_answers import PageAsked, cursor_of, page_of


def _disagreement(request: Request) -> dict[str, Any]:
    held, faults = resources_of(request), Faults()
    given = closed_query(request.query_params, ("limit", "cursor", "as_of"), faults)
    limit = page_limit(given.get("limit"), held.limits, faults)
    as_of = as_of_text(given["as_of"], "as_of", faults) if "as_of" in given else None
    place = cursor_of(given["cursor"]) if "cursor" in given else None
    if "cursor" in given and place is None:
        step = "start again without a cursor"
        faults.add("cursor", given["cursor"], "the next_cursor of an earlier page", step)
    faults.raise_any()
    snapshot_id, start = place or (None, 0)
    return page_of(held.store, PageAsked(limit, as_of, snapshot_id, start))


DISAGREEMENT_ROUTES = (Route("/v1/disagreement", answering(_disagreement)),)
