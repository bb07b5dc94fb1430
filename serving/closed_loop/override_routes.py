"""The calls about bands that people set: set or withdraw one, and those that hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from features.faults import Fault
from serving.access.principal import principal_of
from serving.api.answering import reading_or_posting, refuse_query, resources_of
from serving.api.idempotency import Reply, write_call_of, written_once
from serving.api.problems import UNKNOWN_ACCOUNT, Faults, Problem
from serving.api.request_bodies import read_json
from serving.api.request_fields import TEXT_ALLOWED, check_account_id, closed_object, is_short_text
from serving.api.request_queries import BANDS
from serving.closed_loop.book_people import account_known
from serving.closed_loop.overrides import SHOWN, active_overrides, set_override
from serving.history.history_answers import account_of_snapshot, snapshot_for
from serving.history.snapshots import ScoredAccount

LONGEST = timedelta(days=366)
KEYS = ("account_id", "band", "reason", "who", "expires_at")


@dataclass(frozen=True)
class Override:
    """A band that is to be set; `band` None withdraws what was set."""

    account_id: str
    band: str | None
    reason: str
    who: str
    expires_at: datetime


def read_override(body: bytes, who: str | None, now: datetime) -> Override:
    """The override of a body. Raises Problem with every fault in it."""
    faults = Faults()
    required = [key for key in KEYS if key != "who" or who is None]
    given = closed_object(read_json(body), "", KEYS, required, faults) or {}
    if "account_id" in given:
        check_account_id(given["account_id"], "account_id", faults)
    if given.get("band") not in (*BANDS, None):
        faults.add(
            "band", given["band"], f"one of {', '.join(BANDS)}, or null", "null withdraws what was set"
        )
    for name in ("reason", "who"):
        if name in given and not is_short_text(given[name]):
            faults.add(name, given[name], TEXT_ALLOWED, "say why, and who you are, in a few words")
    expires = _expiry(given.get("expires_at"), now)
    if "expires_at" in given and expires is None:
        allowed = f"a time with its zone, after now and within {LONGEST.days} days"
        faults.add("expires_at", given["expires_at"], allowed, "name the day on which to look at it again")
    faults.raise_any()
    end = expires or now
    return Override(given["account_id"], given["band"], given["reason"], str(given.get("who") or who), end)


def _expiry(value: object, now: datetime) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        fits = moment.tzinfo is not None and now < moment <= now + LONGEST
        return moment.astimezone(UTC) if fits else None
    except (ValueError, OverflowError):
        return None


def _set(request: Request, body: bytes) -> Response:
    refuse_query(request)
    held, caller = resources_of(request), principal_of(request.scope)
    now = held.now()
    asked = read_override(body, None if caller is None else caller.owner or caller.name, now)
    write = write_call_of(request, body)
    account = account_of_snapshot(held.store, snapshot_for(held.store, None), asked.account_id)
    owner = None if caller is None else caller.owner

    def effect(connection: Connection) -> Reply:
        return Reply(200, override_taken(connection, asked, account, owner, now))

    return written_once(held.store, write, now, effect)


def override_taken(
    connection: Connection, asked: Override, account: ScoredAccount, owner: str | None, now: datetime
) -> dict[str, Any]:
    """Sets the band; the row as the API shows it. Raises Problem where the account is not the caller's."""
    _check_owner(connection, asked.account_id, owner)
    return set_override(connection, account, asked.band, asked.reason, asked.who, asked.expires_at, now)


def _check_owner(connection: Connection, account_id: str, owner: str | None) -> None:
    known = account_known(connection, account_id)
    if owner is not None and (known is None or known.owner != owner):
        fault = Fault("account_id", account_id, "an account of yours", "GET /v1/accounts lists them")
        raise Problem(UNKNOWN_ACCOUNT, [fault])


def _list(request: Request) -> dict[str, Any]:
    refuse_query(request)
    held, caller = resources_of(request), principal_of(request.scope)
    owner = None if caller is None else caller.owner
    with held.store.begin() as connection:
        rows = active_overrides(connection, held.now())
        if owner is not None:
            mine = [a for a in rows if (known := account_known(connection, a)) and known.owner == owner]
            rows = {account: rows[account] for account in mine}
    return {
        "overrides": [
            {"account_id": account, **{name: getattr(row, name) for name in SHOWN}}
            for account, row in sorted(rows.items())
        ]
    }


OVERRIDE_ROUTES = (Route("/v1/overrides", reading_or_posting(_list, _set), methods=["GET", "POST"]),)
