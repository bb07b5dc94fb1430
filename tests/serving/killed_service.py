"""The calls of the closed loop as a process of its own, to be killed."""

from __future__ import annotations

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.access.principal import Principal
from serving.api.answering import Resources
from serving.api.mounted_app import mounted_app
from serving.history.store import ScoreStore
from serving.params import ServingParams
from tests.serving.fake_scorer import FakeScorer

CALLER = Principal("k1", "crm", frozenset({"admin"}))


def let_in(app: ASGIApp) -> ASGIApp:
    """Stands for the door, which is not what is killed here: every call is from one caller."""

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["principal"] = CALLER
        await app(scope, receive, send)

    return door


def serve(port: int, url: str) -> None:
    """Answers on a port of the loopback device, from the store at a database URL, until it is killed."""
    app, store = mounted_app(ServingParams()), ScoreStore(url)
    store.prepare()  # with the tables of every topic that the service has
    app.state.resources = Resources(FakeScorer(), store, ServingParams())
    uvicorn.run(let_in(app), host="127.0.0.1", port=port, log_level="critical")
