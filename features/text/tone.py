"""The tone of what was written down, from -1 (as bad as can be) to 1 (as good as can be).

Each tonal word has a value, made larger or smaller by the word before it ("very", 有点) and turned
round where it is negated. What is denied is felt less than what is said: "not good" is less bad
than "bad", and "not bad" less good than "good" (as found by Taboada et al. 2011, "Lexicon-based
methods for sentiment analysis", who shift by a constant where we halve). A text's tone is
the mean over its tonal words. Words that are only supposed ("if it is good") or
of somebody else ("their courier is slow") do not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from features.text.clauses import ClauseReader, Stance
from features.text.distinct_texts import read_each_once
from features.text.folding import fold
from features.text.lexicon import Lexicon, PhraseList, finder, shipped_lexicons

VALUES = {"very_good": 1.0, "good": 0.6, "bad": -0.6, "very_bad": -1.0}
STRONGER, WEAKER = 1.5, 0.5
DENIED = 0.5
REACH = 2  # a strengthening word stands right before its word, or one blank before it


class TonalWord(NamedTuple):
    """One tonal word: text[start:end], and its value in [-1, 1] after strengthening and negation."""

    value: float
    negated: bool
    start: int
    end: int


class ToneReader:
    """Reads the tonal words of one text; made once from the lexicons of all languages."""

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        tones = [lexicon.tone for lexicon in lexicons]
        spared = PhraseList(exceptions=tuple(phrase for tone in tones for phrase in tone.exceptions))
        self._clauses = ClauseReader(lexicons)
        self._values = [
            (value, finder([spared, *(getattr(tone, grade) for tone in tones)]))
            for grade, value in VALUES.items()
        ]
        self._stronger = finder(tone.stronger for tone in tones)
        self._weaker = finder(tone.weaker for tone in tones)

    def read(self, text: str) -> list[TonalWord]:
        """The tonal words in order; where two overlap the one that starts first, then the longer, counts."""
        folded = fold(text)
        words = self._words(folded)
        if not words:
            return []
        stances = self._clauses.stances(folded, [(start, end) for start, end, _ in words])
        changes = self._changes(folded)
        return [
            TonalWord(_felt(value, changes.get(start, 1.0), stance), stance.negated, start, end)
            for (start, end, value), stance in zip(words, stances, strict=True)
            if not (stance.hypothetical or stance.elsewhere)
        ]

    def _words(self, folded: str) -> list[tuple[int, int, float]]:
        found = [(start, end, value) for value, finds in self._values for start, end in finds.spans(folded)]
        apart: list[tuple[int, int, float]] = []
        for word in sorted(found, key=lambda word: (word[0], -word[1])):
            if not apart or word[0] >= apart[-1][1]:
                apart.append(word)
        return apart

    def _changes(self, folded: str) -> dict[int, float]:
        """The strength given to the word that would start at each of these places."""
        changes: dict[int, float] = {}
        for strength, finds in ((STRONGER, self._stronger), (WEAKER, self._weaker)):
            changes |= {end + gap: strength for _, end in finds.spans(folded) for gap in range(REACH)}
        return changes


def _felt(value: float, strength: float, stance: Stance) -> float:
    felt = min(1.0, max(-1.0, value * strength))
    if stance.negators == 0:
        return felt
    return round(felt * (-DENIED if stance.negated else DENIED), 12)


@cache
def shipped_tone_reader() -> ToneReader:
    """The reader of the lexicons that come with Vitals, made once."""
    return ToneReader(shipped_lexicons())


def read_tonal_words(texts: pd.Series, reader: ToneReader | None = None) -> pd.DataFrame:
    """Every tonal word: `row` (index label), `value` in [-1, 1], `negated`, `start`, `end` (exclusive).

    DataFault where a value of `texts` is neither a string nor missing.

    >>> print(read_tonal_words(pd.Series(["not very happy", None, "有点慢"])).to_string(index=False))
     row  value  negated  start  end
       0  -0.45     True      9   14
       2  -0.30    False      2    3
    """
    reader = reader or shipped_tone_reader()
    places, words = read_each_once(texts, reader.read)
    frame = pd.DataFrame(words, columns=list(TonalWord._fields)).astype(
        {"value": "float64", "negated": bool, "start": "int64", "end": "int64"}
    )
    frame.insert(0, "row", texts.index.take(places))
    return frame


def read_tone(texts: pd.Series, reader: ToneReader | None = None) -> pd.Series:
    """The tone of each text, float64 in [-1, 1], higher is friendlier; the index is that of `texts`.

    NaN where nothing tonal was read: a missing or empty text has no tone, which is not a neutral one.
    DataFault where a value is neither a string nor missing.

    >>> read_tone(pd.Series(["Excellent support", "not happy", None])).tolist()
    [1.0, -0.3, nan]
    """
    reader = reader or shipped_tone_reader()
    places, words = read_each_once(texts, reader.read)
    at = np.asarray(places, dtype=np.intp)
    total = np.bincount(at, weights=[word.value for word in words], minlength=len(texts))
    count = np.bincount(at, minlength=len(texts))
    tone = np.divide(total, count, out=np.full(len(texts), np.nan), where=count > 0)
    return pd.Series(tone, index=texts.index, name="tone", dtype="float64")
