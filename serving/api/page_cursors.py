"""Cursors: opaque texts that say where a page ended, and what the pages were begun with.

A cursor alone goes on with the filters of its first page. To leave them to the caller was the road not taken:
whoever sent the cursor and forgot `band=green` was shown every other band from there on, and not told.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from serving.api.problems import Faults

EARLIER = "the next_cursor of an earlier page"
AGAIN = "start again without a cursor"


@dataclass(frozen=True)
class Place:
    """Where a page ended, by its place in an order of a snapshot; `filters`: what the pages were begun with.

    It holds its snapshot, so that pages that follow one another stay on it while newer ones are published.
    """

    snapshot_id: int
    start: int
    filters: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> str:
        """The cursor as the opaque text that the API gives out.

        >>> Place.decode(Place(7, 20, {"theme": "praise"}).encode(), ["theme"])
        Place(snapshot_id=7, start=20, filters={'theme': 'praise'})
        """
        return encoded([self.snapshot_id, self.start, self.filters])

    @classmethod
    def decode(cls, text: str, names: Collection[str] = ()) -> Place | None:
        """The place of a text, with filters of these names; None where the API cannot have given it out."""
        parts = decoded(text, 3)
        if parts is None or not all(map(is_place, parts[:2])) or not are_filters(parts[2], names):
            return None
        return cls(*parts)


def encoded(parts: list[Any]) -> str:
    """The opaque text of a cursor's parts: base64url of JSON."""
    written = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def decoded(text: str, count: int) -> list[Any] | None:
    """The so many parts of a cursor's text; None where `encoded` cannot have written it."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        parts = json.loads(raw)
        ours = isinstance(parts, list) and len(parts) == count and encoded(parts) == text
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return None
    return parts if ours else None


def is_place(number: object) -> bool:
    """Whether it is a whole number that a snapshot or a page may have."""
    return type(number) is int and 0 < number < 2**31


def are_filters(told: object, names: Collection[str]) -> bool:
    """Whether they are texts by some of these names; what the texts may be is the query's to check."""
    return isinstance(told, dict) and all(
        name in names and isinstance(text, str) for name, text in told.items()
    )


def check_cursor(
    given: Mapping[str, str], begun: Mapping[str, str] | None, names: Collection[str], faults: Faults
) -> None:
    """Faults where a query's cursor is none of ours (`begun` is None), or where one of the `names` is asked
    for otherwise than the pages were begun with."""
    if "cursor" not in given:
        return
    if begun is None:
        faults.add("cursor", given["cursor"], EARLIER, AGAIN)
        return
    for name in names:
        if name in given and given[name] != begun.get(name):
            allowed = f"{begun.get(name, 'none')}, as the cursor's pages"
            faults.add(name, given[name], allowed, "start again without the cursor")
