"""The GET calls about one account over time: its history, and why it changed."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from serving.api.answering import AccountRoute, answering, resources_of
from serving.api.problems import Faults
from serving.api.request_fields import check_account_id
from serving.api.request_queries import closed_query, page_limit
from serving.changes.change_answers import change_of
from serving.changes.change_snapshots import read_ends
from serving.history.account_history import history_of


def _history(request: Request) -> dict[str, Any]:
    held, faults = resources_of(request), Faults()
    given = closed_query(request.query_params, ("limit", "cursor"), faults)
    limit = page_limit(given.get("limit"), held.limits, faults)
    account_id = request.path_params["account_id"]
    check_account_id(account_id, "account_id", faults)
    faults.raise_any()
    return history_of(held.store, account_id, limit, given.get("cursor"))


def _change(request: Request) -> dict[str, Any]:
    held, faults = resources_of(request), Faults()
    given = closed_query(request.query_params, ("from", "to"), faults)
    ends = read_ends(given, faults)
    account_id = request.path_params["account_id"]
    check_account_id(account_id, "account_id", faults)
    faults.raise_any()
    return change_of(held.store, held.registry, account_id, ends)


CHANGE_ROUTES = (
    AccountRoute("/v1/accounts/{account_id:path}/history", answering(_history)),
    AccountRoute("/v1/accounts/{account_id:path}/change", answering(_change)),
)
