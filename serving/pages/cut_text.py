"""Customers' words, cut to what fits; a page offers the rest where it cuts."""

from __future__ import annotations

from typing import NamedTuple

ELLIPSIS = "…"


class Cut(NamedTuple):
    """The beginning of a text, and whether there is more of it."""

    text: str
    is_cut: bool
    length: int


def cut(text: object, most: int = 120) -> Cut:
    """At most `most` characters of a text, on one letter's edge.

    >>> cut("abcdef", 4)
    Cut(text='abc…', is_cut=True, length=6)
    >>> cut("abc", 4).is_cut
    False
    """
    whole = str(text)
    if len(whole) <= most:
        return Cut(whole, False, len(whole))
    return Cut(whole[: most - 1] + ELLIPSIS, True, len(whole))
