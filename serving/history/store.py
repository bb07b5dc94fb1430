"""The score history in a database: published in one piece, read page by page, never rewritten."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, true

from serving.access.owned_accounts import accounts_of
from serving.api.request_fields import utc_text
from serving.api.request_queries import PortfolioQuery
from serving.evidence.evidence_tables import (
    Document,
    Evidence,
    evidence_of,
    has_evidence,
    keep_evidence,
    wants_evidence,
)
from serving.history.portfolio_pages import NOBODY, cursor_after, page_statement
from serving.history.remembered import Remembered
from serving.history.score_inputs import ScoreInputs, WrittenInputs, read_inputs, write_inputs
from serving.history.score_tables import score_history, snapshots
from serving.history.snapshot_writing import write_snapshot
from serving.history.snapshots import Page, ScoredAccount, Snapshot, WrittenAccount, scored_account
from serving.history.store_engine import engine_at, prepare

DEFAULT_URL = "sqlite:///data/vitals.db"


class ScoreStore:
    """The score history at a database URL: SQLite in WAL mode by default, or PostgreSQL.

    Making one opens no connection; it raises WrongUse for a URL that names no database. Every method
    may raise sqlalchemy.exc.SQLAlchemyError where the database does not answer.
    """

    def __init__(self, url: str = DEFAULT_URL) -> None:
        self._engine = engine_at(url)
        self.owner: str | None = None
        self._remembered = Remembered()  # shared by all views

    def prepare(self) -> None:
        """Makes the tables where they are not there yet, and brings older ones up to date; of a SQLite file
        also its folder. WrongUse for a store of a newer Vitals."""
        prepare(self._engine)

    def seen_by(self, owner: str | None) -> ScoreStore:
        """The same store as a CSM sees it who may see their own accounts only; None: every account.

        An account of somebody else is as if it were not there. Tables of other topics are filtered by
        `owned(column)`.
        """
        view = copy.copy(self)
        view.owner = owner
        return view

    def owned(self, account_id: ColumnElement[str]) -> ColumnElement[bool]:
        """The condition that an account may be seen, as in `.where(store.owned(cases.c.account_id))`."""
        return true() if self.owner is None else account_id.in_(accounts_of(self.owner))

    def remember(self, topic: str, key: Hashable, make: Callable[[], Any], most: int) -> Any:
        """What `make` returned the first time, for what never changes: a snapshot, read whole.

        All views of the store share it; where `make` heeds the owner, it is `remember_seen` that is meant.
        The `most` that were made last are kept of a topic.
        """
        return self._remembered.of(topic, key, make, most)

    def remember_seen(self, topic: str, key: Hashable, make: Callable[[], Any], most: int) -> Any:
        """What `make` returned the first time for this owner, of the accounts that are theirs now.

        The newest snapshot decides whose an account is (`owned`), of whatever date is asked: what was told
        of an older snapshot ends with the next one that is published.
        """
        newest = None if self.owner is None else self.newest_snapshot()
        return self.remember(topic, (key, self.owner, newest and newest.id), make, most)

    def ping(self) -> None:
        """Raises where the store does not answer or has no tables."""
        with self._engine.connect() as connection:
            connection.execute(select(snapshots.c.id).limit(1))

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction for tables of other topics; what raises inside undoes all of it."""
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: whole or not at all, and on the disk when it ends without an error.

        On SQLite it holds the one lock for writing from its first statement, so that what it reads
        cannot have changed when it writes.
        """
        with self._engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def close(self) -> None:
        """Closes the pooled connections."""
        self._engine.dispose()

    def publish_snapshot(
        self,
        accounts: Iterable[ScoredAccount | WrittenAccount],
        *,
        as_of: datetime,
        published_at: datetime,
        model: Mapping[str, Any],
        data_fingerprint: str,
        inputs: ScoreInputs | WrittenInputs | None = None,
        evidence: Evidence | None = None,
        evidence_snapshots: int = 1,
        follow: Callable[[Connection, Snapshot], None] = lambda _connection, _snapshot: None,
    ) -> Snapshot:
        """Writes a snapshot and all its accounts in one transaction: readers see all of it or nothing.

        `accounts` is read once and in batches, so it may be a generator over a large book. `inputs` is
        what the scores were made from; a snapshot without them cannot be asked what if. `evidence` is
        kept for the newest `evidence_snapshots`. `follow` is what else belongs into the transaction: the
        cases that the snapshot opens. Raises
        DataFault where it is empty, ValueError for a time without zone or a NaN in a payload, and
        sqlalchemy.exc.IntegrityError for an account that comes twice; nothing is written then.
        """
        values = {
            "as_of": utc_text(as_of),
            "published_at": utc_text(published_at),
            "model": dict(model),
            "data_fingerprint": data_fingerprint,
        }
        with self._engine.begin() as connection:
            snapshot = write_snapshot(connection, accounts, values)
            if inputs is not None:
                write_inputs(connection, snapshot.id, inputs)
            if evidence is not None:
                keep_evidence(connection, snapshot.id, evidence, evidence_snapshots)
            follow(connection, snapshot)
        return snapshot

    def wants_evidence(self, as_of: str, snapshot: Snapshot | None, newest: int) -> bool:
        """Whether evidence is to be kept for a date, and is not yet for the `snapshot` published before."""
        with self._engine.connect() as connection:
            if snapshot is not None and has_evidence(connection, snapshot.id):
                return False
            return wants_evidence(connection, as_of, newest)

    def keep_evidence(self, snapshot: Snapshot, evidence: Evidence, newest: int) -> None:
        """Keeps the evidence of a snapshot that was published without, and of the `newest` only."""
        with self._engine.begin() as connection:
            keep_evidence(connection, snapshot.id, evidence, newest)

    def evidence_of(self, snapshot: Snapshot, account_id: str) -> tuple[Document, Document] | None:
        """The index and the account's document (`evidence_documents.py`); None where it was not kept."""
        if not self.scores_of(snapshot, [account_id]):
            return None
        with self._engine.connect() as connection:
            return evidence_of(connection, snapshot.id, account_id)

    def newest_snapshot(self, as_of: str | None = None) -> Snapshot | None:
        """The last published snapshot of the latest as-of date, or of the as-of date asked for."""
        query = select(snapshots).order_by(snapshots.c.as_of.desc(), snapshots.c.id.desc()).limit(1)
        return self._snapshot(query if as_of is None else query.where(snapshots.c.as_of == as_of))

    def snapshot(self, snapshot_id: int) -> Snapshot | None:
        """The snapshot of an id, or None."""
        return self._snapshot(select(snapshots).where(snapshots.c.id == snapshot_id))

    def as_of_dates(self, limit: int = 24) -> list[str]:
        """The newest as-of dates that have a snapshot, latest first."""
        query = select(snapshots.c.as_of).distinct().order_by(snapshots.c.as_of.desc()).limit(limit)
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def scores_of(self, snapshot: Snapshot, account_ids: Sequence[str]) -> dict[str, ScoredAccount]:
        """The accounts of a snapshot by id; an id that is not in it is not in the result."""
        ids = score_history.c.account_id
        wanted = and_(score_history.c.snapshot_id == snapshot.id, ids.in_(account_ids), self.owned(ids))
        with self._engine.connect() as connection:
            rows = connection.execute(select(score_history).where(wanted)).all()
        return {row.account_id: scored_account(row) for row in rows}

    def account_ids_of(self, snapshot: Snapshot) -> list[str]:
        """The accounts of a snapshot that the caller may see, by account id."""
        ids = score_history.c.account_id
        query = select(ids).where(score_history.c.snapshot_id == snapshot.id, self.owned(ids))
        with self._engine.connect() as connection:
            return list(connection.scalars(query.order_by(ids)))

    def bands_of(self, snapshot: Snapshot) -> dict[str, int]:
        """How many accounts of a snapshot are green, yellow and red, by the score's own band."""
        band, of_snapshot = score_history.c.band, score_history.c.snapshot_id == snapshot.id
        counted = select(band, func.count()).where(of_snapshot, self.owned(score_history.c.account_id))
        with self._engine.connect() as connection:
            found = {str(name): int(count) for name, count in connection.execute(counted.group_by(band))}
        return {name: found.get(name, 0) for name in ("green", "yellow", "red")}

    def all_scores_of(self, snapshot: Snapshot) -> list[ScoredAccount]:
        """Every account of a snapshot, by account id."""
        of_snapshot = score_history.c.snapshot_id == snapshot.id
        query = select(score_history).where(of_snapshot, self.owned(score_history.c.account_id))
        with self._engine.connect() as connection:
            return [
                scored_account(row) for row in connection.execute(query.order_by(score_history.c.account_id))
            ]

    def inputs_of(self, snapshot: Snapshot, account_id: str | None = None) -> ScoreInputs | None:
        """What the scores of a snapshot (or of one account) were made from; None where it has none."""
        with self._engine.connect() as connection:
            return read_inputs(connection, snapshot.id, account_id)

    def neighbours(self, snapshot: Snapshot, account_id: str, each: int = 20) -> list[str]:
        """The ids just before and after one that is not there: where its misspelling is looked for."""
        ids = score_history.c.account_id
        query = select(ids).where(score_history.c.snapshot_id == snapshot.id, self.owned(ids)).limit(each)
        with self._engine.connect() as connection:
            after = connection.scalars(query.where(ids > account_id).order_by(ids)).all()
            before = connection.scalars(query.where(ids < account_id).order_by(ids.desc())).all()
        return [*before, *after]

    def portfolio_page(
        self, snapshot: Snapshot, query: PortfolioQuery, held: Mapping[str, str] = NOBODY
    ) -> Page:
        """One page of a snapshot, in the order of `query.sort`, ties by account id; `held`: the bands that
        people set, by account."""
        with self._engine.connect() as connection:
            wanted = page_statement(snapshot.id, query, held).where(self.owned(score_history.c.account_id))
            rows = connection.execute(wanted).all()
        shown = rows[: query.limit]
        last = cursor_after(shown[-1], query) if len(rows) > query.limit else None
        return Page([scored_account(row) for row in shown], last)

    def _snapshot(self, query: Select[Any]) -> Snapshot | None:
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Snapshot(**row._asdict())
