"""The learned text signal: what the words themselves say of churn, beyond the themes of the lexicons.

A text is the set of its words and pairs of words (Latin script) and of its pairs and triples of characters
(Chinese, which has no spaces), each hashed by CRC-32 into one of 2^14 buckets. Its score is linear:
`w · (idf of its buckets, scaled to length 1)`. An account's signal is the decayed mean of the scores of the
texts known before the as-of date, in log-odds of churn against an account of whom nothing was written:

    signal = Σ 2^(−age / half-life) · score / (1 + Σ 2^(−age / half-life))

Higher is worse; NaN where nothing was written within the window. The 1 draws an account with little text
towards nothing. Every sum over texts is exactly rounded (`math.fsum`), so a row has the same bits whatever
the order of the texts and whatever the batch. Needs NumPy and pandas alone: serving applies it without a
learner. How `w` is fitted, and why no row sees its own label, is told in `text_signal_fit.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.faults import DataFault, Fault
from features.text.folding import fold
from features.time_windows import EPOCH

if TYPE_CHECKING:
    from features.warehouse import Warehouse

BUCKETS = 2**14
READ_TO = 20_000  # characters of a text; what comes after is not read
NOTHING_WRITTEN = 1.0  # the weight of a text of today, drawing the mean towards 0
_WORD = re.compile(r"[a-z][a-z']{0,29}+|[\u3400-\u9fff]+")
COLUMNS = ["account_id", "text", "day", "known_day"]
Vector = NDArray[np.float64]


def buckets_of(text: str) -> NDArray[np.int64]:
    """The buckets of a text's words, in rising order, each once. Numbers are left out: they name things.

    >>> len(buckets_of("Not happy, not happy")), len(buckets_of("不满意")), len(buckets_of(" 42 "))
    (4, 3, 0)
    """
    found = {crc32(token.encode()) % BUCKETS for token in _tokens(fold(text[:READ_TO]))}
    return np.array(sorted(found), dtype=np.int64)


def _tokens(folded: str) -> Iterator[str]:
    words = _WORD.findall(folded)
    latin = [word for word in words if word.isascii()]
    yield from latin
    yield from (f"{first} {second}" for first, second in pairwise(latin))
    for run in (word for word in words if not word.isascii()):
        for length in (2, 3):
            yield from (run[i : i + length] for i in range(max(1, len(run) - length + 1)))


def texts_of(source: Warehouse) -> pd.DataFrame:
    """Every text of the book: `account_id`, `text`, `day` it is about and `known_day` (days since 1970)."""
    from features.written_texts import WRITTEN, written  # with its engine, which scoring rows needs not

    found = [written(source, table).select(*COLUMNS).to_pandas() for table in WRITTEN if source.has(table)]
    every: pd.DataFrame = pd.concat(found or [no_texts()], ignore_index=True)
    return every.sort_values(["account_id", "day", "known_day", "text"], ignore_index=True)


def no_texts() -> pd.DataFrame:
    """The texts of a book in which nothing was written."""
    types = {"account_id": "str", "text": "str", "day": "int64", "known_day": "int64"}
    return pd.DataFrame(columns=COLUMNS).astype(types)


@dataclass(frozen=True)
class Hearing:
    """Which texts each row hears: `row` and `text` are positions, `weight` is 2^(−age / half-life)."""

    row: NDArray[np.int64]
    text: NDArray[np.int64]
    weight: Vector


def hearing(rows: pd.DataFrame, texts: pd.DataFrame, window: int, half_life: int) -> Hearing:
    """The texts of each row's account that were known before its as-of date and at most `window` days old."""
    asked = pd.DataFrame(
        {
            "account_id": rows["account_id"].to_numpy(object),
            "row": np.arange(len(rows)),
            "as_of_day": (rows["as_of"] - EPOCH).dt.days.to_numpy("int64"),
        }
    )
    said = texts[["account_id", "day", "known_day"]].assign(text=np.arange(len(texts)))
    said = said.astype({"account_id": object})
    heard = asked.merge(said, on="account_id", sort=False)
    age = heard["as_of_day"] - heard["day"]
    kept = (heard["known_day"] < heard["as_of_day"]) & (age > 0) & (age <= window)
    weight = np.exp2(-age[kept].to_numpy(float) / half_life)
    return Hearing(heard["row"][kept].to_numpy("int64"), heard["text"][kept].to_numpy("int64"), weight)


