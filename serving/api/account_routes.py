"""The GET calls about accounts: the portfolio, one account, and the records behind a driver."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.api.answering import AccountRoute, answering, resources_of
from serving.api.payloads import Health
from serving.api.problems import Faults
from serving.api.request_fields import as_of_text, check_account_id, is_short_text
from serving.api.request_queries import EXPORT_KEYS, closed_query, read_fields, read_portfolio_query
from serving.evidence.evidence_answers import evidence_of
from serving.history.history_answers import account_of, only, page_of
from serving.history.portfolio_csv import csv_answer

# What an account need not have, as a band that a person set, is said to be absent where it is asked for.
WHERE_ABSENT = {
    name: field.get_default(call_default_factory=True)
    for name, field in Health.model_fields.items()
    if not field.is_required()
}


def _page(request: Request) -> dict[str, Any]:
    held = resources_of(request)
    return page_of(held.store, read_portfolio_query(request.query_params, held.limits), held.now())


def _csv(request: Request) -> Response:
    held = resources_of(request)
    query = read_portfolio_query(request.query_params, held.limits, EXPORT_KEYS)
    return csv_answer(held.store, replace(query, limit=held.limits.max_page), request, held.now())


def _account(request: Request) -> dict[str, Any]:
    faults = Faults()
    given = closed_query(request.query_params, ("as_of", "fields"), faults)
    fields = read_fields(given.get("fields"), tuple(Health.model_fields), faults)
    as_of = given.get("as_of")
    as_of = None if as_of is None else as_of_text(as_of, "as_of", faults)
    account_id = request.path_params["account_id"]
    check_account_id(account_id, "account_id", faults)
    faults.raise_any()
    found = account_of(resources_of(request).store, account_id, as_of, resources_of(request).now())
    shown = found["health"] if fields is None else WHERE_ABSENT | found["health"]
    return found | {"health": only(fields, shown)}


def _evidence(request: Request) -> dict[str, Any]:
    faults = Faults()
    given = closed_query(request.query_params, ("driver", "as_of"), faults)
    as_of = as_of_text(given["as_of"], "as_of", faults) if "as_of" in given else None
    driver, account_id = given.get("driver", ""), request.path_params["account_id"]
    if not is_short_text(driver):
        faults.add("driver", given.get("driver"), "a feature's name", "add ?driver= with a driver's feature")
    check_account_id(account_id, "account_id", faults)
    faults.raise_any()
    return evidence_of(resources_of(request).store, account_id, driver, as_of)


ACCOUNT_ROUTES = (
    Route("/v1/accounts", answering(_page)),
    Route("/v1/accounts.csv", answering(_csv)),
    AccountRoute("/v1/accounts/{account_id:path}/evidence", answering(_evidence)),
    # The last one: its path takes in whatever the others leave.
    AccountRoute("/v1/accounts/{account_id:path}", answering(_account)),
)
