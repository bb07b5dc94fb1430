"""Moments as the tables of the closed loop hold them: texts in UTC that sort as they stand.

Always with six decimals: `…:00Z` would sort behind `…:00.5Z`, and a due time must never be compared wrong.
"""

from __future__ import annotations

from datetime import UTC, datetime


def moment_text(moment: datetime) -> str:
    """A moment as the tables hold it. Raises ValueError where it has no time zone.

    >>> moment_text(datetime(2026, 10, 31, 4, tzinfo=UTC))
    '2026-10-31T04:00:00.000000Z'
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; allowed: a moment with one, such as UTC")
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def moment_of(text: str) -> datetime:
    """The moment of a text in UTC, with or without decimals.

    >>> moment_of("2026-10-31T04:00:00.000000Z") == moment_of("2026-10-31T04:00:00Z")
    True
    """
    return datetime.fromisoformat(text).astimezone(UTC)
