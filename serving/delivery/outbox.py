"""What is to be told: written in the transaction of what it tells of, sent by `dispatcher.py`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from serving.closed_loop.moments import moment_text
from serving.delivery.outbox_tables import deliveries, outbox, webhook_endpoints

RETRY_FOR = timedelta(days=3)


def announce(
    connection: Connection, event_type: str, key: str, now: datetime, data: Mapping[str, Any]
) -> str:
    """Puts an event into the outbox, to every endpoint that wants its type; returns its message id.

    `key` names the event: the same key makes the same id, by which a receiver knows a repeat.
    An endpoint that is disabled is told when somebody enables it again, if that is within three days.
    """
    message_id = f"msg_{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    values = {"message_id": message_id, "type": event_type, "at": moment_text(now), "data": dict(data)}
    [outbox_id] = connection.execute(outbox.insert().values(values)).inserted_primary_key or (None,)
    wanted = select(webhook_endpoints.c.id, webhook_endpoints.c.events).order_by(webhook_endpoints.c.id)
    rows = [
        {
            "outbox_id": outbox_id,
            "endpoint_id": endpoint.id,
            "state": "pending",
            "attempts": 0,
            "due_at": moment_text(now),
            "give_up_at": moment_text(now + RETRY_FOR),
        }
        for endpoint in connection.execute(wanted)
        if wants(endpoint.events, event_type)
    ]
    if rows:
        connection.execute(deliveries.insert(), rows)
    return message_id


def wants(events: Sequence[str], event_type: str) -> bool:
    """Whether an endpoint that asked for `events` is told of a type.

    >>> wants(["p0"], "p0.opened"), wants(["p0"], "plan.opened"), wants(["p0.opened"], "p0.resolved")
    (True, False, False)
    """
    return any(event_type == wanted or event_type.startswith(f"{wanted}.") for wanted in events)
