"""The endpoints that are told: added, listed, enabled again, their log, and a replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from features.faults import Fault, WrongUse
from serving.api.problems import Faults
from serving.api.request_fields import as_of_text
from serving.closed_loop.moments import moment_of, moment_text
from serving.delivery.delivery_params import DeliveryParams
from serving.delivery.endpoint_checks import check_endpoint, check_new_secret
from serving.delivery.outbox import RETRY_FOR, announce
from serving.delivery.outbox_tables import deliveries, delivery_log, outbox, webhook_endpoints
from serving.delivery.webhook_signature import new_secret
from serving.history.unique_rows import insert_once

CHANGE_OVER = timedelta(days=1)
Document = dict[str, Any]
e, d, o = webhook_endpoints.c, deliveries.c, outbox.c


def add_endpoint(
    connection: Connection,
    url: str,
    form: str,
    events: Sequence[str],
    secret: str | None,
    params: DeliveryParams,
    now: datetime,
) -> Document:
    """Adds an endpoint; what it answers holds the secret, which is never shown again.

    Raises WrongUse for an address that is not to be called, an unknown format or event, a secret that cannot
    sign, or a URL that is there already. The address is checked again at every call, for a name may lead
    elsewhere by then.
    """
    secret = secret or new_secret()
    check_endpoint(url, form, events, secret, params)
    row: Document = {"url": url, "format": form, "events": list(events), "secret": secret}
    row |= {"state": "enabled", "failures": 0, "added_at": moment_text(now)}
    created = insert_once(connection, webhook_endpoints, row)
    if created is None:
        fault = Fault("URL", url, "a URL that is not there yet", "vitals webhooks list")
        raise WrongUse("the webhook cannot be added", [fault])
    return {"id": int(created[0]), **{name: row[name] for name in ("url", "format", "events", "secret")}}


def list_endpoints(connection: Connection) -> list[Document]:
    """Every endpoint with its state, the notice why it is disabled, and how many deliveries wait."""
    waiting = select(d.endpoint_id, func.count().label("n")).where(d.state == "pending")
    counts = {row.endpoint_id: row.n for row in connection.execute(waiting.group_by(d.endpoint_id))}
    shown = ("id", "url", "format", "events", "state", "notice", "failures", "failing_since", "added_at")
    rows = connection.execute(select(webhook_endpoints).order_by(e.id))
    return [{n: getattr(row, n) for n in shown} | {"waiting": counts.get(row.id, 0)} for row in rows]


def enable_endpoint(connection: Connection, number: int, now: datetime) -> int:
    """Enables an endpoint again; what waited is due now. How many messages that are."""
    endpoint_of(connection, number)
    fresh = {"state": "enabled", "notice": None, "failures": 0, "failing_since": None}
    connection.execute(update(webhook_endpoints).where(e.id == number).values(fresh))
    waiting = (d.endpoint_id == number) & (d.state == "pending") & (d.give_up_at > moment_text(now))
    return int(connection.execute(update(deliveries).where(waiting).values(due_at=moment_text(now))).rowcount)


def rotate_secret(connection: Connection, number: int, now: datetime, given: str | None = None) -> str:
    """A new secret of an endpoint, made here or `given`; for a day both sign, so that the receiver can change
    over.

    Raises WrongUse where the secret is the receiver's own, as a Feishu robot's is, and none is given; and for
    one that cannot sign.
    """
    row, secret = endpoint_of(connection, number), given or new_secret()
    check_new_secret(row.format, row.secret, given)
    values = {"secret": secret, "old_secret": row.secret, "old_until": moment_text(now + CHANGE_OVER)}
    connection.execute(update(webhook_endpoints).where(e.id == number).values(values))
    return secret


def delivery_lines(connection: Connection, number: int | None, limit: int) -> list[Document]:
    """Every attempt, newest first: when, to whom, of what, and what came of it."""
    log = delivery_log.c
    told = (log.at, log.attempt, log.status, log.outcome, d.endpoint_id, d.state, o.message_id, o.type)
    query = select(*told).join(deliveries, d.id == log.delivery_id).join(outbox, o.id == d.outbox_id)
    if number is not None:
        query = query.where(d.endpoint_id == number)
    return [dict(row._mapping) for row in connection.execute(query.order_by(log.id.desc()).limit(limit))]


def replay(connection: Connection, message_id: str | None, since: str | None, now: datetime) -> int:
    """Sends messages again under their own ids: one, or all since a moment. How many deliveries that are.

    `since` is a date (its midnight in UTC) or a time with its zone. Raises WrongUse for another text, and
    where there is nothing to replay.
    """
    asked = o.message_id == message_id if since is None else o.at >= _moment(since)
    wanted = select(o.id).where(asked)
    fresh = {"state": "pending", "attempts": 0, "due_at": moment_text(now), "held_until": None}
    fresh["give_up_at"] = moment_text(now + RETRY_FOR)
    again = update(deliveries).where(d.outbox_id.in_(wanted)).values(fresh)
    found = int(connection.execute(again).rowcount)
    if not found:
        step = "vitals webhooks log lists the messages"
        fault = Fault("MESSAGE", message_id or since, "a message that was addressed to a webhook", step)
        raise WrongUse("there is nothing to replay", [fault])
    return found


def _moment(since: str) -> str:
    """A moment as the tables hold it, for theirs are compared as texts."""
    faults = Faults()
    found = as_of_text(since, "--since", faults)
    if found is None:
        step = "write it as --since 2026-10-31T08:00:00+02:00"
        raise WrongUse("it is not clear what to replay", [replace(each, next=step) for each in faults.kept])
    return moment_text(moment_of(found))


def send_test(connection: Connection, key: str, now: datetime) -> str:
    """Puts a test message into the outbox, for every endpoint that wants `test`; its id."""
    return announce(connection, "test", f"test:{key}", now, {"case_id": None, "name": "Vitals"})


def endpoint_of(connection: Connection, number: int) -> Any:
    """The endpoint of a number. Raises WrongUse naming those there are."""
    row = connection.execute(select(webhook_endpoints).where(e.id == number)).first()
    if row is None:
        there = ", ".join(map(str, connection.scalars(select(e.id).order_by(e.id)))) or "none yet"
        raise WrongUse("no such webhook", [Fault("ID", number, f"one of: {there}", "vitals webhooks list")])
    return row