@dataclass(frozen=True, eq=False)
class TextSignal:
    """A fitted signal. `idf` and `weights` (2^14,) are of the buckets; `window` and `half_life` are days."""

    idf: Vector
    weights: Vector
    window: int
    half_life: int

    def score(self, text: str) -> float:
        """The score of one text, in log-odds of churn; 0 for a text without words."""
        buckets = buckets_of(text)
        idf = self.idf[buckets]
        length = math.sqrt(math.fsum(idf * idf))
        return math.fsum(idf * self.weights[buckets]) / length if length else 0.0

    def apply(self, rows: pd.DataFrame, texts: pd.DataFrame) -> Vector:
        """The signal of each row (`account_id`, `as_of`) from `texts` (see `texts_of`); NaN without text."""
        heard = hearing(rows, texts, self.window, self.half_life)
        numbers, distinct = pd.factorize(texts["text"].to_numpy(object))
        used = np.unique(numbers[heard.text])
        scores = np.zeros(len(distinct))
        scores[used] = [self.score(distinct[number]) for number in used]
        return decayed_means(scores[numbers[heard.text]], heard, len(rows))

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a bundle keeps as arrays."""
        return {"text_idf": self.idf, "text_weights": self.weights}

    @property
    def document(self) -> dict[str, Any]:
        """What a bundle keeps as JSON."""
        return {"window": self.window, "half_life": self.half_life, "buckets": BUCKETS}

    @classmethod
    def from_bundle(cls, arrays: Mapping[str, NDArray[Any]], document: Mapping[str, Any]) -> TextSignal:
        """The signal that a verified bundle holds. DataFault naming all that does not fit this version."""
        faults = [
            Fault(name, "missing" if found is None else str(found.shape), allowed, MAKE_AGAIN)
            for name in ("text_idf", "text_weights")
            for found in [arrays.get(name)]
            for allowed in [f"{BUCKETS} finite numbers"]
            if found is None
            or found.shape != (BUCKETS,)
            or found.dtype != np.float64
            or not np.isfinite(found).all()
        ]
        faults += [
            Fault(f"text_signal.{key}", document.get(key), allowed, MAKE_AGAIN)
            for key, allowed in (("window", "days, 1 or more"), ("half_life", "days, 1 or more"))
            if type(document.get(key)) is not int or document[key] < 1
        ]
        if document.get("buckets") != BUCKETS:
            faults.append(Fault("text_signal.buckets", document.get("buckets"), str(BUCKETS), MAKE_AGAIN))
        if faults:
            raise DataFault("this text signal cannot be used", faults)
        return cls(arrays["text_idf"], arrays["text_weights"], document["window"], document["half_life"])


MAKE_AGAIN = "copy the bundle again, or make it again with `vitals train`"


def decayed_means(scores: Sequence[float] | Vector, heard: Hearing, rows: int) -> Vector:
    """The decayed mean of the heard texts' scores per row, drawn towards 0; NaN for a row without text."""
    means = np.full(rows, np.nan)
    order = np.argsort(heard.row, kind="stable")
    row, weight, score = heard.row[order], heard.weight[order], np.asarray(scores)[order]
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(row)], strict=True):
        here = slice(start, end)
        means[row[start]] = math.fsum(weight[here] * score[here]) / (
            NOTHING_WRITTEN + math.fsum(weight[here])
        )
    return means
