"""What the service says of its own state: the body of `/readyz`, and its lines in `/metrics`.

Ready means that a model or the rule is loaded and the store answers. Who answers in the champion's place is
no reason not to be ready, but is said. Whoever asks needs no key, so no more than codes are told.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.api.answering import Resources
from serving.api.problems import Problem, of_status
from serving.scores.fallback import CODES


def state_of(held: Resources) -> dict[str, Any]:
    """`ready`, the model that answers with the code of its fallback, and whether the store answers."""
    model = held.scorer.model
    fallback = model.get("fallback")
    told = {"kind": model["kind"], "version": model["version"], "fallback": fallback and fallback["code"]}
    down = _store_fault(held)
    return {"ready": down is None, "model": told, "store": down or "answers"}


def metric_lines(held: Resources) -> str:
    """The state as Prometheus gauges of this worker, in the text format.

    `vitals_model_info` is 1 with the model's kind and version as labels, `vitals_model_fallback` 1 for the
    code that applies, `vitals_store_up` 1 where the store answers.
    """
    state = state_of(held)
    model = state["model"]
    lines = [
        "# HELP vitals_model_info The model that answers.",
        "# TYPE vitals_model_info gauge",
        f'vitals_model_info{{kind="{model["kind"]}",version="{model["version"] or ""}"}} 1',
        "# HELP vitals_model_fallback 1 where another answers than the champion.",
        "# TYPE vitals_model_fallback gauge",
        *(f'vitals_model_fallback{{code="{code}"}} {int(code == model["fallback"])}' for code in CODES),
        "# HELP vitals_store_up 1 where the store answers.",
        "# TYPE vitals_store_up gauge",
        f"vitals_store_up {int(state['ready'])}",
    ]
    return "\n".join(lines) + "\n"


class Readiness:
    """Answers `GET /readyz` with the state: 200, or 503 as a problem detail."""

    def __init__(self, app: ASGIApp, held: Callable[[], Resources]) -> None:
        self.app, self._held = app, held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/readyz" or scope["method"] not in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        response = await run_in_threadpool(_answer, self._held())
        return await response(scope, receive, send)


def _answer(held: Resources) -> Response:
    state = state_of(held)
    if state["ready"]:
        return Response(json.dumps(state), media_type="application/json")
    detail = f"The store (VITALS_STORE) does not answer: {state['store']}."
    return Problem(of_status(503), detail=detail, headers={"Retry-After": "5"}).response()


def _store_fault(held: Resources) -> str | None:
    """The kind of error of a store that does not answer. The driver's text stays out: it may hold data."""
    try:
        held.store.ping()
    except SQLAlchemyError as error:
        return type(error).__name__
    return None
