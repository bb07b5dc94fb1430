"""Text made plain before it is read, without moving a single character.

Small letters, half-width forms, straight quotes, blanks for control and direction marks and for HTML
tags: each character becomes exactly one character, so that a span in the folded text is the same
span in the original.
"""

from __future__ import annotations

import re
import unicodedata

_TAG = re.compile(r"</?([a-z][a-z0-9]{0,10})\b[^<>]{0,300}>")
_BLOCKS = {"br", "p", "div", "li", "ul", "ol", "tr", "td", "th", "table", "h1", "h2", "h3", "h4", "hr"}
_QUOTES = {ord(c): "'" for c in "‘’ʼ`´"} | {ord(c): '"' for c in "“”„«»"}
_FULL_WIDTH = {0xFF01 + i: chr(0x21 + i) for i in range(94)}
_MARKS = {
    code: " "
    for code in (*range(32), 127, *range(0x80, 0x10000))
    if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zs") and chr(code) not in "\n\t\r"
}
_PLAIN = {**_MARKS, **_QUOTES, **_FULL_WIDTH}


def fold(text: str) -> str:
    """The text in plain small characters, of the same length.

    >>> fold("Ｔｏｏ  <b>Slow</b>，isn’t it")
    "too     slow    ,isn't it"
    """
    plain = _small(text if text.isascii() and text.isprintable() else text.translate(_PLAIN))
    return _TAG.sub(_blank, plain) if "<" in plain else plain


def _small(text: str) -> str:
    """`str.lower`, save that a letter whose small form takes two characters (İ) stays as it is."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(low if len(low := c.lower()) == 1 else c for c in text)


def _blank(tag: re.Match[str]) -> str:
    """Blanks in place of a tag; a line end first where the tag ends a line."""
    return ("\n" if tag[1] in _BLOCKS else " ").ljust(len(tag[0]))
