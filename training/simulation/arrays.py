"""The array types of the simulator, and one generator per source of chance."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Times = npt.NDArray[np.datetime64]  # second resolution, UTC; NaT where it never came
Durations = npt.NDArray[np.timedelta64]
Texts = npt.NDArray[np.object_]
Columns = dict[str, npt.NDArray[Any]]

DAY = np.timedelta64(86_400, "s")
NEVER = np.datetime64("NaT", "s")


def generator(seed: int, source: str) -> np.random.Generator:
    """The generator of one source of chance (`"usage"`, `"tickets"`, …) under a seed.

    Each source draws from its own stream, so that a change in one leaves all others as they were.

    >>> bool(generator(7, "notes").random() == generator(7, "notes").random())
    True
    """
    return np.random.default_rng([seed, zlib.crc32(source.encode())])


def days(count: npt.ArrayLike) -> Durations:
    """Durations of that many days (fractions allowed), to the second."""
    return (np.asarray(count, dtype=np.float64) * 86_400).astype(np.int64).astype("timedelta64[s]")


def sigmoid(x: npt.ArrayLike) -> Floats:
    """The logistic function, safe at both ends."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * np.asarray(x, dtype=np.float64))))


def logit(p: npt.ArrayLike) -> Floats:
    """Log-odds of a probability; 0 and 1 give minus and plus infinity."""
    p = np.asarray(p, dtype=np.float64)
    return np.asarray(np.log(p) - np.log1p(-p))


def softplus(x: npt.ArrayLike) -> Floats:
    """log(1 + e^x): nothing below zero, a line above it, with a smooth turn."""
    return np.asarray(np.logaddexp(0.0, x))


def only(where: Flags, texts: Texts) -> Texts:
    """The texts at the marked positions, and None elsewhere."""
    kept = np.full(len(texts), None, dtype=object)
    kept[where] = texts[where]
    return kept


def stack(parts: list[Columns]) -> Columns:
    """The rows of several parts with the same columns, in order."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def pick(columns: Columns, rows: npt.NDArray[Any]) -> Columns:
    """The given rows (mask or positions) of every column."""
    return {name: values[rows] for name, values in columns.items()}
