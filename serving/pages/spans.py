"""A record's text in pieces: plain, or marked because something was read there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Piece(NamedTuple):
    """A part of a text; `span` says what was read in it, None for the words between."""

    text: str
    span: Mapping[str, Any] | None


def pieces(text: str, spans: Sequence[Mapping[str, Any]], most: int | None = None) -> list[Piece]:
    """The text in its order, cut after `most` characters. Of spans that overlap the first is marked.

    >>> [piece.text for piece in pieces("they like it", [{"start": 5, "end": 9}])]
    ['they ', 'like', ' it']
    >>> [piece.text for piece in pieces("they like it", [{"start": 5, "end": 9}], 7)]
    ['they ', 'li']
    """
    found, at, end = [], 0, len(text) if most is None else min(most, len(text))
    for span in sorted(spans, key=lambda each: (each["start"], each["end"])):
        if span["start"] < at or span["start"] >= end:
            continue
        if span["start"] > at:
            found.append(Piece(text[at : span["start"]], None))
        found.append(Piece(text[span["start"] : min(span["end"], end)], span))
        at = min(span["end"], end)
    if at < end:
        found.append(Piece(text[at:end], None))
    return found
