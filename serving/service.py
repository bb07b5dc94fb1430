"""The service: two native BentoML APIs, the mounted GET calls, and the doors around both.

Settings come from the environment: `VITALS_STORE` (a database URL, by default `sqlite:///data/vitals.db`),
`VITALS_PARAMS` (the parameters file, by default `params.yaml`) and `VITALS_REGISTRY` (by default `mlruns`).
"""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp

from features.params_file import DEFAULT_PARAMS, read_section
from serving.access.access import access_to
from serving.access.key_door import KeyDoor
from serving.api.bento_chain import lean_chain
from serving.api.bento_framework import Service, TraceRecordFilter, bentoml
from serving.api.front_door import BodyGate, ProblemResponses
from serving.api.json_logs import log_as_json
from serving.api.mounted_app import Resources, mounted_app
from serving.api.payloads import HealthRequest, HealthResponse, PredictRequest, PredictResponse
from serving.api.problems import answer
from serving.api.readiness import Readiness, metric_lines, state_of
from serving.api.request_bodies import read_health, read_predict
from serving.api.request_log import RequestLog
from serving.api.route_templates import RouteTemplates
from serving.api.traffic_gate import TrafficGate
from serving.closed_loop.case_params import CaseParams
from serving.flood_watch import FloodWatch
from serving.history.history_answers import health_of
from serving.history.snapshot_metrics import SnapshotMetrics
from serving.history.store import DEFAULT_URL, ScoreStore
from serving.pages.warming import PageWarming
from serving.params import ServingParams
from serving.plays.plays_params import PlaysParams
from serving.scores.champion import REGISTRY, Settings, load_scorer
from serving.scores.column_flags import column_flags
from serving.scores.model_watch import ModelWatch
from serving.scores.scorer_protocol import Scorer
from serving.weights.in_force import SettingsInForce, weighed

FEW_BYTES = 16_384  # a body of a few rows

logger = logging.getLogger("vitals.serving")
LIMITS = read_section(Path(os.environ.get("VITALS_PARAMS", DEFAULT_PARAMS)), "serving", ServingParams)
CASES = read_section(Path(os.environ.get("VITALS_PARAMS", DEFAULT_PARAMS)), "cases", CaseParams)
PLAYS = read_section(Path(os.environ.get("VITALS_PARAMS", DEFAULT_PARAMS)), "plays", PlaysParams)
mounted = mounted_app(LIMITS)
FLOOD = FloodWatch(LIMITS.max_concurrent)
NATIVE = ("/v1/predict", "/v1/health", "/livez", "/healthz", "/readyz", "/metrics", "/schema.json")
ROUTES = RouteTemplates(NATIVE, mounted.routes)


def open_scorer() -> Scorer:
    """The champion's scorer, or the rule's where no model is champion."""
    return load_scorer(registry(), _params_file())


def held_now() -> Resources:
    """What this process serves from. It is replaced in one piece, so no call can see half of a change."""
    held: Resources = mounted.state.resources
    return held


def _swap(scorer: Scorer) -> None:
    mounted.state.resources = replace(held_now(), scorer=scorer)


def registry() -> Path:
    """Where the models are."""
    return Path(os.environ.get("VITALS_REGISTRY", REGISTRY))


def _params_file() -> Path:
    return Path(os.environ.get("VITALS_PARAMS", DEFAULT_PARAMS))


class GuardedService(Service):  # type: ignore[misc]
    """A BentoML service whose every error, the framework's own included, is a problem detail."""

    def to_asgi(self, is_main: bool = True) -> ASGIApp:
        """The ASGI app that BentoML's workers run."""
        log_as_json(TraceRecordFilter)
        app = super().to_asgi(is_main=is_main)
        app.user_middleware = lean_chain(app.user_middleware, ROUTES.of)
        logged = RequestLog(ProblemResponses(app), ROUTES.of, lambda: held_now().scorer.model)
        return TrafficGate(logged, LIMITS.max_concurrent, FLOOD)


