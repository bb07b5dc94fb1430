"""The little language of the lexicons: from phrases as people write them to one compiled pattern.

`(a|b)` is one of, `[a|b]` one of or nothing, `*` any ending of a word, `...` a short gap. There is
nothing else. All phrases of a list share one tree of beginnings, so that at each place in a text
only the few phrases that can still fit are tried. Every repetition in the pattern is bounded, so
reading takes time linear in the text and no text can make it slow.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SPACE = r"\s{1,40}"
ENDING = r"[a-z0-9'\-]{0,15}"
# No gap holds a negator: "the director has not resigned" must not be read as "director ... resigned".
GAP_OF_WORDS = r"(?:\s{1,40}(?!(?:not?|never|without|[a-z]{2,7}n't)\b)[^\s,.;:!?。；、]{1,30}+){0,5}?\s{1,40}"
GAP_OF_CHARACTERS = r"(?:[a-z0-9]{1,30}+|[^a-z0-9,.;:!?。；、\n没不未无]){0,8}?"
NO_LETTER_AFTER = r"(?!(?<=[a-z0-9])[a-z0-9])"  # a Latin word ends where it ends; Chinese has no word ends

END = ""  # marks in a tree that a form may stop here
Tree = dict[str, "Tree"]
Choices = list[str]
Span = tuple[int, int]

_PART = re.compile(r"\(([^()\[\]]+)\)|\[([^()\[\]]+)\]|([^()\[\]|]+)")
_PIECE = re.compile(r"\s*\.\.\.\s*|\s+|.", re.DOTALL)


@dataclass(frozen=True)
class PhrasePattern:
    """Phrases as two patterns: those that begin with a Latin word, which is a whole word, and others.

    The pattern for Latin words takes in the character before the word. Asking for it first lets the
    search leap over the insides of words (three times as fast as a look-behind on English text).
    """

    latin: re.Pattern[str]
    other: re.Pattern[str]

    def spans(self, folded: str) -> list[Span]:
        """(start, end) of each match, in order and apart; of two that overlap the earlier stays."""
        latin = [(match.start(), match.end() - 1) for match in self.latin.finditer(" " + folded)]
        other = [match.span() for match in self.other.finditer(folded)]
        return apart(sorted(latin + other)) if latin and other else latin or other


@dataclass(frozen=True)
class Finder:
    """Finds phrases in folded text, and leaves out those that begin inside an exception."""

    said: PhrasePattern
    spared: PhrasePattern

    def spans(self, folded: str) -> list[Span]:
        """(start, end) of each phrase found, in order and apart."""
        found = self.said.spans(folded)
        spared = self.spared.spans(folded) if found else []
        return [span for span in found if not covers(spared, span[0])] if spared else found


def apart(spans: Iterable[Span]) -> list[Span]:
    """Of spans in order those that do not begin inside an earlier one that stays."""
    kept: list[Span] = []
    for span in spans:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def covers(spans: Sequence[Span], place: int) -> bool:
    """Whether one of these spans, which are in order and apart, holds the character at `place`."""
    return holding(spans, place) is not None


def holding(spans: Sequence[Span], place: int) -> int | None:
    """The number of the span, of these in order and apart, that holds the character at `place`."""
    index = bisect_right(spans, place, key=lambda span: span[0]) - 1
    return index if index >= 0 and place < spans[index][1] else None


def find_phrases(phrases: Iterable[str], exceptions: Iterable[str] = ()) -> Finder:
    """What finds these phrases in text that has been through `folding.fold`.

    ValueError where a phrase is not well formed. No phrases find nothing.

    >>> find_phrases(["slow [to respond]"], exceptions=["slow season"]).spans("slow season, slow to respond")
    [(13, 28)]
    """
    return Finder(_any_of(phrases), _any_of(exceptions))


def choices_of(phrase: str) -> list[Choices]:
    """The parts of a phrase in their order, each with its choices; "" is leaving it out.

    >>> choices_of("[too|very] (slow|late)")
    [['too ', 'very ', ''], ['slow', 'late']]

    ValueError where brackets do not pair up or nothing has to be there.
    """
    parts = list(_PART.finditer(phrase.lower()))
    if "".join(part[0] for part in parts) != phrase.lower():
        raise ValueError("brackets that pair up, none inside another, and | only inside them")
    choices = [[part[3]] if part[3] else (part[1] or part[2]).split("|") for part in parts]
    for place, part in enumerate(parts):
        if part[2]:
            choices[place] = [*_with_its_blank(choices, place), ""]
    if all("" in choice or not re.search(r"\w", "".join(choice)) for choice in choices):
        raise ValueError("at least one word that must be there")
    return [choice for choice in choices if choice != [""]]


def _with_its_blank(choices: list[Choices], place: int) -> Choices:
    """The words of an optional part with the blank that goes when they go, taken from a neighbour."""
    words = choices[place]
    if place + 1 < len(choices) and choices[place + 1][0].startswith(" "):
        choices[place + 1] = [choices[place + 1][0][1:]]
        return [word + " " for word in words]
    if place and choices[place - 1][-1].endswith(" "):
        choices[place - 1] = [choices[place - 1][-1][:-1]]
        return [" " + word for word in words]
    return words


def _any_of(phrases: Iterable[str]) -> PhrasePattern:
    forms = [form for phrase in phrases for form in _forms(phrase)]
    latin = _pattern(_tree(form for form in forms if form[0].isascii()))
    other = _pattern(_tree(form for form in forms if not form[0].isascii()))
    return PhrasePattern(_compiled(latin, before="[^a-z0-9]"), _compiled(other))


def _compiled(pattern: str, before: str = "") -> re.Pattern[str]:
    return re.compile(before + pattern + NO_LETTER_AFTER if pattern else "(?!)", re.ASCII)


def _forms(phrase: str) -> Iterator[list[str]]:
    """The pieces of each beginning of the phrase, followed by all of its rest as one piece."""
    gap = GAP_OF_WORDS if phrase.isascii() else GAP_OF_CHARACTERS
    choices = choices_of(phrase)
    for place, choice in enumerate(choices):
        rest = "".join(_pattern(_tree(_pieces(c, gap) for c in after)) for after in choices[place + 1 :])
        yield from ([*_pieces(word, gap), *([rest] if rest else [])] for word in choice if word)
        if "" not in choice:
            return


def _pieces(words: str, gap: str) -> list[str]:
    def piece(part: str) -> str:
        if "..." in part:
            return gap
        return SPACE if part.isspace() else ENDING if part == "*" else re.escape(part)

    return [piece(match[0]) for match in _PIECE.finditer(words)]


def _tree(forms: Iterable[list[str]]) -> Tree:
    tree: Tree = {}
    for form in forms:
        node = tree
        for piece in form:
            node = node.setdefault(piece, {})
        node[END] = {}
    return tree


def _pattern(tree: Tree) -> str:
    """The tree as a pattern; single characters are tried before gaps and endings, longer before shorter."""
    pieces = sorted((piece for piece in tree if piece != END), key=lambda piece: (len(piece) > 2, piece))
    branches = [piece + _pattern(tree[piece]) for piece in pieces]
    if len(branches) == 1 and END not in tree:
        return branches[0]
    return f"(?:{'|'.join(branches)})" + ("?" if END in tree else "") if branches else ""
