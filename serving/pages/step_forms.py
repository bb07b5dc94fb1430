"""The forms of the account's page: the steps of a case, a band that a person sets, a reviewer's verdict.

Each is read by the reader of the API's call of the same name, so that both allow the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from serving.closed_loop.case_answers import step_taken
from serving.closed_loop.case_bodies import read_step
from serving.closed_loop.case_states import Action
from serving.closed_loop.override_routes import override_taken, read_override
from serving.history.history_answers import account_of_snapshot, snapshot_for
from serving.pages.account_read import account_named
from serving.pages.addresses import account_address
from serving.pages.visits import Visit
from serving.review.verdicts import keep_verdict, read_verdict

Fields = Mapping[str, str]
Effect = Callable[[Visit, Fields, Connection], str]


def case_step(action: Action) -> Effect:
    """The effect of `POST /cases/{case_id}/{action}`; it leads back to the account's case."""

    takes = ("assignee", "note") if action == "assign" else ("note",)

    def taken(visit: Visit, fields: Fields, connection: Connection) -> str:
        step = read_step(_body(fields, *takes), action, visit.who)
        name, now = visit.request.path_params["case_id"], visit.held.now()
        case = step_taken(connection, name, step, visit.caller.owner, visit.held.cases, now)
        return account_address(case["account_id"]) + "#case"

    return taken


def band_set(visit: Visit, fields: Fields, connection: Connection) -> str:
    """`POST /overrides`: a band with reason and last day, or `band` empty to withdraw it."""
    told: dict[str, Any] = {name: fields.get(name, "") for name in ("account_id", "reason")}
    told |= {"band": fields.get("band") or None, "expires_at": f"{fields.get('until', '')}T23:59:59Z"}
    now, store = visit.held.now(), visit.held.store
    asked = read_override(json.dumps(told).encode(), visit.who, now)
    account = account_of_snapshot(store, snapshot_for(store, None), asked.account_id)
    override_taken(connection, asked, account, visit.caller.owner, now)
    return account_address(asked.account_id) + "#override"


def verdict_given(visit: Visit, fields: Fields, connection: Connection) -> str:
    """`POST /verdicts`; the way back to the account's verdicts."""
    read = account_named(visit, fields.get("account_id", ""))
    verdict = read_verdict(fields, read.features)
    keep_verdict(connection, verdict, read.published, read.snapshot, visit.who, visit.held.now())
    return account_address(read.account_id) + "#verdicts"


def _body(fields: Fields, *names: str) -> bytes:
    """The fields that were filled in, as the API's call would send them."""
    return json.dumps({name: fields[name] for name in names if fields.get(name)}).encode()
