"""Guesses which canonical table a file is and which column is which, from names and values.

A guess is worth what speaks for it: the words of the header (`column_words.yaml`, in several languages) and
the values under it (times, numbers, texts of an allowed set, ids that another file has). Nothing here
decides: what is guessed is marked as a guess in the mapping that is drafted, for a person to confirm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from features.imports.column_values import ColumnValues
from features.imports.folder_survey import Surveyed
from features.imports.guess_words import name_score, spoken, words_of
from features.imports.left_over_guesses import left_over
from features.imports.value_guesses import told_by_values, words_of_set
from features.source_tables import Column, SourceTable

LEAST = 0.45  # below it a guess is none
KEY_ENDS = {"id", "no", "nr", "number", "key", "code", "ref", "num", "numero", "nummer"}
# Required columns for which something stands where the file has none: see drafted_cells.py.
SPARE = {"scale_min", "scale_max", "kind", "touchpoint", "quantity", "severity", "changed_at", "due_at"}


@dataclass(frozen=True)
class ColumnGuess:
    """A canonical column, the column of the file that it may be, how sure (0 to 1) and why."""

    column: str
    found: str
    sure: float
    why: str


@dataclass(frozen=True)
class TableGuess:
    """What a file may be: a canonical table, its columns, and the columns of the file left over."""

    file: Surveyed
    table: str
    columns: tuple[ColumnGuess, ...]
    left_over: tuple[str, ...]
    sure: float

    def named(self, column: str) -> str | None:
        """The column of the file that is taken for a canonical column."""
        return next((guess.found for guess in self.columns if guess.column == column), None)


def guess_table(
    file: Surveyed, tables: Mapping[str, SourceTable], ids: Mapping[str, set[str]]
) -> TableGuess | None:
    """The table that a file most likely is; None where no table gets its required columns in some way.

    `ids` are the values known to be keys of accounts and contacts, by canonical column name.
    """
    cells = {header: ColumnValues.of(file.sample[header]) for header in file.sample.columns}
    guesses = [_as_table(file, cells, table, ids) for table in tables.values()]
    best = max(guesses, key=lambda guess: guess.sure)
    return best if best.sure >= LEAST else None


def _as_table(
    file: Surveyed, cells: Mapping[str, ColumnValues], table: SourceTable, ids: Mapping[str, set[str]]
) -> TableGuess:
    scored = []
    for column in (column for column in table.columns if column.name not in ("scale_min", "scale_max")):
        for header, values in cells.items():
            first = header == file.sample.columns[0]
            sure, why = column_score(header, values, table, column, ids, first)
            if sure >= LEAST:
                scored.append((sure, column.name, header, why))
    taken = _with_left_over(_together(scored), file.sample, cells, table)
    used = {guess.found for guess in taken.values()}
    named = _named_so(Path(file.name).stem, words_of("column_words.yaml")[table.name]["table"])
    needed = [c.name for c in table.columns if c.required and c.name not in SPARE]
    filled = sum(name in taken for name in needed) / len(needed)
    explained = sum(guess.sure for guess in taken.values()) / max(len(file.sample.columns), 1)
    sure = 0.4 * named + 0.33 * filled + 0.27 * min(explained, 1.0)
    over = tuple(header for header in file.sample.columns if header not in used)
    ordered = tuple(taken[c.name] for c in table.columns if c.name in taken)
    return TableGuess(file, table.name, ordered, over, round(sure, 3))


def _together(scored: list[tuple[float, str, str, str]]) -> dict[str, ColumnGuess]:
    """The guesses that are the most likely together: each column of the file for one canonical column."""
    names = sorted({name for _, name, _, _ in scored})
    headers = sorted({header for _, _, header, _ in scored})
    weights = np.zeros((len(names), len(headers)))
    whys: dict[tuple[str, str], str] = {}
    for sure, name, header, why in scored:
        weights[names.index(name), headers.index(header)] = sure
        whys[name, header] = why
    pairs = zip(*linear_sum_assignment(weights, maximize=True), strict=True)
    found = [(names[i], headers[j], float(weights[i, j])) for i, j in pairs if weights[i, j] >= LEAST]
    return {n: ColumnGuess(n, header, round(sure, 2), whys[n, header]) for n, header, sure in found}


def _with_left_over(
    taken: dict[str, ColumnGuess],
    sample: pd.DataFrame,
    cells: Mapping[str, ColumnValues],
    table: SourceTable,
) -> dict[str, ColumnGuess]:
    """The guesses and those that follow from how the columns stand to one another."""
    known = {header: values for header, values in cells.items() if len(values.texts)}
    times = {header for header, values in known.items() if values.times > 0.9}
    numbers = {header for header, values in known.items() if values.plain_numbers == 1.0} - times
    named = {name: guess.found for name, guess in taken.items()}
    more = left_over(sample, table, named, times, numbers)
    return taken | {name: ColumnGuess(name, header, sure, why) for name, header, sure, why in more}


def _named_so(stem: str, words: Sequence[str]) -> float:
    """How much the name of a file says that it is a table: a word that stands in it is enough."""
    said = spoken(stem)
    inside = [word for word in words if re.search(r"[\u4e00-\u9fff]", word) and word in said]
    return 0.9 if inside else name_score(stem, words)


def column_score(
    header: str,
    values: ColumnValues,
    table: SourceTable,
    column: Column,
    ids: Mapping[str, set[str]],
    first: bool = False,
) -> tuple[float, str]:
    """How sure it is that a column of a file is a canonical column, and what speaks for it.

    `first` says whether it is the first of its file.
    """
    own = words_of("column_words.yaml")[table.name].get(column.name, [])
    named = name_score(header, own or _borrowed(column))
    if values.texts.empty:
        return 0.8 * named, "its name; it has no values"
    share, what = _value_share(values, table, column, ids)
    if share < 0.5:
        return 0.0, what
    if (
        named < 0.5
        and column.name in table.key
        and len(table.key) == 1
        and share == 1.0
        and _a_key(header, values)
    ):
        return 0.6, "different from each other, under a header that names a number"
    if what.startswith("ids") and share > 0.8:
        return max(0.75, 0.75 * named + 0.25 * share), f"{share:.0%} of its values are {what}"
    telling, saying = told_by_values(values, table, column, first)
    if telling > 0.75 * named + 0.25 * share or named == 0.0:
        return telling, saying or what
    return 0.75 * named + 0.25 * share, f"its name, and {share:.0%} of its values are {what}"


def _a_key(header: str, values: ColumnValues) -> bool:
    """Whether a column looks like the numbers or codes by which things are called."""
    last = spoken(header).split()[-1:] or [""]
    called = last[0] in KEY_ENDS or bool(re.search("(编号|代码|号码?)$", last[0]))
    return called and values.spaced == 0.0


def _borrowed(column: Column) -> list[str]:
    """Words for a column that every table shares: the account, and when a fact was recorded."""
    words = words_of("column_words.yaml")
    shared = {"account_id": words["accounts"]["account_id"], "recorded_at": words["notes"]["recorded_at"]}
    return [word for word in shared.get(column.name, []) if word not in ("id", "编号")]


def _value_share(
    values: ColumnValues, table: SourceTable, column: Column, ids: Mapping[str, set[str]]
) -> tuple[float, str]:
    own_key = column.name.removesuffix("_id") + "s" == table.name
    if ids.get(column.name) and not own_key:
        return float(values.texts.isin(ids[column.name]).mean()), "ids of the other file"
    if column.kind == "time":
        return values.times, "times"
    if column.kind == "number":
        return values.numbers, "numbers"
    if column.kind == "flag":
        return values.flags, "true or false"
    if column.name in table.key and len(table.key) == 1:
        return values.apart, "different from each other"
    if column.allowed:
        share = values.of_words(words_of_set(table.name, column.name))
        return (share if column.name != "role" else max(share, 0.5)), "of the allowed set"
    return 1.0 - values.times, "texts"
