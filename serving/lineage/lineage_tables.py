"""What a snapshot was made from, kept as parts that are named after what they say.

A part (`data`, `params`, `code`, `catalogue`, `model`) is a JSON document under the SHA-256 of its canonical
bytes, and a snapshot names its parts. So nightly snapshots share what did not change, and a part that
somebody altered no longer bears its name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, Column, Connection, ForeignKey, Integer, String, Table, select

from features.faults import DataFault, Fault
from serving.history.score_tables import append_only, metadata
from serving.history.unique_rows import insert_once
from training.bundle_files import canonical_json

PARTS = ("data", "params", "code", "catalogue", "model")
Part = dict[str, Any]

lineage_parts = Table(
    "lineage_parts",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("content", JSON, nullable=False),
)
snapshot_lineage = Table(
    "snapshot_lineage",
    metadata,
    Column("snapshot_id", Integer, ForeignKey("snapshots.id"), primary_key=True),
    *(Column(part, String(64), ForeignKey("lineage_parts.sha256"), nullable=False) for part in PARTS),
)
append_only(lineage_parts)
append_only(snapshot_lineage)


def name_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of a part's canonical bytes.

    >>> name_of({"b": 1, "a": None}) == name_of({"a": None, "b": 1})
    True
    """
    return hashlib.sha256(canonical_json(dict(content))).hexdigest()


def keep_lineage(connection: Connection, snapshot_id: int, parts: Mapping[str, Part]) -> None:
    """Keeps the parts of a snapshot, where they are not kept yet."""
    names = {part: name_of(parts[part]) for part in PARTS}
    for part, name in names.items():
        insert_once(connection, lineage_parts, {"sha256": name, "content": parts[part]})
    insert_once(connection, snapshot_lineage, {"snapshot_id": snapshot_id, **names})


def has_lineage(connection: Connection, snapshot_id: int) -> bool:
    """Whether the parts of a snapshot are kept."""
    mine = snapshot_lineage.c.snapshot_id == snapshot_id
    return connection.execute(select(snapshot_lineage.c.snapshot_id).where(mine)).first() is not None


def read_lineage(connection: Connection, snapshot_id: int) -> dict[str, Part] | None:
    """The parts of a snapshot; None where it was published before parts were kept.

    DataFault where a part is not what its name says: somebody has altered it.
    """
    mine = snapshot_lineage.c.snapshot_id == snapshot_id
    row = connection.execute(select(snapshot_lineage).where(mine)).one_or_none()
    if row is None:
        return None
    names = {part: str(getattr(row, part)) for part in PARTS}
    kept = select(lineage_parts).where(lineage_parts.c.sha256.in_(names.values()))
    contents = {found.sha256: found.content for found in connection.execute(kept)}
    altered = [part for part, name in names.items() if name_of(contents[name]) != name]
    if altered:
        step = "restore the store from a backup (docs/operate.md)"
        allowed = "a document with the SHA-256 it was kept under"
        faults = [
            Fault(f"{part} of snapshot {snapshot_id}", names[part][:12], allowed, step) for part in altered
        ]
        raise DataFault("the lineage was altered", faults)
    return {part: contents[name] for part, name in names.items()}
