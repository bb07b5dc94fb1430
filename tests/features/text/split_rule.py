"""Which labelled pair or sentence is held back from tuning: decided by its words and a seed, by nobody.

The entries were all written first, each English sentence with its Chinese counterpart, and then dealt out:
within a theme in the order of a hash, every other one is held back. A pair stays together, so that the
Chinese of a sentence that was tuned on is never held back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

SEED = "vitals text 2026-11-27"
HALVES = ("held_back_half", "tuning_half")
Entry = Mapping[str, Any]


def dealt(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """The entries of each half, in the order in which they were dealt.

    >>> {half: len(dealt([{"text": str(n), "themes": []} for n in range(5)])[half]) for half in HALVES}
    {'held_back_half': 3, 'tuning_half': 2}
    """
    order = sorted(entries, key=_place)
    return {half: order[first :: len(HALVES)] for first, half in enumerate(HALVES)}


def words_of(entry: Entry) -> str:
    """What an entry is known by: its English sentence, or its only one."""
    return str(entry.get("en", entry.get("text")))


def _place(entry: Entry) -> tuple[bool, str, str]:
    return "text" in entry, min(entry["themes"], default=""), _hash(words_of(entry))


def _hash(words: str) -> str:
    return blake2b(f"{SEED} {words}".encode(), digest_size=8).hexdigest()
