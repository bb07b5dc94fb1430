"""A file of feature rows into the score history: checked, scored in chunks, published in one piece.

Rows have no book behind them: nothing is known of the records behind a driver, since when it has been so, or
of the newest fact, and no case is opened. What is published is a snapshot like any other in all else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from features.catalog import load_catalog
from features.faults import Fault, WrongUse
from features.files import check_ending
from features.params import RuleParams
from features.params_file import read_section
from features.spark_session import Cluster, spark_session
from serving.api.request_fields import utc_text
from serving.batch.batch_scoring import SHAPE
from serving.bulk.chunk_files import ChunkFiles
from serving.bulk.local_rows import LocalRows
from serving.bulk.published_rows import PublishedRows, without_facts
from serving.bulk.rows_out import write_flat
from serving.bulk.rows_seen import RowsSeen, checked_date
from serving.bulk.scored_chunk import Told, chunk_rows
from serving.history.opened_store import opened_store
from serving.history.score_inputs import WrittenInputs
from serving.history.snapshots import Snapshot, WrittenAccount
from serving.history.store import ScoreStore
from serving.params import ServingParams
from serving.scores.column_flags import flags_of
from serving.scores.learned_scorer import LearnedScorer
from serving.scores.rule_scorer import RuleScorer
from serving.weights.in_force import scorer_in_force
from training.all_params import AllParams

Progress = Callable[[str], None]


class Rows(Protocol):
    """Rows to score, on an engine."""

    def seen(self, features: Sequence[str]) -> RowsSeen: ...

    def whole(self) -> pd.DataFrame: ...

    def digest(self) -> str: ...

    def scored(self, missing: Sequence[int], count: int, told: Told) -> Iterator[tuple[int, bytes]]: ...


@dataclass(frozen=True)
class Bulk:
    """How the rows are scored: by `jobs` processes here or on a `cluster`, in `work`, where scored chunks are
    kept until they are published; `out` is a flat file of the scores besides."""

    rows: Path
    work: Path
    jobs: int = 1
    cluster: Cluster | None = None
    out: Path | None = None


def score_rows(
    bulk: Bulk,
    params_file: Path,
    overrides: tuple[str, ...],
    registry: Path,
    store_url: str | None,
    now: dt.datetime,
    progress: Progress,
) -> PublishedRows:
    """Scores the rows with the champion (or the rule) and publishes them as a snapshot, whole or not at all.

    What was published already (same rows, model and settings) is not published twice. Where it is
    interrupted, the same call goes on with the chunks that are not scored yet.
    """
    if bulk.out is not None:
        check_ending(bulk.out)
    params = AllParams.read(params_file, overrides)
    limits = read_section(params_file, "serving", ServingParams, overrides)
    with opened_store(store_url) as store, _opened(bulk, progress) as rows:
        scorer = scorer_in_force(store, registry, params_file, overrides)
        names = [feature.name for feature in load_catalog(params.features.windows)]
        progress("reading and checking the rows")
        seen = rows.seen(names)
        moment = checked_date(seen, params.features.windows)
        told = _told(rows, seen, scorer, moment, limits)
        made = _fingerprint(rows.digest(), scorer, told)
        snapshot = _published_before(store, told, made)
        count = -(-seen.rows // limits.rows_per_chunk)
        # Cut into another number of chunks, they hold other accounts.
        chunks = ChunkFiles(bulk.work / f"{made[:16]}-{count}", count)
        kept = chunks.count - len(chunks.missing)
        if snapshot is None or bulk.out is not None:
            for number, content in rows.scored(chunks.missing, chunks.count, told):
                chunks.keep(number, content)
                progress(f"scoring: {chunks.count - len(chunks.missing)} of {chunks.count} chunks")
        if snapshot is None:
            progress("publishing")
            snapshot = _publish(store, chunks, told, scorer.rule, made, now)
        if bulk.out is not None:
            progress("writing the file")
            write_flat(chunks, bulk.out, limits.default_top)
        chunks.remove()
        without = without_facts(store, snapshot)
        return PublishedRows(snapshot, store.bands_of(snapshot), chunks.count, kept, without)


@contextmanager
def _opened(bulk: Bulk, progress: Progress) -> Iterator[Rows]:
    if not bulk.rows.exists():
        step = "write it with vitals features --out FILE.parquet"
        raise WrongUse(
            "the rows cannot be read", [Fault("--rows", str(bulk.rows), "a file that exists", step)]
        )
    if bulk.cluster is None:
        yield LocalRows(bulk.rows, bulk.jobs)
        return
    if bulk.rows.suffix == ".csv":
        fault = Fault("--rows", str(bulk.rows), "a Parquet file on Spark", "write it as Parquet")
        raise WrongUse("the rows cannot be read", [fault])
    progress("starting Spark")
    session = spark_session(bulk.cluster)
    try:
        from serving.bulk.spark_rows import SparkRows  # needs pyspark, which the session has found

        yield SparkRows(session, bulk.rows.resolve())
    finally:
        session.stop()


def _told(
    rows: Rows,
    seen: RowsSeen,
    scorer: LearnedScorer | RuleScorer,
    moment: pd.Timestamp,
    limits: ServingParams,
) -> Told:
    """What is true of all rows together is found out once, and told to every chunk."""
    flags = flags_of(seen.of(tuple(scorer.usual)), scorer.usual)
    when: dict[str, Any] = {"as_of": utc_text(moment.to_pydatetime()), "known_until": None, "stale": []}
    if isinstance(scorer, RuleScorer):
        scorer = scorer.told_by(rows.whole())
    return Told(scorer, limits.default_top, when | flags, seen.features)


def _fingerprint(rows: str, scorer: LearnedScorer | RuleScorer, told: Told) -> str:
    """SHA-256 of the rows, and of all that their payloads depend on."""
    # Versions of two registries have the same number: what was learned tells them apart.
    learned = json.dumps([scorer.model, scorer.comparison, scorer.usual, scorer.weights], sort_keys=True)
    settings = (scorer.rule.model_dump_json(), scorer.windows.model_dump_json(), str(told.top))
    return hashlib.sha256("\n".join(("rows", SHAPE, rows, learned, *settings)).encode()).hexdigest()


def _published_before(store: ScoreStore, told: Told, made: str) -> Snapshot | None:
    newest = store.newest_snapshot(str(told.around["as_of"]))
    same = newest is not None and (newest.model, newest.data_fingerprint) == (told.scorer.model, made)
    return newest if same else None


def _publish(
    store: ScoreStore, chunks: ChunkFiles, told: Told, rule: RuleParams, made: str, now: dt.datetime
) -> Snapshot:
    accounts = (
        WrittenAccount(**row) for chunk in chunks for row in chunk_rows(chunk, WrittenAccount._fields)
    )
    inputs = (
        (row["account_id"], row["feature_values"])
        for chunk in chunks
        for row in chunk_rows(chunk, ("account_id", "feature_values"))
    )
    return store.publish_snapshot(
        accounts,
        as_of=dt.datetime.fromisoformat(told.around["as_of"]),
        published_at=now,
        model=told.scorer.model,
        data_fingerprint=made,
        inputs=WrittenInputs(told.features, rule, inputs),
    )