class HealthApi:
    """Customer health for B2B companies that can be checked."""

    def __init__(self) -> None:
        url = os.environ.get("VITALS_STORE", DEFAULT_URL)
        store = ScoreStore(url)
        try:
            store.prepare()
        except (SQLAlchemyError, OSError) as error:
            # Rows that the caller brings can still be scored; /readyz says what is missing.
            logger.error("the store does not answer at start: %s", type(error).__name__)
        mounted.state.access = access_to(store, url, LIMITS)
        # Looks before the scorer is opened: what changes in between is seen at the next look.
        told = Settings.read(_params_file())
        settings = SettingsInForce(told, store)
        self._watch = ModelWatch(registry(), settings, lambda: held_now().scorer, _swap)
        scorer = weighed(open_scorer(), settings().rule)
        held = Resources(scorer, store, LIMITS, CASES, registry=registry(), rule=told.rule)
        mounted.state.resources = replace(held, plays=PLAYS)
        self._watch.start()
        self._warming = PageWarming(held_now)
        self._warming.start()
        self._snapshot_metrics = SnapshotMetrics()

    @property
    def resources(self) -> Resources:
        """See `held_now`."""
        return held_now()

    @bentoml.api(route="/v1/predict", output_spec=PredictResponse)  # type: ignore[untyped-decorator]
    async def predict(self, posted: PredictRequest, /) -> Response:
        """Health of rows the caller brings; nothing is stored.

        A few rows are scored at once: to hand them to a worker thread would take as long as their score.
        """
        if len(posted.body) <= FEW_BYTES:
            return self._predicted(posted.body)
        return await run_in_threadpool(self._predicted, posted.body)

    def _predicted(self, body: bytes) -> Response:
        held = self.resources

        def scored() -> dict[str, object]:
            call = read_predict(body, held.scorer.feature_names, held.limits)
            accounts = held.scorer.score(call.rows, call.top, call.explain)
            of_columns = column_flags(call.rows, held.scorer.usual)
            return {"accounts": [one | of_columns for one in accounts], "model": held.scorer.model}

        return answer(scored, orjson.dumps)  # no number of it is NaN, which would be null here

    @bentoml.api(route="/v1/health", output_spec=HealthResponse)  # type: ignore[untyped-decorator]
    def health(self, posted: HealthRequest, /) -> Response:
        """Health of accounts, from the newest snapshot or the one of an as-of date."""
        held = self.resources.seen_by(posted.principal)

        def found() -> dict[str, object]:
            call = read_health(posted.body, held.limits)
            return health_of(held.store, call.account_ids, call.as_of, held.now())

        return answer(found)

    def __is_ready__(self) -> bool:
        """Ready: a model or the rule is loaded (or there would be no service) and the store answers."""
        return bool(state_of(self.resources)["ready"])

    def __metrics__(self, text: str) -> str:
        """The framework's metrics, the state of model and store, and the newest snapshot."""
        held = self.resources
        return text + metric_lines(held) + FLOOD.metric_lines() + self._snapshot_metrics.lines(held.store)

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def close(self) -> None:
        """Stops following the registry, and gives the store's connections back."""
        self._watch.stop()
        self._warming.stop()
        self.resources.store.close()


Vitals: Any = bentoml.service(
    name="vitals",
    service_class=GuardedService,
    threads=LIMITS.threads,
    traffic={"timeout": LIMITS.max_seconds},
)(HealthApi)
# Once more inside the framework's time limit, which does not notice an exception and waits till its end.
Vitals.add_asgi_middleware(ProblemResponses)
Vitals.add_asgi_middleware(Readiness, held=held_now)
Vitals.add_asgi_middleware(KeyDoor, access=lambda: mounted.state.access)
Vitals.add_asgi_middleware(BodyGate, max_body_bytes=LIMITS.max_body_bytes, larger=LIMITS.larger_bodies)
Vitals.mount_asgi_app(mounted, name="mounted")
