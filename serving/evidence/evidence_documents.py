"""The evidence of a whole book as documents: one that says what was kept, and one per account.

What the service answers from, so that it needs no engine: plain values, ready for JSON.

The *index* tells per table its columns and the features that read it, per feature its tables, those that
the book lacks, and what it reads in texts. An *account's document* has per table its rows, newest first;
the first value of each is a number whose bit n says that the row counts for feature n of the table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalog import Feature, load_catalog
from features.evidence import evidence, tables_behind
from features.evidence_of_words import TEXT_OF, words_read
from features.evidence_rows import AsOf, Records
from features.params import FeatureParams
from features.time_windows import day_number
from features.warehouse import Warehouse
from serving.evidence.evidence_tables import Document, Evidence


def evidence_documents(
    source: Warehouse,
    accounts: Collection[str],
    as_of: pd.Timestamp,
    params: FeatureParams,
    keep: int,
    names: Collection[str] | None = None,
    roll_up: bool = True,
) -> Evidence:
    """The evidence of these accounts behind the features `names` (None: all) at a date.

    Of each account, table and feature the newest `keep` records are kept; where there are more, the
    document says how many. One query per table, however many accounts there are.
    """
    catalog = load_catalog(params.windows)
    named = [feature for feature in catalog if names is None or feature.name in names]
    found = evidence(source, accounts, as_of, [feature.name for feature in named], params, roll_up)
    documents: dict[str, Document] = {account: {"tables": {}, "left_out": {}} for account in accounts}
    for table, records in found.items():
        for account, document in _by_account(records, keep):
            documents[account]["tables"][table] = document
        for (account, name, why), mentions in sorted(records.left_out.items()):
            by_reason = documents[account]["left_out"].setdefault(name, {})
            by_reason[why] = by_reason.get(why, 0) + mentions
    return Evidence(_index(source, found, as_of, named, params, keep, roll_up), documents)


def _index(
    source: Warehouse,
    found: Mapping[str, Records],
    as_of: pd.Timestamp,
    named: list[Feature],
    params: FeatureParams,
    keep: int,
    roll_up: bool,
) -> Document:
    reads = words_read(AsOf(day_number(as_of), params))
    tables = {
        table: {
            "columns": [column for column in records.rows if column != "account_id"],
            "features": list(records.behind),
            "text": TEXT_OF.get(table),
        }
        for table, records in found.items()
    }
    features = {}
    for feature in named:
        absent = [table for table in tables_behind(feature.name, params) if not source.has(table)]
        features[feature.name] = {
            **feature.model_dump(include={"family", "pillar", "role", "title", "missing"}),
            "tables": list(tables_behind(feature.name, params, roll_up)),
            "absent": absent,
            "reads": list(reads.get(feature.name, ())),
        }
    return {"keep": keep, "tables": tables, "features": features}


def _by_account(records: Records, keep: int) -> Iterator[tuple[str, Document]]:
    """The table's document for each account that has a row."""
    behind = records.behind.to_numpy(dtype=bool)
    values = [_plain(records.rows[column]) for column in records.rows if column != "account_id"]
    rows = list(zip(_bits(behind).tolist(), *values, strict=True))
    owners = records.rows["account_id"].to_numpy(dtype=object)
    starts = [0, *(np.flatnonzero(owners[1:] != owners[:-1]) + 1), len(owners)] if len(owners) else []
    for start, end in pairwise(starts):
        own, totals = np.arange(start, end), {}
        if end - start > keep:
            newest = behind[start:end] & (behind[start:end].cumsum(axis=0) <= keep)
            counts = behind[start:end].sum(axis=0)
            totals = {name: int(n) for name, n in zip(records.behind, counts, strict=True) if n > keep}
            own = own[newest.any(axis=1)]
        document: Document = {"rows": [rows[place] for place in own]}
        if totals:
            document["totals"] = totals
        spans = {
            str(n): records.spans[place]
            for n, place in enumerate(own)
            if records.spans and records.spans[place]
        }
        if spans:
            document["spans"] = spans
        yield str(owners[start]), document


def _bits(behind: NDArray[np.bool_]) -> NDArray[np.int64]:
    assert behind.shape[1] < 63, "more features read a table than a number has bits"
    found: NDArray[np.int64] = behind @ (1 << np.arange(behind.shape[1], dtype=np.int64))
    return found


def _plain(column: pd.Series) -> list[Any]:
    """The values as JSON knows them: times as ISO 8601 in UTC, what is missing as null."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        moments = column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")
        texts = np.datetime_as_string(moments.astype("datetime64[s]"), timezone="UTC").astype(object)
        return list(np.where(column.isna(), None, texts))
    values = column.astype(object)
    return list(values.where(column.notna(), None))
