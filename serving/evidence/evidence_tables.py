"""Where the evidence of the newest snapshots is kept: beside the score history, and not part of it.

The history of scores is append-only. Evidence holds customers' own words and is bulky, so it is kept for
the newest snapshots and goes when newer ones come (docs/decisions/evidence-is-kept-for-the-newest-
snapshots-only.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import JSON, Column, Connection, ForeignKey, Integer, String, Table, func, select

from serving.history.score_tables import metadata, snapshots

ROWS_PER_INSERT = 1_000
Document = dict[str, Any]

evidence_indexes = Table(
    "evidence_indexes",
    metadata,
    Column("snapshot_id", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("document", JSON, nullable=False),
)
account_evidence = Table(
    "account_evidence",
    metadata,
    Column("snapshot_id", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("account_id", String(200), primary_key=True),
    Column("document", JSON, nullable=False),
)


@dataclass(frozen=True)
class Evidence:
    """The records behind a book's features: `index` says what they are, `accounts` has each account's.

    What the documents hold is told in `evidence_documents.py`.
    """

    index: Document
    accounts: Mapping[str, Document]


def wants_evidence(connection: Connection, as_of: str, newest: int) -> bool:
    """Whether a snapshot of this as-of date, published now, would be among the `newest`."""
    later = select(func.count()).select_from(snapshots).where(snapshots.c.as_of > as_of)
    return int(connection.execute(later).scalar_one()) < newest


def has_evidence(connection: Connection, snapshot_id: int) -> bool:
    """Whether the evidence of a snapshot is kept."""
    index = select(evidence_indexes.c.snapshot_id).where(evidence_indexes.c.snapshot_id == snapshot_id)
    return connection.execute(index).first() is not None


def keep_evidence(connection: Connection, snapshot_id: int, evidence: Evidence, newest: int) -> None:
    """Writes the evidence of a snapshot, then deletes that of all but the `newest` snapshots."""
    connection.execute(evidence_indexes.insert().values(snapshot_id=snapshot_id, document=evidence.index))
    rows = _rows(snapshot_id, evidence)
    while batch := list(islice(rows, ROWS_PER_INSERT)):
        connection.execute(account_evidence.insert(), batch)
    kept = select(snapshots.c.id).order_by(snapshots.c.as_of.desc(), snapshots.c.id.desc()).limit(newest)
    ids = list(connection.scalars(kept))
    for table in (account_evidence, evidence_indexes):
        connection.execute(table.delete().where(table.c.snapshot_id.not_in(ids)))


def _rows(snapshot_id: int, evidence: Evidence) -> Iterator[dict[str, Any]]:
    for account_id, document in evidence.accounts.items():
        yield {"snapshot_id": snapshot_id, "account_id": account_id, "document": document}


def evidence_of(
    connection: Connection, snapshot_id: int, account_id: str
) -> tuple[Document, Document] | None:
    """The index of a snapshot and the document of an account; None where it is not kept."""
    index, account = evidence_indexes.c, account_evidence.c
    same = index.snapshot_id == account.snapshot_id
    both = select(index.document, account.document).join_from(evidence_indexes, account_evidence, same)
    wanted = both.where(account.snapshot_id == snapshot_id, account.account_id == account_id)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else (row[0], row[1])
