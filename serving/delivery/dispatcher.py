"""Sends what the outbox holds: each message at least once, with an id by which a repeat is known.

A sender claims deliveries for a while, sends them outside any transaction, and writes what came of each.
Where it dies in between, the claim runs out and another sends again under the same id.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, and_, not_, or_, select, update

from serving.closed_loop.moments import moment_text
from serving.delivery.delivery_params import DeliveryParams
from serving.delivery.dial import AddressRefusedError
from serving.delivery.late_deliveries import give_up_late
from serving.delivery.outbox_tables import deliveries, delivery_log, outbox, webhook_endpoints
from serving.delivery.retries import next_attempt
from serving.delivery.sending import Sent, send
from serving.history.store import ScoreStore

HOLD = timedelta(seconds=90)
BATCH = 32
Sender = Callable[[Row[Any], DeliveryParams, datetime], Sent]


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt at a delivery."""

    delivery: Row[Any]
    sent: Sent


def deliver_due(
    store: ScoreStore,
    params: DeliveryParams,
    now: datetime,
    pool: ThreadPoolExecutor | None = None,
    sender: Sender | None = None,
    *,
    failing: bool | None = None,
) -> int:
    """Sends what is due at `now`, a batch at most; how many attempts were made.

    `failing` takes only what goes to endpoints whose last attempt failed (or did not), so that those that
    answer need not wait for those that do not.
    """
    if failing is not False:  # of the two lanes, the one in less of a hurry
        give_up_late(store, now)
    token = uuid4().hex
    claimed = _claim(store, token, now, failing)
    if not claimed:
        return 0
    run = map if pool is None else pool.map
    outcomes = list(run(lambda row: Outcome(row, _attempt(row, params, now, sender or send)), claimed))
    with store.writing() as connection:
        for outcome in outcomes:
            _record(connection, outcome, token, params, now)
    return len(outcomes)


def _claim(store: ScoreStore, token: str, now: datetime, failing: bool | None) -> Sequence[Row[Any]]:
    """Due deliveries of enabled endpoints that are not too late, held by this sender; oldest first."""
    moment = moment_text(now)
    free = or_(deliveries.c.held_until.is_(None), deliveries.c.held_until <= moment)
    timely = and_(deliveries.c.due_at <= moment, deliveries.c.give_up_at > moment)
    due = and_(deliveries.c.state == "pending", timely, free)
    whom = select(webhook_endpoints.c.id).where(webhook_endpoints.c.state == "enabled")
    if failing is not None:
        failed = webhook_endpoints.c.failures > 0
        whom = whom.where(failed if failing else not_(failed))
    wanted = (
        select(deliveries.c.id)
        .where(due, deliveries.c.endpoint_id.in_(whom))
        .order_by(deliveries.c.due_at, deliveries.c.id)
    )
    with store.begin() as connection:  # first without the lock: this is asked several times a second
        ids = list(connection.scalars(wanted.limit(BATCH)))
    if not ids:
        return []
    held = {"held_until": moment_text(now + HOLD), "held_by": token}
    with store.writing() as connection:
        mine = update(deliveries).where(deliveries.c.id.in_(ids), due)
        connection.execute(mine.values(held))
        return connection.execute(_claimed(token)).all()


def _claimed(token: str) -> Any:
    told = (outbox.c.message_id, outbox.c.type, outbox.c.at, outbox.c.data)
    to = webhook_endpoints.c
    whom = (to.url, to.format, to.secret, to.old_secret, to.old_until)
    joined = select(deliveries, *told, *whom).join(outbox, outbox.c.id == deliveries.c.outbox_id)
    joined = joined.join(webhook_endpoints, to.id == deliveries.c.endpoint_id)
    return joined.where(deliveries.c.held_by == token).order_by(deliveries.c.id)


def _attempt(row: Row[Any], params: DeliveryParams, now: datetime, sender: Sender) -> Sent:
    """An attempt never raises: what went wrong is its outcome, in words that hold nothing of the message.

    Whatever it is: one endpoint that breaks its sender must not end the lane that sends to all others.
    """
    try:
        return sender(row, params, now)
    except AddressRefusedError as refused:
        return Sent(False, None, f"refused: {refused}")
    except (OSError, http.client.HTTPException) as error:
        return Sent(False, None, f"no answer: {type(error).__name__}")
    except Exception as error:
        return Sent(False, None, f"not sent: {type(error).__name__}")


def _record(
    connection: Connection, outcome: Outcome, token: str, params: DeliveryParams, now: datetime
) -> None:
    """Writes an attempt down; where the claim ran out meanwhile only the log is."""
    row, sent = outcome.delivery, outcome.sent
    attempt = row.attempts + 1
    log = {"delivery_id": row.id, "at": moment_text(now), "attempt": attempt}
    connection.execute(delivery_log.insert().values(**log, status=sent.status, outcome=sent.outcome[:120]))
    again = next_attempt(attempt, row.message_id, now)
    given_up = moment_text(again) > row.give_up_at
    state = "delivered" if sent.accepted else "failed" if given_up else "pending"
    values = {"state": state, "attempts": attempt, "held_until": None, "held_by": None}
    due = {} if state == "delivered" else {"due_at": moment_text(again)}
    mine = update(deliveries).where(deliveries.c.id == row.id, deliveries.c.held_by == token)
    connection.execute(mine.values(values | due))
    _judge(connection, row, sent, params, now)


def _judge(connection: Connection, row: Row[Any], sent: Sent, params: DeliveryParams, now: datetime) -> None:
    """Counts an endpoint's failures in a row, and disables it with a notice once that is hopeless."""
    mine = webhook_endpoints.c.id == row.endpoint_id
    if sent.accepted:
        fresh = {"failures": 0, "failing_since": None}
        connection.execute(
            update(webhook_endpoints).where(mine, webhook_endpoints.c.failures > 0).values(fresh)
        )
        return
    endpoint = connection.execute(select(webhook_endpoints).where(mine).with_for_update()).one()
    since, failures = endpoint.failing_since or moment_text(now), endpoint.failures + 1
    long_ago = since <= moment_text(now - timedelta(hours=params.disable_after))
    values = {"failures": failures, "failing_since": since}
    if sent.status == 410 or (long_ago and failures >= params.disable_failures):
        why = (
            "the receiver says that it is gone"
            if sent.status == 410
            else f"every attempt since {since} failed"
        )
        values |= {
            "state": "disabled",
            "notice": f"{why} (last: {sent.outcome}). Next: vitals webhooks enable",
        }
    connection.execute(update(webhook_endpoints).where(mine).values(values))
