"""Reading a column of texts: each distinct text once, since templates and repeats are common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pandas as pd

from features.faults import DataFault, Fault

Found = TypeVar("Found")
REMEMBERED = 20_000  # texts of which a reader remembers what it read


def read_each_once(texts: pd.Series, read: Callable[[str], list[Found]]) -> tuple[list[int], list[Found]]:
    """What `read` finds in each text, with the position of the text it was found in.

    Missing values find nothing. DataFault where a value is neither a string nor missing.

    >>> read_each_once(pd.Series(["a b", None, "c"]), str.split)
    ([0, 0, 2], ['a', 'b', 'c'])
    """
    values = texts.tolist()
    _refuse_other_than_text(texts, values)
    once: dict[str, list[Found]] = {}
    places: list[int] = []
    found: list[Found] = []
    for place, text in enumerate(values):
        if not isinstance(text, str):
            continue
        if text not in once:
            once[text] = read(text)
        places += [place] * len(once[text])
        found += once[text]
    return places, found


def _refuse_other_than_text(texts: pd.Series, values: list[object]) -> None:
    absent = texts.isna().tolist()
    wrong = [
        place
        for place, (value, missing) in enumerate(zip(values, absent, strict=True))
        if not (missing or isinstance(value, str))
    ]
    if wrong:
        field = f"{texts.name or 'texts'}[{texts.index[wrong[0]]!r}] (and {len(wrong) - 1} more)"
        raise DataFault(
            "Texts cannot be read.",
            [Fault(field, values[wrong[0]], "a string, or a missing value", "turn the column into strings")],
        )
