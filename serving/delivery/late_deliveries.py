"""Deliveries whose time has run out: an alarm of three days ago is no alarm, and a receiver would act on it.

They wait that long where an endpoint was disabled, or nobody watched. `vitals webhooks replay` sends them
all the same.
"""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import and_, literal, or_, select, update

from serving.closed_loop.moments import moment_text
from serving.delivery.outbox_tables import deliveries, delivery_log
from serving.history.store import ScoreStore

d = deliveries.c
OUTCOME = "given up: its time has run out. Next: vitals webhooks replay"


def give_up_late(store: ScoreStore, now: datetime) -> int:
    """Marks what is pending past its `give_up_at` as failed, and says so in the log; how many.

    What a sender is at is left to that sender.
    """
    moment = moment_text(now)
    free = or_(d.held_until.is_(None), d.held_until <= moment)
    late = and_(d.state == "pending", d.give_up_at <= moment, free)
    with store.begin() as connection:  # first without the lock: this is asked several times a second
        if connection.execute(select(d.id).where(late).limit(1)).first() is None:
            return 0
    token = uuid4().hex  # marks those of this call: another watcher may look at the same moment
    ended = {"state": "failed", "held_until": None, "held_by": token}
    told = select(d.id, literal(moment), d.attempts, literal(OUTCOME)).where(d.held_by == token)
    with store.writing() as connection:
        count = connection.execute(update(deliveries).where(late).values(ended)).rowcount
        columns = ["delivery_id", "at", "attempt", "outcome"]
        connection.execute(delivery_log.insert().from_select(columns, told))
    return int(count)
