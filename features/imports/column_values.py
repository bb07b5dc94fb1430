"""The values of one column of an export, and what all guesses about it ask of them, asked once.

A file's column is held against every column of every canonical table: some hundred times.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from features.imports.number_formats import numbers_of

NUMBER = re.compile(r"^-?(\d+([.,]\d+)?|\d{1,3}(\.\d{3})+,\d+)$")
FLAGS = {"true", "false", "yes", "no", "0", "1", "t", "f", "y", "n", "是", "否"}
TIME = re.compile(
    r"^\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d\d.*)?$|^\d{1,4}[./-]\d{1,2}[./-]\d{2,4}( |$)|^\d{4}年"
    r"|^\d{1,2}[ -][A-Za-z]{3}[ -]\d{4}|^[A-Za-z]{3} \d{1,2}, \d{4}|^(19|20)\d\d[01]\d[0-3]\d$"
)
FIRM = re.compile(
    r"\b(?:ltd|limited|inc|llc|plc|corp|co|gmbh|ag|kg|ug|se|sa|sas|sarl|sl|srl|spa|bv|nv|ab|as|oy|aps|pty|kk)\b\.?$"
    r"|公司|集团|株式会社",
    re.IGNORECASE,
)
PERSON = re.compile(r"^[^\d\s@]+(?:[ .][^\d\s@]+){1,2}$|^[^@\s]+@[^@\s]+\.\w+$|^[一-鿿]{2,3}$")
CODE = re.compile(r"^[\w./:#-]{1,40}$")


@dataclass(frozen=True, eq=False)
class ColumnValues:
    """`texts`: the values without blanks, stripped. Every share is of them, 0–1; there is at least one.

    >>> cells = ColumnValues.of(pd.Series(["2026-01-02", " 3,5", None, "yes"]))
    >>> round(cells.times, 2), round(cells.flags, 2), cells.apart
    (0.33, 0.33, 1.0)
    """

    texts: pd.Series

    @classmethod
    def of(cls, cells: pd.Series) -> ColumnValues:
        """The values of a column as it was read."""
        return cls(cells.dropna().astype(str).str.strip())

    @cached_property
    def times(self) -> float:
        """Written like a date or a time."""
        return self._like(TIME)

    @cached_property
    def plain_numbers(self) -> float:
        """Digits, and at most one sign between them, but for thousands before a decimal comma."""
        return self._like(NUMBER)

    @cached_property
    def numbers(self) -> float:
        """Whatever is read as a number, with a point or a decimal comma."""
        return float(numbers_of(self.texts).notna().mean())

    @cached_property
    def flags(self) -> float:
        """Words for true and false."""
        return float(self.texts.str.lower().isin(FLAGS).mean())

    @cached_property
    def apart(self) -> float:
        """Different values, as a share of all."""
        return float(self.texts.nunique() / len(self.texts))

    @cached_property
    def firms(self) -> float:
        """With what names of firms end on, or hold."""
        return float(self.texts.str.contains(FIRM).mean())

    @cached_property
    def people(self) -> float:
        """Like a person's name or address."""
        return self._like(PERSON)

    @cached_property
    def codes(self) -> float:
        """One word, as ids and codes are."""
        return self._like(CODE)

    @cached_property
    def spaced(self) -> float:
        """With a blank in them."""
        return float(self.texts.str.contains(r"\s").mean())

    @cached_property
    def length(self) -> float:
        """Characters, on average."""
        return float(self.texts.str.len().mean())

    @cached_property
    def bare_digits(self) -> bool:
        """Whether some are digits alone."""
        return bool(self.texts.str.fullmatch(r"\d+").any())

    def of_words(self, words: AbstractSet[str]) -> float:
        """One of the words, whatever their case and signs."""
        return float(self._plain.isin(words).mean())

    @cached_property
    def _plain(self) -> pd.Series:
        return self.texts.str.lower().str.replace(r"[_\-/]+", " ", regex=True)

    def _like(self, pattern: re.Pattern[str]) -> float:
        return float(self.texts.str.match(pattern).mean())
