"""Error bodies: RFC 9457 problem details that name field, value, allowed set and next step.

Every refusal of the API has this one shape, so that a calling program reads it with one type:
`{"type", "title", "status", "detail", "errors": [{"field", "value", "allowed", "next"}]}`.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from features.faults import Fault, VitalsFault, WrongUse

MEDIA_TYPE = "application/problem+json"
MAX_FAULTS = 50
MAX_SHOWN = 100

logger = logging.getLogger("vitals.serving")


class Kind(NamedTuple):
    """A kind of problem: its `type` in RFC 9457, its status and its title, the same at every occurrence."""

    type: str
    status: int
    title: str


MALFORMED = Kind("urn:vitals:problem:malformed-body", 400, "The body is not JSON")
TOO_LARGE = Kind("urn:vitals:problem:body-too-large", 413, "The body is too large")
NOT_JSON = Kind("urn:vitals:problem:unsupported-media-type", 415, "The body must be sent as JSON")
INVALID = Kind("urn:vitals:problem:invalid-request", 422, "The request cannot be used")
UNKNOWN_ACCOUNT = Kind("urn:vitals:problem:unknown-account", 404, "No such account in this snapshot")
NO_SNAPSHOT = Kind("urn:vitals:problem:no-snapshot", 404, "Nothing has been scored for this date")
UNKNOWN_DRIVER = Kind("urn:vitals:problem:unknown-driver", 404, "No such driver in this snapshot")
EVIDENCE_NOT_KEPT = Kind(
    "urn:vitals:problem:evidence-not-kept", 404, "The evidence of this snapshot is not kept"
)
THEMES_NOT_KEPT = Kind("urn:vitals:problem:themes-not-kept", 404, "The themes of this snapshot are not kept")
NOTHING_TO_COMPARE = Kind(
    "urn:vitals:problem:nothing-to-compare", 404, "This snapshot has no two verdicts to compare"
)
NOT_MONITORED = Kind("urn:vitals:problem:not-monitored", 404, "There is no report of the monitor to be seen")
MODEL_GONE = Kind("urn:vitals:problem:model-gone", 404, "The model of this snapshot is no longer there")
INPUTS_NOT_KEPT = Kind(
    "urn:vitals:problem:inputs-not-kept", 404, "What this snapshot was scored from is not kept"
)
NOT_REPLAYED = Kind("urn:vitals:problem:not-replayed", 409, "What was published cannot be worked out again")
OTHER_MODEL = Kind("urn:vitals:problem:other-model", 409, "This snapshot was scored by another model")
STORE_DOWN = Kind("urn:vitals:problem:store-unavailable", 503, "The store does not answer")


def of_status(status: int) -> Kind:
    """The kind of a problem about which nothing more than its HTTP status is known.

    >>> of_status(404)
    Kind(type='about:blank', status=404, title='Not Found')
    """
    return Kind("about:blank", status, HTTPStatus(status).phrase)


class Problem(WrongUse):
    """A refused request. `total` counts all faults where more were found than `faults` lists; `headers`
    go with the response (`Retry-After` and the like)."""

    def __init__(
        self,
        kind: Kind,
        faults: Iterable[Fault] = (),
        *,
        detail: str = "",
        total: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind.title, faults)
        self.kind = kind
        self.headers = dict(headers or {})
        self.total = len(self.faults) if total is None else total
        self.detail = detail or self._counted()

    def body(self) -> dict[str, Any]:
        """The problem detail as it goes over the wire.

        >>> Problem(INVALID, [Fault("top", -1, "0 to 50", "leave it out")]).body()["errors"]
        [{'field': 'top', 'value': -1, 'allowed': '0 to 50', 'next': 'leave it out'}]
        """
        errors = [
            {"field": clip(f.field), "value": shown(f.value), "allowed": f.allowed, "next": f.next}
            for f in self.faults[:MAX_FAULTS]
        ]
        return {**self.kind._asdict(), "detail": self.detail, "errors": errors}

    def response(self, headers: dict[str, str] | None = None) -> Response:
        """The problem as an HTTP response. ASCII only, so that no text of a caller can break it."""
        sent = {**self.headers, **(headers or {})}
        return Response(json.dumps(self.body()), self.kind.status, sent, MEDIA_TYPE)

    def _counted(self) -> str:
        listed = min(len(self.faults), MAX_FAULTS)
        faults = "1 fault" if self.total == 1 else f"{self.total} faults"
        rest = f"; the first {listed} are listed" if self.total > listed else ""
        return f"{self.title}: {faults}{rest}." if self.total else f"{self.title}."


class Faults:
    """Collects all faults of a request, but keeps (and words) only the first fifty.

    The rest is only counted: a body of a million faults must not become a million texts.
    """

    def __init__(self) -> None:
        self.kept: list[Fault] = []
        self.total = 0

    def add(self, field: str, value: object, allowed: str, advice: str | Callable[[], str]) -> None:
        """One more fault; `advice` may be a function where working it out costs something."""
        self.total += 1
        if self.total <= MAX_FAULTS:
            self.kept.append(Fault(field, value, allowed, advice if isinstance(advice, str) else advice()))

    def raise_any(self, kind: Kind = INVALID) -> None:
        """Raises Problem with all faults, where there is one."""
        if self.total:
            raise Problem(kind, self.kept, total=self.total)


def clip(text: str) -> str:
    """At most 100 characters of a caller's text.

    >>> len(clip("x" * 500))
    100
    """
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def shown(value: object) -> object:
    """A caller's value as it may be shown back: short, and valid JSON whatever it was.

    >>> shown(float("nan")), shown([1, 2]), shown({"a": 1}), shown(True), shown(10**400)
    ('NaN', 'a list of 2', 'an object of 1 key(s)', True, 'an integer of 1329 bits')
    """
    if isinstance(value, str):
        return clip(value)
    if isinstance(value, int) and value.bit_length() > 64:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value is None or isinstance(value, bool | int | float):
        return value
    return f"an object of {len(value)} key(s)" if isinstance(value, dict) else _plain(value)


def _plain(value: object) -> str:
    return f"a list of {len(value)}" if isinstance(value, list) else clip(str(value))


def json_text(found: object) -> bytes:
    """As JSON. ValueError for a number that JSON does not have (NaN): a fault of ours, not to be sent."""
    return json.dumps(found, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def answer(work: Callable[[], object], as_json: Callable[[Any], bytes] = json_text) -> Response:
    """What `work` returns as a JSON response (or the response it made itself), or the problem it ran into.

    An unforeseen exception is not caught: it is a fault of ours, is logged by the server, and
    leaves as a bare 500.
    """
    try:
        found = work()
        if isinstance(found, Response):
            return found
        return Response(as_json(found), media_type="application/json")
    except Problem as problem:
        return problem.response()
    except VitalsFault as fault:
        return Problem(INVALID, fault.faults, detail=fault.title).response()
    except SQLAlchemyError as error:
        logger.error("the store does not answer: %s", type(error).__name__)
        return store_down(error).response({"Retry-After": "5"})


def store_down(error: SQLAlchemyError) -> Problem:
    """The problem of a store that does not answer. The driver's text stays out: it may hold data."""
    fault = Fault("VITALS_STORE", type(error).__name__, "a database that answers", "try again; see /readyz")
    return Problem(STORE_DOWN, [fault])
