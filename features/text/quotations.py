"""Where one text quotes another: the stretches between quotation marks.

Straight and curly double marks, «» and single marks around words (`fold` has made them straight), and
「」 『』. A mark that could be an inch, an apostrophe or a plural's (5", isn't, users') opens nothing, and a
mark that nothing closes within its line and 300 characters quotes nothing.
"""

from __future__ import annotations

import re

from features.text.phrases import Span

LONGEST = 300
_QUOTED = re.compile(
    r"(?<![a-z0-9])\"[^\"\n]{1,300}\""
    r"|(?<![a-z0-9])'(?=\S)(?:[^'\n]|(?<=[a-z0-9])'(?=[a-z0-9])){1,300}+'(?![a-z0-9])"
    r"|「[^「」\n]{1,300}」|『[^『』\n]{1,300}』"
)
_LEADS_IN = " \t:："


def quotations(folded: str) -> list[Span]:
    """(start, end) of each quotation of a folded text with its marks, in order and apart.

    >>> quotations('nobody said "too slow", or did the users\\' group?')
    [(12, 22)]
    """
    return [match.span() for match in _QUOTED.finditer(folded)]


def led_in_from(folded: str, start: int) -> int:
    """Where what leads in a quotation ends: before the colon and blanks at its mark.

    >>> led_in_from('nobody said: "slow"', 13)
    11
    """
    while start and folded[start - 1] in _LEADS_IN:
        start -= 1
    return start
