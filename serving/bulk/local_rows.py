"""Rows of a file on this machine, scored chunk by chunk by several processes."""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.account_facts import FACT_TEXTS
from features.faults import Fault, WrongUse
from serving.bulk.rows_seen import EXAMPLES, LONGEST, RowsSeen
from serving.bulk.scored_chunk import Told, scored_chunk

_TOLD: list[Told] = []  # of a process of the pool: what it was started with


class LocalRows:
    """A `.parquet` file (or a folder of them) or a `.csv`, read whole: a million rows of every feature are
    0.8 GB. `jobs` processes score it."""

    def __init__(self, path: Path, jobs: int) -> None:
        self.path, self.jobs = path, jobs

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The rows as they stand. WrongUse where they cannot be read."""
        try:
            if self.path.suffix == ".csv":
                return pd.read_csv(self.path, dtype={"as_of": "str"}, converters=TEXTS)
            return pd.read_parquet(self.path)
        except FileNotFoundError:
            raise
        except (OSError, ValueError) as error:
            step = f"write it with vitals features --out FILE.parquet ({type(error).__name__})"
            fault = Fault("--rows", str(self.path), "a Parquet or CSV file that can be read", step)
            raise WrongUse("the rows cannot be read", [fault]) from None

    def seen(self, features: Sequence[str]) -> RowsSeen:
        """What is to be checked of the rows."""
        rows = self.rows
        columns = {str(name): pd.api.types.is_numeric_dtype(rows[name]) for name in rows.columns}
        here = tuple(name for name in features if columns.get(name))
        values = rows[list(here)]
        ids = rows["account_id"] if "account_id" in rows else pd.Series(dtype="str")
        lengths = ids.astype("str").str.len()
        wrong = ids.isna() | (lengths < 1) | (lengths > LONGEST)
        twice = ids[ids.duplicated() & ids.notna()].unique()[:EXAMPLES]
        ends = (values.min().to_numpy("float64"), values.max().to_numpy("float64"))
        told = len(rows), columns, _dates(rows), int(wrong.sum()), [str(name) for name in twice]
        return RowsSeen(*told, here, values.notna().sum().to_numpy("int64"), *ends)

    def whole(self) -> pd.DataFrame:
        """All rows."""
        return self.rows

    def digest(self) -> str:
        """SHA-256 of the file, or of all files of the folder with their names."""
        return digest_of_files(self.path)

    def scored(self, missing: Sequence[int], count: int, told: Told) -> Iterator[tuple[int, bytes]]:
        """The `missing` ones of `count` chunks, as they are done."""
        places = self._places(missing, count)
        if self.jobs == 1 or len(missing) <= 1:
            yield from ((number, scored_chunk(self.rows.iloc[place], told)) for number, place in places)
            return
        # A process of its own starts empty: nothing of this one's libraries is carried over by a fork.
        fresh = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self.jobs, fresh, _be_told, (told,)) as pool:
            yield from self._of_pool(pool, places)

    def _of_pool(
        self, pool: ProcessPoolExecutor, places: Iterator[tuple[int, NDArray[np.intp]]]
    ) -> Iterator[tuple[int, bytes]]:
        """One chunk more than there are processes is on its way, so that memory is bounded."""
        running: dict[Future[bytes], int] = {}
        for number, place in places:
            running[pool.submit(_scored, self.rows.iloc[place])] = number
            if len(running) > self.jobs:
                yield from _finished(running)
        while running:
            yield from _finished(running)

    def _places(self, missing: Sequence[int], count: int) -> Iterator[tuple[int, NDArray[np.intp]]]:
        """Of each chunk the places of its rows: those of the accounts whose CRC-32 leaves that remainder."""
        ids = self.rows["account_id"]
        chunk = np.array([crc32(str(account).encode()) % count for account in ids])
        order = np.argsort(chunk, kind="stable")
        ends = np.searchsorted(chunk[order], np.arange(count + 1))
        return ((number, order[ends[number] : ends[number + 1]]) for number in missing)


def _text(cell: str) -> str | None:
    """A cell as it stands: a region is called NA, and an account 007."""
    return cell or None


TEXTS = dict.fromkeys(("account_id", *FACT_TEXTS), _text)


def digest_of_files(path: Path) -> str:
    """SHA-256 of a file, or of the files of a folder with their names, in the order of these."""
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            digest.update(file.name.encode() + hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def _dates(rows: pd.DataFrame) -> list[Any]:
    return list(rows["as_of"].dropna().unique()[:EXAMPLES]) if "as_of" in rows else []


def _finished(running: dict[Future[bytes], int]) -> Iterator[tuple[int, bytes]]:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        yield running.pop(future), future.result()


def _be_told(told: Told) -> None:
    _TOLD[:] = [told]
    # Millions of small objects live until their chunk is written: looking through them takes a quarter of it.
    gc.disable()


def _scored(rows: pd.DataFrame) -> bytes:
    content = scored_chunk(rows, _TOLD[0])
    gc.collect()
    return content
