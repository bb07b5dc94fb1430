"""The GET call of the path to green."""

from __future__ import annotations

from typing import Any, cast

from starlette.requests import Request

from features.faults import nearest
from serving.api.answering import AccountRoute, answering, resources_of
from serving.api.problems import Faults, clip
from serving.api.request_fields import as_of_text, check_account_id
from serving.api.request_queries import closed_query
from serving.path_to_green.answer import path_to_green_of
from serving.path_to_green.standing import Planner, Target

TARGETS = ("green", "yellow")


def _path(request: Request) -> dict[str, Any]:
    faults = Faults()
    given = closed_query(request.query_params, ("target", "as_of"), faults)
    as_of = as_of_text(given["as_of"], "as_of", faults) if "as_of" in given else None
    target, account_id = given.get("target", "green"), request.path_params["account_id"]
    if target not in TARGETS:
        faults.add("target", target, f"one of {', '.join(TARGETS)}", nearest(clip(target), TARGETS))
    check_account_id(account_id, "account_id", faults)
    faults.raise_any()
    held = resources_of(request)
    return path_to_green_of(held.store, cast(Planner, held.scorer), account_id, as_of, cast(Target, target))


PATH_ROUTES = (AccountRoute("/v1/accounts/{account_id:path}/path-to-green", answering(_path)),)
