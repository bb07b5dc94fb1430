"""The sentence around some words: what is shown of a text where the whole of it would be too much."""

from __future__ import annotations

import re

AROUND = 160  # characters at most on each side of the words, where a sentence does not end
_END = re.compile(r"[。！？；\n\r]|[.!?;](?=\s|$)")


def sentence_around(text: str, start: int, end: int) -> tuple[str, int, int]:
    """The sentence that holds text[start:end], and where those words stand in it.

    A sentence ends with a full stop, a question or exclamation mark, a semicolon or a line, English or
    Chinese; a long one is cut `AROUND` characters from the words. Characters are Unicode code points.

    >>> sentence_around("Fine so far. They pilot another platform! 好。", 18, 40)
    ('They pilot another platform!', 5, 27)
    >>> sentence_around("还好。太贵了，要换", 3, 6)
    ('太贵了，要换', 0, 3)
    """
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    for stop in _END.finditer(text, first, start):
        first = stop.end()
    ending = _END.search(text, end, last)
    last = last if ending is None else ending.end()
    while first < start and text[first].isspace():
        first += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    return text[first:last], start - first, end - first
