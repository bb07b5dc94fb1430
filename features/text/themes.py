"""What was written down, by theme: who mentions a competitor, a price, a colleague who left.

Rule and lexicon based, so that each mention shows the words it was read from and a customer success
manager can mend what is misread (`lexicons/`). Who wrote a text, and how long ago, is for the
features to weigh: here only the text is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import pandas as pd

from features.text.clauses import ClauseReader
from features.text.distinct_texts import REMEMBERED, read_each_once
from features.text.folding import fold
from features.text.lexicon import THEMES, Lexicon, PhraseList, Theme, finder, shipped_lexicons

__all__ = ["FRIENDLY", "THEMES", "Mention", "ThemeReader", "read_mentions"]
FRIENDLY: tuple[Theme, ...] = ("expansion", "praise")


class Mention(NamedTuple):
    """One mention: text[start:end] speaks of the theme. `polarity` is 1 where it is plainly said and 0
    where it is denied (`negated`), only supposed (`hypothetical`) or of somebody else (`elsewhere`): then
    it counts as no theme."""

    theme: Theme
    polarity: int
    negated: bool
    hypothetical: bool
    elsewhere: bool
    start: int
    end: int


class ThemeReader:
    """Reads the mentions of one text; made once from the lexicons of all languages."""

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        self._clauses = ClauseReader(lexicons)
        self._finders = {
            theme: finder(lexicon.themes.get(theme, PhraseList()) for lexicon in lexicons) for theme in THEMES
        }
        # Features and the evidence for them read the same texts, one after the other.
        self._remembered = lru_cache(REMEMBERED)(self._read)

    def read(self, text: str) -> list[Mention]:
        """The mentions in order of their starts; mentions of one theme never overlap."""
        return list(self._remembered(text))

    def _read(self, text: str) -> tuple[Mention, ...]:
        folded = fold(text)
        found = sorted(
            (start, end, theme)
            for theme, finds in self._finders.items()
            for start, end in finds.spans(folded)
        )
        stances = self._clauses.stances(folded, [(start, end) for start, end, _ in found])
        return tuple(
            Mention(theme, int(s.plain), s.negated, s.hypothetical, s.elsewhere, start, end)
            for (start, end, theme), s in zip(found, stances, strict=True)
        )


@cache
def shipped_theme_reader() -> ThemeReader:
    """The reader of the lexicons that come with Vitals, made once."""
    return ThemeReader(shipped_lexicons())


def read_mentions(texts: pd.Series, reader: ThemeReader | None = None) -> pd.DataFrame:
    """Every mention of a theme in these texts.

    `texts` holds strings; None and NaN say nothing. `reader` brings other lexicons than the shipped
    ones. Returns one row per mention, in the order of the texts and then of the words:

    - `row` the text's index label; `theme` one of `THEMES`
    - `polarity` 1 plainly said, 0 denied, only supposed or somebody else's (it counts as no theme then)
    - `negated`, `hypothetical`, `elsewhere` why the polarity is 0
    - `start`, `end` in characters, end exclusive: `text[start:end]` is what was read

    DataFault where a value is neither a string nor missing.

    >>> told = ["They are piloting another platform.", None, "没有考虑其他供应商"]
    >>> notes = pd.Series(told, index=["a", "b", "c"])
    >>> print(read_mentions(notes)[["row", "theme", "polarity", "start", "end"]].to_string(index=False))
    row      theme  polarity  start  end
      a competitor         1     18   34
      c competitor         0      4    9
    """
    reader = reader or shipped_theme_reader()
    places, mentions = read_each_once(texts, reader.read)
    frame = pd.DataFrame(mentions, columns=list(Mention._fields)).astype(
        {
            "theme": "str",
            "polarity": "int64",
            "negated": bool,
            "hypothetical": bool,
            "elsewhere": bool,
            "start": "int64",
            "end": "int64",
        }
    )
    frame.insert(0, "row", texts.index.take(places))
    return frame
