"""`Idempotency-Key`: a write call that is sent twice is done once, and answered twice alike.

How a write call uses it (`answering` turns what is raised into problem details):

    def _resolve(request: Request, body: bytes) -> Response:
        asked = read_resolution(body)                        # faults of the body first: nothing is claimed
        write = write_call_of(request, body)
        def effect(connection: Connection) -> Reply:         # every statement on this connection
            return Reply(200, resolve(connection, case_id, asked, now))
        return written_once(held.store, write, now, effect)

The effect and its answer are committed in one transaction, so a call whose answer was lost on the way is
replayed, and one whose process died is done by the next attempt. What the effect raises undoes it and
frees the key: a refusal had no effect, so the same call may be sent again. On SQLite the effect holds the
write lock from its first statement, so what it reads cannot change before it writes; on PostgreSQL it
reads `with_for_update()` what it then changes.

After draft-ietf-httpapi-idempotency-key-header: no key 400, the same key with another body 422, while the
first attempt still runs 409. A key is remembered for a day, by caller, method and path.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from features.faults import Fault
from serving.access.principal import principal_of
from serving.api.idempotency_tables import write_calls
from serving.api.problems import Kind, Problem
from serving.api.request_fields import utc_text
from serving.history.store import ScoreStore

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotency-Replayed": "true"}
MAX_KEY = 200
KEPT = timedelta(hours=24)
LEASE = timedelta(seconds=60)  # an attempt without an answer for so long is taken for dead
BAD_KEY = Kind("urn:vitals:problem:idempotency-key", 400, "A write call needs an Idempotency-Key")
KEY_REUSED = Kind("urn:vitals:problem:idempotency-key-reused", 422, "The key was used for another body")
IN_FLIGHT = Kind("urn:vitals:problem:call-in-flight", 409, "The first call with this key still runs")


@dataclass(frozen=True)
class WriteCall:
    """A write call, as it is recognised when it comes again."""

    call_id: str
    body_hash: str
    key: str


@dataclass(frozen=True)
class Reply:
    """What a write call answers: an HTTP status and a JSON document."""

    status: int
    document: Any

    def text(self) -> str:
        """The document as it goes over the wire, and into the store."""
        return json.dumps(self.document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def write_call_of(request: Request, body: bytes) -> WriteCall:
    """The call's identity. Raises Problem (400) where it has not exactly one key of visible ASCII."""
    given = request.headers.getlist(HEADER)
    if len(given) != 1:
        raise _bad_key(f"{len(given)} headers" if given else None)
    return write_call_named(request, given[0], body)


def write_call_named(request: Request, key: str, body: bytes) -> WriteCall:
    """The identity of a call whose key is no header's, as a form's. Raises Problem (400) for another text."""
    if not _is_key(key):
        raise _bad_key(key)
    caller = principal_of(request.scope)
    parts = (caller.key_id if caller else "", request.method, request.url.path, key)
    return WriteCall(_hash("\n".join(parts).encode()), _hash(body), key)


def _bad_key(value: str | None) -> Problem:
    allowed = f"one key of 1 to {MAX_KEY} visible ASCII characters"
    step = "send a new UUID per action, and the same one when you repeat the call"
    return Problem(BAD_KEY, [Fault(HEADER, value, allowed, step)])


def _is_key(text: str) -> bool:
    return 0 < len(text) <= MAX_KEY and all("!" <= letter <= "~" for letter in text)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def written_once(
    store: ScoreStore, write: WriteCall, now: datetime, effect: Callable[[Connection], Reply]
) -> Response:
    """The answer of the call: of `effect`, run now in one transaction, or of the time it was run.

    Raises Problem 422 where the key was used for another body and 409 while another attempt runs, and
    whatever `effect` raises; nothing was written then.
    """
    token = secrets.token_hex(16)
    if (done := _claim(store, write, token, now)) is not None:
        return _response(done.status, done.document, REPLAYED)
    try:
        with store.begin() as connection:
            # The first statement is a write: it takes SQLite's lock before the effect reads.
            _update(connection, write, token, {"token": token})
            reply = effect(connection)
            text = reply.text()
            _update(connection, write, token, {"status": reply.status, "document": text})
    except BaseException:
        with suppress(SQLAlchemyError):  # the lease ends the claim where the store cannot
            _release(store, write, token)
        raise
    return _response(reply.status, text)


def _claim(store: ScoreStore, write: WriteCall, token: str, now: datetime) -> Row[Any] | None:
    """Takes the call for this attempt; returns the row of an attempt that is done. Raises Problem."""
    with store.begin() as connection:  # only reads: it does not wait for an attempt that holds the lock
        row = connection.execute(write_calls.select().where(_same(write))).one_or_none()
    if row is None or row.claimed_at < utc_text(now - KEPT):
        _claim_first(store, write, token, now)
    elif row.body_hash != write.body_hash:
        step = "send a new key for a new action, or the first body again"
        raise Problem(KEY_REUSED, [Fault(HEADER, write.key, "the body it was first sent with", step)])
    elif row.status is None:
        _take_over(store, write, token, now, row)
    else:
        return row
    return None


def _claim_first(store: ScoreStore, write: WriteCall, token: str, now: datetime) -> None:
    claim = {"body_hash": write.body_hash, "token": token, "claimed_at": utc_text(now)}
    old = write_calls.c.claimed_at < utc_text(now - KEPT)
    try:
        with store.begin() as connection:
            connection.execute(write_calls.delete().where(old))
            connection.execute(write_calls.insert().values(call_id=write.call_id, **claim))
    except IntegrityError:
        raise _in_flight(write) from None  # claimed by another since it was looked for


def _take_over(store: ScoreStore, write: WriteCall, token: str, now: datetime, row: Row[Any]) -> None:
    """Takes the call from an attempt that died; its effect, where it still runs, finds its token gone."""
    if row.claimed_at >= utc_text(now - LEASE):
        raise _in_flight(write)
    with store.begin() as connection:
        _update(connection, write, row.token, {"token": token, "claimed_at": utc_text(now)})


def _update(connection: Connection, write: WriteCall, token: str, values: dict[str, Any]) -> None:
    if connection.execute(write_calls.update().where(_held(write, token)).values(values)).rowcount != 1:
        raise _in_flight(write)  # another attempt has taken this one for dead, or is done


def _release(store: ScoreStore, write: WriteCall, token: str) -> None:
    with store.begin() as connection:
        connection.execute(write_calls.delete().where(_held(write, token)))


def _same(write: WriteCall) -> ColumnElement[bool]:
    return write_calls.c.call_id == write.call_id


def _held(write: WriteCall, token: str) -> ColumnElement[bool]:
    return and_(_same(write), write_calls.c.token == token, write_calls.c.status.is_(None))


def _in_flight(write: WriteCall) -> Problem:
    fault = Fault(HEADER, write.key, "one call at a time", "send the same call again in a second")
    return Problem(IN_FLIGHT, [fault], headers={"Retry-After": "1"})


def _response(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return Response(text.encode(), status, headers, "application/json")
