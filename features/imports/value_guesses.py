"""What the values of a column say of it, whatever its header is: sets, codes, names of firms, prose.

Each guess is weaker than a header that reads like the column, so that a name decides where there is one.
"""

from __future__ import annotations

from features.imports.column_values import ColumnValues
from features.imports.guess_words import meanings_of, words_of
from features.source_tables import Column, SourceTable

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


def told_by_values(
    values: ColumnValues, table: SourceTable, column: Column, first: bool
) -> tuple[float, str]:
    """How much the values alone (no blanks) speak for a canonical column, 0 to 1, and why.

    `first` says whether the column is the first of its file, where most exports put what names a row.
    """
    place = (table.name, column.name)
    apart = values.apart
    if column.allowed:
        return _of_a_set(values, words_of_set(table.name, column.name), 0.62)
    if place in SETS:
        return _of_a_set(values, _known("accounts." + column.name), 0.58)
    if column.name == "currency":
        return (0.62, "codes of currencies") if values.texts.isin(CURRENCIES).all() else (0.0, "")
    if place == ("accounts", "name"):
        return (0.62, "names of firms") if values.firms >= 0.5 and apart > 0.9 else (0.0, "")
    if place in PROSE:
        prose = values.length >= 20 and values.spaced > 0.8
        return (0.6, "sentences") if prose and apart > 0.5 else (0.0, "")
    if place in PEOPLE:
        people = values.people > 0.9 and values.firms < 0.2
        return (0.5, "names of people that come again") if people and apart < 1.0 else (0.0, "")
    if first and column.name in table.key and len(table.key) == 1:
        codes = values.codes == 1.0 and apart == 1.0
        return (0.55, "different from each other, in the first column") if codes else (0.0, "")
    return 0.0, ""


def words_of_set(table: str, column: str) -> set[str]:
    """Every word that people write for the allowed values of a canonical column."""
    return {word for words in meanings_of(table, column).values() for word in words}


def _known(place: str) -> set[str]:
    return {word for words in words_of("value_words.yaml")[place].values() for word in words}


def _of_a_set(values: ColumnValues, words: set[str], sure: float) -> tuple[float, str]:
    # Numbers such as 1 to 4 are a severity only where the header says so.
    share = 0.0 if values.bare_digits else values.of_words(words)
    return (sure * share, f"{share:.0%} of its values are of a known set") if share >= 0.6 else (0.0, "")
