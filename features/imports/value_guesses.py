"""What the values of a column say of it, whatever its header is: sets, codes, names of firms, prose.

Each guess is weaker than a header that reads like the column, so that a name decides where there is one.
"""

from __future__ import annotations

import re

import pandas as pd

from features.imports.guess_words import meanings_of, words_of
from features.source_tables import Column, SourceTable

FIRM = re.compile(
    r"\b(?:ltd|limited|inc|llc|plc|corp|co|gmbh|ag|kg|ug|se|sa|sas|sarl|sl|srl|spa|bv|nv|ab|as|oy|aps|pty|kk)\b\.?$"
    r"|公司|集团|株式会社",
    re.IGNORECASE,
)
PERSON = re.compile(r"^[^\d\s@]+(?:[ .][^\d\s@]+){1,2}$|^[^@\s]+@[^@\s]+\.\w+$|^[一-鿿]{2,3}$")
CODE = re.compile(r"^[\w./:#-]{1,40}$")
CURRENCIES = frozenset(
    word
    for line in (
        "USD EUR GBP CNY JPY CHF CAD AUD NZD SEK NOK DKK PLN CZK HUF RON TRY ILS AED SAR INR KRW SGD HKD",
        "TWD THB IDR MYR PHP VND BRL MXN ARS CLP COP PEN ZAR NGN EGP UAH RMB",
    )
    for word in line.split()
)
SETS = {("accounts", name) for name in ("industry", "region", "segment", "language")}
PROSE = {("surveys", "comment"), ("tickets", "text"), ("notes", "text")}
PEOPLE = {("accounts", "owner"), ("notes", "author")}


def told_by_values(values: pd.Series, table: SourceTable, column: Column, first: bool) -> tuple[float, str]:
    """How much the values alone (no blanks) speak for a canonical column, 0 to 1, and why.

    `first` says whether the column is the first of its file, where most exports put what names a row.
    """
    place = (table.name, column.name)
    apart = values.nunique() / len(values)
    if column.allowed:
        return _of_a_set(values, words_of_set(table.name, column.name), 0.62)
    if place in SETS:
        return _of_a_set(values, _known("accounts." + column.name), 0.58)
    if column.name == "currency":
        return (0.62, "codes of currencies") if values.isin(CURRENCIES).all() else (0.0, "")
    if place == ("accounts", "name"):
        firms = values.str.contains(FIRM).mean()
        return (0.62, "names of firms") if firms >= 0.5 and apart > 0.9 else (0.0, "")
    if place in PROSE:
        prose = bool(values.str.len().mean() >= 20 and values.str.contains(r"\s").mean() > 0.8)
        return (0.6, "sentences") if prose and apart > 0.5 else (0.0, "")
    if place in PEOPLE:
        people = values.str.match(PERSON).mean() > 0.9 and values.str.contains(FIRM).mean() < 0.2
        return (0.5, "names of people that come again") if people and apart < 1.0 else (0.0, "")
    if first and column.name in table.key and len(table.key) == 1:
        codes = bool(values.str.match(CODE).all()) and apart == 1.0
        return (0.55, "different from each other, in the first column") if codes else (0.0, "")
    return 0.0, ""


def words_of_set(table: str, column: str) -> set[str]:
    """Every word that people write for the allowed values of a canonical column."""
    return {word for words in meanings_of(table, column).values() for word in words}


def share_of_words(values: pd.Series, words: set[str]) -> float:
    """The share of the values that are one of the words, whatever their case and signs."""
    return float(values.str.lower().str.replace(r"[_\-/]+", " ", regex=True).isin(words).mean())


def _known(place: str) -> set[str]:
    return {word for words in words_of("value_words.yaml")[place].values() for word in words}


def _of_a_set(values: pd.Series, words: set[str], sure: float) -> tuple[float, str]:
    # Numbers such as 1 to 4 are a severity only where the header says so.
    telling = values[~values.str.fullmatch(r"\d+")]
    share = share_of_words(telling, words) if len(telling) == len(values) else 0.0
    return (sure * share, f"{share:.0%} of its values are of a known set") if share >= 0.6 else (0.0, "")
