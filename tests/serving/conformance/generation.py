"""How Schemathesis makes calls of the OpenAPI document: valid and invalid, with values that are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import schemathesis
from schemathesis.engine import from_schema

from serving.api.idempotency import HEADER
from serving.api.request_queries import FILTERS
from serving.themes.theme_queries import BEGUN_WITH
from tests.serving.conformance.excused import excuse
from tests.serving.conformance.known_values import PAGED, known_values
from tests.serving.conformance.served_book import Served
from tests.serving.conformance.tally import Tally

TURNS = count(1)
PHASES = ("examples", "coverage", "fuzzing", "stateful")
# Which kind of `known_values` a parameter, or a field of a body, takes, and in which share of the calls.
TAKES = {
    "path.account_id": ("account", 0.8),
    "path.case_id": ("case", 0.8),
    "query.account_id": ("account", 0.8),
    "query.as_of": ("date", 0.8),
    "query.driver": ("driver", 0.8),
    "query.from": ("end", 0.8),
    "query.to": ("end", 0.8),
    "query.owner": ("person", 0.8),
    "query.segment": ("segment", 0.8),
    "query.assignee": ("person", 0.8),
    "query.q": ("hostile", 0.5),
    "body.account_id": ("account", 0.8),
    "body.account_ids[*]": ("account", 0.8),
    "body.rows[*].account_id": ("account", 0.8),
    "body.as_of": ("date", 0.8),
    "body.score": ("score", 0.8),
    "body.scale_min": ("lowest", 0.8),
    "body.scale_max": ("highest", 0.8),
    "body.expires_at": ("expiry", 0.8),
    "body.reason": ("hostile", 0.5),
    "body.note": ("hostile", 0.5),
    "body.comment": ("hostile", 0.5),
}
TAKES_IN = {f"GET {path}": {"query.cursor": (path, 0.8)} for path in PAGED} | {
    "GET /v1/kpis": {"query.from": ("begun", 0.8), "query.to": ("ended", 0.8)}
}


@dataclass(frozen=True)
class Round:
    """So many calls of every operation, drawn with a seed, in phases of Schemathesis."""

    examples: int
    seed: int
    phases: Sequence[str] = PHASES


def document_of(served: Served) -> dict[str, Any]:
    """The OpenAPI document of the service."""
    answer = httpx.get(f"{served.url}/docs.json", headers=_shown(served), trust_env=False)
    document: dict[str, Any] = answer.raise_for_status().json()
    return document


def run(served: Served, asked: Round, tally: Tally, document: dict[str, Any] | None = None) -> Iterator[None]:
    """Calls the service as a document says, its own or another, and adds to the tally what came of it.

    Yields now and then, so that one may stop.
    """
    settings = _settings(asked, known_values(served.url, served.key))
    config = schemathesis.Config.from_dict(settings | {"base-url": served.url, "headers": _shown(served)})
    schema = schemathesis.openapi.from_dict(document or document_of(served), config=config)
    schema.hook("filter_failure")(_judge(tally))
    schema.hook("filter_headers")(_can_be_sent)
    schema.hook("filter_cookies")(_can_be_sent)
    schema.hook("map_headers")(_key_of_its_own)
    schema.hook("map_case")(_cursor_alone)
    for event in from_schema(schema).execute():
        tally.add(event)
        yield


def _judge(tally: Tally) -> Callable[..., bool]:
    """Whether what failed is a fault; what is excused is counted by its reason."""

    def is_fault(
        context: schemathesis.HookContext,
        failure: Any,
        case: schemathesis.Case,
        response: schemathesis.Response,
    ) -> bool:
        reason = excuse(failure, response)
        tally.excused.update([reason] if reason else [])
        return reason is None

    return is_fault


def _shown(served: Served) -> dict[str, str]:
    return {"Authorization": f"Bearer {served.key}"}


def _settings(asked: Round, known: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """What would stand in a schemathesis.toml."""
    return {
        "seed": asked.seed,
        "continue-on-failure": True,
        "request-timeout": 60,
        "suppress-health-check": ["too_slow"],  # a busy machine is no fault of the service
        "cache": {"enabled": False},
        "output": {"sanitization": {"enabled": False}},  # a call that is to be repeated needs all of it
        "dictionaries": {name: {"values": list(values)} for name, values in known.items()},
        "parameters": _bound(TAKES, known),
        "operations": [
            {"include-name": name, "parameters": bound}
            for name, takes in TAKES_IN.items()
            if (bound := _bound(takes, known))
        ],
        "generation": {
            "mode": "all",
            "max-examples": asked.examples,
            "database": "none",
            "no-shrink": True,
            "dictionaries": {"string": {"dictionary": "hostile", "probability": 0.05}},
        },
        "phases": {name: {"enabled": name in asked.phases} for name in PHASES},
    }


def _bound(takes: Mapping[str, tuple[str, float]], known: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"dictionary": kind, "probability": share}
        for name, (kind, share) in takes.items()
        if kind in known
    }


def _key_of_its_own(context: schemathesis.HookContext, headers: dict[str, Any] | None) -> Any:
    """Four write calls of five: of a key that comes again with another body nothing is learnt but that."""
    drawn, turn = (headers or {}).get(HEADER), next(TURNS)
    if headers and isinstance(drawn, str) and 0 < len(drawn) <= 190 and turn % 5:
        return headers | {HEADER: f"{drawn}-{turn}"}
    return headers


def _cursor_alone(context: schemathesis.HookContext, case: schemathesis.Case) -> schemathesis.Case:
    """Four valid calls of five: of a cursor beside other filters than its own nothing is learnt but that."""
    query, begun_with = case.query or {}, (*FILTERS, *BEGUN_WITH, "sort", "as_of")
    is_valid = case.meta is not None and not case.meta.generation.mode.is_negative
    if is_valid and "cursor" in query and not case.operation.path.endswith("/cases") and next(TURNS) % 5:
        case.query = {name: value for name, value in query.items() if name not in begun_with}
    return case


def _can_be_sent(context: schemathesis.HookContext, values: Mapping[str, Any] | None) -> bool:
    """A client cannot put other letters into a header, whatever it is made to try."""
    return all(str(value).isascii() for value in (values or {}).values())
