"""The readers of themes and tone: over the lexicons that ship, and those a CSM adds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from features.text.lexicon import SHIPPED, load_lexicons
from features.text.themes import ThemeReader, shipped_theme_reader
from features.text.tone import ToneReader, shipped_tone_reader


class Readers(NamedTuple):
    """What reads a text: its themes, and its tone."""

    themes: ThemeReader
    tone: ToneReader


def readers(more: Sequence[Path] = ()) -> Readers:
    """The readers of the shipped lexicons and `more`, merged; made once for the same files.

    DataFault naming every fault of every file at once, where one cannot be read.

    >>> [mention.theme for mention in readers().themes.read("没有考虑其他供应商，太贵了")]
    ['competitor', 'price_budget']
    """
    if not more:
        return Readers(shipped_theme_reader(), shipped_tone_reader())
    return _made_once(tuple(more), tuple(_state(path) for path in more))


@lru_cache(maxsize=4)
def _made_once(more: tuple[Path, ...], _: tuple[object, ...]) -> Readers:
    lexicons = load_lexicons((*SHIPPED, *more))
    return Readers(ThemeReader(lexicons), ToneReader(lexicons))


def _state(path: Path) -> object:
    """What changes when the file does: a lexicon that was mended is read anew."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
