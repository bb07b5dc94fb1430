"""What a phrase's surroundings do to it: denied, supposed, or plainly said.

A clause ends at punctuation and at words such as "but" or 但是. Within its clause a phrase is turned
round by the negators before it (an even number cancels out) and by a denial after it ("is off the
table"), and is only supposed where "if" or 如果 stands before it. A negator inside a phrase that was
itself read ("does *not* support") belongs to that phrase and turns nothing else round.

Not handled: irony, questions, a denial in another sentence. Quotation marks change nothing: what
is quoted in a note is as a rule the customer's own words.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from features.text.lexicon import Lexicon, finder
from features.text.phrases import Span, covers

_PUNCTUATION = re.compile(r"[!?;:\n…。]+|\.(?!\d)|,(?!\s{0,3}or\b)", re.ASCII)


@dataclass(frozen=True)
class Stance:
    """How a phrase is meant. `negators` counts the negators before it and a denial after it."""

    negators: int
    hypothetical: bool

    @property
    def negated(self) -> bool:
        """Whether it is denied: an odd number of negators."""
        return self.negators % 2 == 1


PLAIN = Stance(0, False)


class ClauseReader:
    """Reads the stance of phrases; made once from the lexicons."""

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        clauses = [lexicon.clauses for lexicon in lexicons]
        self._negators = finder(c.negators for c in clauses)
        self._denials = finder(c.denials_after for c in clauses)
        self._conditions = finder(c.conditions for c in clauses)
        self._breaks = finder(c.breaks for c in clauses)

    def stances(self, folded: str, spans: Sequence[Span]) -> list[Stance]:
        """The stance of each of these spans of a folded text; the spans are in order of their starts."""
        if not spans:
            return []
        read = _joined(spans)
        turning = (self._negators, self._denials, self._conditions)
        turns = [_starts_outside(read, one.spans(folded)) for one in turning]
        if not any(turns):
            return [PLAIN] * len(spans)
        punctuation = [match.span() for match in _PUNCTUATION.finditer(folded)]
        ends = sorted(_starts_outside(read, punctuation + self._breaks.spans(folded)))
        return [_stance(span, ends, *turns) for span in spans]


def _stance(
    span: Span, ends: list[int], negators: list[int], denials: list[int], conditions: list[int]
) -> Stance:
    start, end = span
    earlier, later = bisect_right(ends, start), bisect_left(ends, end)
    opens = ends[earlier - 1] if earlier else 0
    before = _count(negators, opens, start)
    denied = _count(denials, end, ends[later] if later < len(ends) else sys.maxsize) > 0
    return Stance(before or int(denied), _count(conditions, opens, start) > 0)


def _count(places: list[int], start: int, end: int) -> int:
    return bisect_left(places, end) - bisect_left(places, start)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """The same stretches of text in order and apart."""
    apart: list[Span] = []
    for start, end in spans:
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _starts_outside(read: Sequence[Span], found: Iterable[Span]) -> list[int]:
    return [start for start, _ in found if not covers(read, start)]
