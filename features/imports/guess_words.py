"""The words that people use: for columns, for values, and how headers are read as words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import yaml

LONGEST = 80  # characters of a header that are read: a longer one is no name
ABBREVIATED = 0.85  # of the worth of the whole word
PLAIN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "á": "a", "ó": "o", "í": "i", "ñ": "n"}
)


@lru_cache
def words_of(file: str) -> dict[str, dict[str, list[str]]]:
    """One of the word lists beside this file."""
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    return {
        key: {name: [str(word) for word in words] for name, words in entry.items()}
        for key, entry in yaml.safe_load(text).items()
    }


def meanings_of(table: str, column: str) -> dict[str, list[str]]:
    """The allowed values of a canonical column, each with the words that people write for it."""
    place = "contacts.role" if column == "role" else f"{table}.{column}"
    return words_of("value_words.yaml")[place]


def spoken(name: str) -> str:
    """A header in words: lower case, without signs, camel case taken apart.

    >>> spoken("firstReplyAt"), spoken("KUNDEN_NR."), spoken("客户 编号")
    ('first reply at', 'kunden nr', '客户编号')
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    folded = apart.lower().translate(PLAIN)
    text = " ".join(re.sub(r"[\W_]+", " ", folded).split())
    return re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", text)


def name_score(header: str, words: Sequence[str]) -> float:
    """How much a header reads like one of the words, 0 to 1."""
    return _best(header[:LONGEST], tuple(words))


def abbreviates(short: str, word: str) -> bool:
    """Whether a token is how people shorten a word: its beginning, or its consonants.

    >>> abbreviates("cust", "customer"), abbreviates("mgr", "manager"), abbreviates("on", "opened")
    (True, True, False)
    """
    if not (2 <= len(short) <= 5 and len(short) < len(word) and len(word) >= 4 and short[0] == word[0]):
        return False
    if word.startswith(short):
        return len(short) >= 3
    letters = iter(word)
    return all(letter in letters for letter in short) and not set(short) & set("aeiou")


@lru_cache(maxsize=65_536)
def _best(header: str, words: tuple[str, ...]) -> float:
    said = spoken(header)
    return max((_alike(said, word) for word in words), default=0.0)


def _alike(said: str, word: str) -> float:
    if said == word:
        return 1.0
    ours, theirs = said.split(), word.split()
    if re.search(r"[\u4e00-\u9fff]", word):
        said, word = (text.replace("日期", "时间") for text in (said, word))
        return 0.9 * difflib.SequenceMatcher(None, said, word).ratio()
    if set(theirs) <= set(ours):
        return 0.9 - 0.12 * (len(ours) - len(theirs))
    if len(theirs) > 1 and set(ours) <= set(theirs):
        return 0.55
    matcher = difflib.SequenceMatcher(None, said, word)
    ratio = matcher.ratio() if matcher.real_quick_ratio() >= 0.82 <= matcher.quick_ratio() else 0.0
    return max(0.8 * ratio if ratio >= 0.82 else 0.0, _shortened(ours, theirs))


def _shortened(ours: Sequence[str], theirs: Sequence[str]) -> float:
    """What a header is worth in which some words are shortened and the others stand whole."""
    if len(theirs) > len(ours):
        return 0.0
    stand_for = [any(mine == word or abbreviates(mine, word) for mine in ours) for word in theirs]
    return ABBREVIATED * (0.9 - 0.12 * (len(ours) - len(theirs))) if all(stand_for) else 0.0
