"""The scoring of one chunk of rows, and what it is kept as: the same bytes on every engine."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.account_facts import ACCOUNT_FACTS
from serving.history.score_inputs import FLOAT
from serving.scores.scorer_protocol import Scorer

TEXTS = ("account_id", "band", "name", "owner", "segment", "details", "payload")
SCHEMA = pa.schema(
    [("health", pa.float64()), ("feature_values", pa.binary()), *((name, pa.string()) for name in TEXTS)]
)


@dataclass(frozen=True, eq=False)
class Told:
    """What all chunks are scored by: the scorer, the drivers shown, what is the same in every payload
    (`around`: the as-of date, the flags of whole columns), and the `features` that the rows hold."""

    scorer: Scorer
    top: int
    around: dict[str, Any]
    features: tuple[str, ...]


def scored_chunk(rows: pd.DataFrame, told: Told) -> bytes:
    """The chunk as a Parquet file: of each account its payload, details and features, by account id.

    `rows` have account_id, the features, and what else of `ACCOUNT_FACTS` the file holds, in any order.
    """
    rows = rows.sort_values("account_id", ignore_index=True)
    details = _details(rows)
    values = rows[list(told.features)].to_numpy(FLOAT)
    payloads = told.scorer.score(rows, told.top, True)
    accounts = (_account(*of, told.around) for of in zip(details, values, payloads, strict=True))
    table, buffer = pa.Table.from_pylist(list(accounts), SCHEMA), io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _details(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The book's facts that the file holds of each account; None where unknown."""
    here = [name for name in (*ACCOUNT_FACTS, "mrr") if name in rows]
    plain = rows[here].astype(object)
    facts = plain.where(plain.notna(), None).to_numpy().tolist()
    return [dict(zip(here, of_account, strict=True)) for of_account in facts]


def _account(
    details: dict[str, Any], values: np.ndarray, payload: dict[str, Any], around: dict[str, Any]
) -> dict[str, Any]:
    account = payload["account_id"]
    return {
        "account_id": account,
        "health": payload["health"],
        "band": payload["band"],
        "name": details.get("name") or account,
        "owner": details.get("owner"),
        "segment": details.get("segment"),
        "details": orjson.dumps(details).decode(),
        "payload": orjson.dumps(payload | around).decode(),
        "feature_values": values.tobytes(),
    }


def chunk_rows(content: bytes, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The named columns of a chunk, account by account."""
    for batch in pq.ParquetFile(io.BytesIO(content)).iter_batches(1_000, columns=list(columns)):
        yield from batch.to_pylist()
