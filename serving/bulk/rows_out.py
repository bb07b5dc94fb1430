"""The scores of all chunks as one flat file, a chunk at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.account_facts import ACCOUNT_FACTS
from features.files import harmless
from features.params import PILLARS
from serving.batch.batch_scoring import flat_rows
from serving.bulk.scored_chunk import chunk_rows
from serving.history.snapshots import ScoredAccount

FLAGS = ("is_key",)
NUMBERS = (
    *("mrr", "health", "churn_probability", "base_health", "low", "high", "coverage", "rule_score"),
    *(f"{pillar}_points" for pillar in PILLARS),
)


def write_flat(chunks: Iterable[bytes], path: Path, top: int) -> None:
    """One row per account, as `vitals score --out` writes it of a book: .parquet, or .csv.

    It is written beside its place and then moved there: nobody reads half of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = path.with_name(f".{path.name}.begun")
    frames = (_frame(content, top) for content in chunks)
    (_to_parquet if path.suffix == ".parquet" else _to_csv)(frames, begun)
    begun.replace(path)


def _frame(content: bytes, top: int) -> pd.DataFrame:
    accounts = (
        ScoredAccount(orjson.loads(row["details"]), orjson.loads(row["payload"]))
        for row in chunk_rows(content, ("details", "payload"))
    )
    found, columns = pd.DataFrame(list(flat_rows(accounts))), _columns(top)
    names = [name for name in columns if name not in (*ACCOUNT_FACTS, "mrr") or name in found]
    # Every chunk has the columns of all, also where no account of it has a fifth driver.
    return found.reindex(columns=names).astype({name: columns[name] for name in names})


def _columns(top: int) -> dict[str, str]:
    """Each column's type, in the order in which they are written."""
    drivers = {
        f"driver_{n}{end}": kind
        for n in range(1, top + 1)
        for end, kind in (("", "str"), ("_points", "float64"))
    }
    texts = dict.fromkeys(("account_id", *ACCOUNT_FACTS, "as_of", "band", "rule_band"), "str")
    return texts | dict.fromkeys(FLAGS, "boolean") | dict.fromkeys(NUMBERS, "float64") | drivers


def _to_parquet(frames: Iterator[pd.DataFrame], path: Path) -> None:
    first = pa.Table.from_pandas(next(frames), preserve_index=False)
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for frame in frames:
            writer.write_table(pa.Table.from_pandas(frame, first.schema, preserve_index=False))


def _to_csv(frames: Iterator[pd.DataFrame], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, frame in enumerate(frames):
            plain = frame.astype(object).map(harmless)
            plain.to_csv(file, index=False, header=number == 0, quoting=csv.QUOTE_NONNUMERIC)
