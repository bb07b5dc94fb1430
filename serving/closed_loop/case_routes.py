"""The calls of the closed loop: an answer given, the cases, and the steps of a case."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.access.principal import principal_of
from serving.answers.survey_answers import take_answer
from serving.answers.survey_bodies import read_answer
from serving.api.answering import answering, posting, refuse_query, resources_of
from serving.api.idempotency import Reply, write_call_of, written_once
from serving.closed_loop.case_answers import cases_page, one_case, step_taken
from serving.closed_loop.case_bodies import read_cases_query, read_step
from serving.closed_loop.case_states import STEPS, Action


def _list(request: Request) -> dict[str, Any]:
    held = resources_of(request)
    return cases_page(held.store, read_cases_query(request.query_params, held.limits), _owner(request))


def _one(request: Request) -> dict[str, Any]:
    refuse_query(request)
    with resources_of(request).store.begin() as connection:
        return one_case(connection, request.path_params["case_id"], _owner(request))


def _answered(request: Request, body: bytes) -> Response:
    refuse_query(request)
    held = resources_of(request)
    now = held.now()
    answer, write = read_answer(body, now), write_call_of(request, body)

    def effect(connection: Connection) -> Reply:
        fallback_id = f"api-{write.call_id[:32]}"
        return Reply(200, take_answer(connection, answer, fallback_id, held.cases, now, _owner(request)))

    return written_once(held.store, write, now, effect)


def _step(action: Action) -> Any:
    """The call that takes this step."""

    def taken(request: Request, body: bytes) -> Response:
        refuse_query(request)
        held, caller = resources_of(request), principal_of(request.scope)
        now, name = held.now(), request.path_params["case_id"]
        step = read_step(body, action, None if caller is None else caller.owner or caller.name)
        write = write_call_of(request, body)

        def effect(connection: Connection) -> Reply:
            return Reply(200, step_taken(connection, name, step, _owner(request), held.cases, now))

        return written_once(held.store, write, now, effect)

    return posting(taken)


def _owner(request: Request) -> str | None:
    caller = principal_of(request.scope)
    return None if caller is None else caller.owner


CASE_ROUTES = (
    Route("/v1/survey-responses", posting(_answered), methods=["POST"]),
    Route("/v1/cases", answering(_list)),
    Route("/v1/cases/{case_id}", answering(_one)),
    *(Route(f"/v1/cases/{{case_id}}/{action}", _step(action), methods=["POST"]) for action in STEPS),
)
