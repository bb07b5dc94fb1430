"""What is read in one text, shown with the very words: for who extends a lexicon and wants to try it.

The text may be anybody's and hostile: what is shown holds no control or direction marks, and a text is
read only up to a length. Reading takes time linear in the text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.faults import Fault, WrongUse
from features.text.readers import readers
from features.text.themes import Mention
from features.text.tone import TonalWord

LONGEST = 200_000
AROUND = 24
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@dataclass(frozen=True)
class ShownWords:
    """What was read in `text`: mentions of themes, tonal words, and the tone (None: none was read)."""

    text: str
    mentions: tuple[Mention, ...]
    tonal: tuple[TonalWord, ...]

    @property
    def tone(self) -> float | None:
        """The mean over the tonal words, −1 to 1."""
        return float(np.mean([word.value for word in self.tonal])) if self.tonal else None

    def as_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON; `span` is the very words."""
        return {
            "tone": self.tone,
            "mentions": [{**m._asdict(), "span": self.text[m.start : m.end]} for m in self.mentions],
            "tonal_words": [{**w._asdict(), "span": self.text[w.start : w.end]} for w in self.tonal],
        }

    def as_text(self) -> str:
        """A line per theme and per tonal word, the words in [[ ]] within what stands around them."""
        lines = [f"themes: {len(self.mentions) or 'none'}"]
        lines += [f"  {m.theme:<19}{_meant(m):<16}{self._marked(m.start, m.end)}" for m in self.mentions]
        lines += ["tone: none" if self.tone is None else f"tone: {self.tone:+.2f} (-1 worst, 1 best)"]
        for word in self.tonal:
            denied = "denied" if word.negated else ""
            lines.append(f"  {word.value:<+19.2f}{denied:<16}{self._marked(word.start, word.end)}")
        return "\n".join(lines)

    def _marked(self, start: int, end: int) -> str:
        before, after = self.text[max(0, start - AROUND) : start], self.text[end : end + AROUND]
        left = "…" if start > AROUND else ""
        right = "…" if end + AROUND < len(self.text) else ""
        return f"{left}{visible(before)}[[{visible(self.text[start:end])}]]{visible(after)}{right}"


def words_in(text: str, more: Sequence[Path] = ()) -> ShownWords:
    """What the shipped lexicons and `more` read in this text.

    WrongUse where it is longer than 200,000 characters; DataFault where a lexicon cannot be read.

    >>> print(words_in("They are not looking at competitors, but it is slow.").as_text())
    themes: 2
      competitor         denied          They are not looking at [[competitors]], but it is slow.
      quality            said            … competitors, but it is [[slow]].
    tone: -0.60 (-1 worst, 1 best)
      -0.60                              … competitors, but it is [[slow]].
    """
    if len(text) > LONGEST:
        fault = Fault("text", f"{len(text)} characters", f"at most {LONGEST}", "bring one note at a time")
        raise WrongUse("this text is too long to be shown", [fault])
    text = text.encode("utf-8", "replace").decode()  # half a character that came in as bytes can be no output
    reading = readers(more)
    return ShownWords(text, tuple(reading.themes.read(text)), tuple(reading.tone.read(text)))


def visible(text: str) -> str:
    """The text on one line, with control, direction and other hidden characters as their code.

    >>> visible("red\\x1b[31m\\u202e\\nend")
    'red\\\\x1b[31m\\\\u202e end'
    """
    return "".join(
        " " if c in "\n\r\t" else ascii(c)[1:-1] if unicodedata.category(c) in _HIDDEN else c for c in text
    )


def _meant(mention: Mention) -> str:
    stances = {"denied": mention.negated, "supposed": mention.hypothetical, "of others": mention.elsewhere}
    return ", ".join(name for name, holds in stances.items() if holds) or "said"
