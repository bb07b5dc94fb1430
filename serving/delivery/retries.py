"""When a delivery that failed is tried again: soon, then ever later, for three days."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

FIRST = 5  # seconds
FACTOR = 3
LONGEST = 6 * 3600


def next_attempt(attempts: int, message_id: str, now: datetime) -> datetime:
    """The moment of the next attempt after so many: 5 s, 15 s, 45 s … at most 6 h later, plus up to a tenth.

    The tenth is drawn from the message's id, so that a receiver that comes back is not met by all at once
    and a replay of the same events takes the same times.

    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 1, tzinfo=UTC)
    >>> [round((next_attempt(n, "msg_1", now) - now).total_seconds()) for n in (1, 2, 3, 20)]
    [5, 16, 46, 21939]
    """
    wait = min(FIRST * FACTOR ** min(attempts - 1, 20), LONGEST)
    drawn = hashlib.sha256(f"{message_id}:{attempts}".encode()).digest()[0] / 255
    return now + timedelta(seconds=wait * (1 + drawn / 10))
