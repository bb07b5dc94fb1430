"""What a phrase's surroundings do to it: denied, supposed, said of somebody else, or plainly said.

A clause ends at punctuation and at words such as "but" or 但是. Within its clause a phrase is turned
round by the negators before it (an even number cancels out) and by a denial after it ("is off the
table"); it is only supposed where "if" or 如果 stands before it; and it is somebody else's where one of
the strangers is spoken of ("their courier", 客户的客户). A negator inside a phrase that was itself read
("does *not* support") belongs to that phrase and turns nothing else round.

A quotation is a clause of its own. What stands inside it acts only there: in 他说“没有考虑其他供应商” the
denial is the quoted one's. What stands around it governs all of it: what "nobody said" or "did not come
up" is denied, whatever the quoted words make of it. Who is quoted matters only where it is one of the
strangers (a bank's slogan); any other quotation is as a rule the customer's own words.

Not handled: irony, questions, a denial in another sentence.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from features.text.lexicon import Lexicon, finder
from features.text.phrases import Span, covers, holding
from features.text.quotations import led_in_from, quotations

_PUNCTUATION = re.compile(r"[!?;:\n…。]+|\.(?!\d)|,(?!\s{0,3}or\b)", re.ASCII)


@dataclass(frozen=True)
class Stance:
    """How a phrase is meant. `negators` counts the negators before it and a denial after it."""

    negators: int
    hypothetical: bool
    elsewhere: bool = False

    @property
    def negated(self) -> bool:
        """Whether it is denied: an odd number of negators."""
        return self.negators % 2 == 1

    @property
    def plain(self) -> bool:
        """Whether it is simply said of the customer."""
        return not (self.negated or self.hypothetical or self.elsewhere)

    def within(self, outer: Stance) -> Stance:
        """The stance of a phrase in a quotation that is itself meant as `outer`."""
        return Stance(
            1 if outer.negated else self.negators,
            self.hypothetical or outer.hypothetical,
            self.elsewhere or outer.elsewhere,
        )


PLAIN = Stance(0, False)


@dataclass(frozen=True)
class _Turns:
    """The places in a text, each list in order: where clauses end, and what turns a phrase round."""

    ends: list[int]
    negators: list[int]
    denials: list[int]
    conditions: list[int]
    strangers: list[int]

    def split(self, quoted: Sequence[Span], lead_ins: Sequence[Span]) -> tuple[_Turns, _Turns]:
        """Those outside the quotations, where no clause ends between what leads one in and its mark; and
        those inside."""

        def kept(places: list[int], within: bool) -> list[int]:
            return [place for place in places if covers(quoted, place) is within]

        def turns(within: bool, ends: list[int]) -> _Turns:
            rest = (self.negators, self.denials, self.conditions, self.strangers)
            negators, denials, conditions, strangers = (kept(places, within) for places in rest)
            return _Turns(ends, negators, denials, conditions, strangers)

        ends = [place for place in kept(self.ends, False) if not covers(lead_ins, place)]
        return turns(False, ends), turns(True, kept(self.ends, True))

    def stance(self, start: int, end: int, opens: int = 0, closes: int = sys.maxsize) -> Stance:
        """Of text[start:end], whose clause lies in text[opens:closes]."""
        earlier, later = bisect_right(self.ends, start), bisect_left(self.ends, end)
        opens = max(opens, self.ends[earlier - 1] if earlier else 0)
        closes = min(closes, self.ends[later] if later < len(self.ends) else sys.maxsize)
        before = _count(self.negators, opens, start)
        denied = _count(self.denials, end, closes) > 0
        return Stance(
            before or int(denied),
            _count(self.conditions, opens, start) > 0,
            _count(self.strangers, opens, end) > 0,
        )


class ClauseReader:
    """Reads the stance of phrases; made once from the lexicons."""

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        clauses = [lexicon.clauses for lexicon in lexicons]
        self._negators = finder(c.negators for c in clauses)
        self._denials = finder(c.denials_after for c in clauses)
        self._conditions = finder(c.conditions for c in clauses)
        self._strangers = finder(c.strangers for c in clauses)
        self._breaks = finder(c.breaks for c in clauses)

    def stances(self, folded: str, spans: Sequence[Span]) -> list[Stance]:
        """The stance of each of these spans of a folded text; the spans are in order of their starts."""
        if not spans:
            return []
        turns = self._turns(folded, _joined(spans))
        if turns is None:
            return [PLAIN] * len(spans)
        quoted = quotations(folded)
        if not quoted:
            return [turns.stance(*span) for span in spans]
        leads = [led_in_from(folded, opens) for opens, _ in quoted]
        lead_ins = [(lead, opens) for lead, (opens, _) in zip(leads, quoted, strict=True)]
        outside, inside = turns.split(quoted, lead_ins)

        def stance(span: Span) -> Stance:
            number = holding(quoted, span[0])
            if number is None:
                return outside.stance(*span)
            opens, closes = quoted[number]
            return inside.stance(*span, opens, closes).within(outside.stance(leads[number], closes))

        return [stance(span) for span in spans]

    def _turns(self, folded: str, read: Sequence[Span]) -> _Turns | None:
        """What turns phrases round in this text outside of those read; None where nothing does."""
        turning = (self._negators, self._denials, self._conditions)
        negators, denials, conditions = (_starts_outside(read, one.spans(folded)) for one in turning)
        strangers = [start for start, _ in self._strangers.spans(folded)]
        if not (negators or denials or conditions or strangers):
            return None
        punctuation = [match.span() for match in _PUNCTUATION.finditer(folded)]
        ends = sorted(_starts_outside(read, punctuation + self._breaks.spans(folded)))
        return _Turns(ends, negators, denials, conditions, strangers)


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
