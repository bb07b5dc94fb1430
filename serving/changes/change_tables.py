"""What a change between two snapshots is worked out from, kept when the later one is published.

A *step* leads from the snapshot published before (by as-of date, then by publication) to this one. Of each
account that is in both it keeps, as float64 in the order of the earlier snapshot's features:

    decayed   what was known at the earlier date, as of the later one: nothing happened but time
    known     what was known at the later date, read as the earlier snapshot reads it: with its settings,
              and with the text signal of its model. Null where that is what was scored anyway

`snapshot_settings` has the settings by which a snapshot's features were read from the book.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import JSON, Column, Connection, ForeignKey, Integer, LargeBinary, String, Table, and_, select

from serving.history.score_tables import append_only, metadata, snapshots

FLOAT = "<f8"
ROWS_PER_INSERT = 1_000
Row = NDArray[np.float64]

snapshot_settings = Table(
    "snapshot_settings",
    metadata,
    Column("snapshot_id", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("settings", JSON, nullable=False),
)
snapshot_steps = Table(
    "snapshot_steps",
    metadata,
    Column("snapshot_id", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("before_id", Integer, ForeignKey("snapshots.id"), nullable=False),
)
step_inputs = Table(
    "step_inputs",
    metadata,
    Column("snapshot_id", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("account_id", String(200), primary_key=True),
    Column("decayed", LargeBinary, nullable=False),
    Column("known", LargeBinary),
)
for _table in (snapshot_settings, snapshot_steps, step_inputs):
    append_only(_table)


@dataclass(frozen=True, eq=False)
class StepInputs:
    """The step from the snapshot `before_id`: `accounts` (n,), `decayed` (n, k), `known` (n, k) or None."""

    before_id: int
    accounts: tuple[str, ...]
    decayed: Row
    known: Row | None


def write_settings(connection: Connection, snapshot_id: int, settings: Mapping[str, Any]) -> None:
    """Writes by which settings a snapshot's features were read."""
    connection.execute(snapshot_settings.insert().values(snapshot_id=snapshot_id, settings=dict(settings)))


def write_step(connection: Connection, snapshot_id: int, step: StepInputs) -> None:
    """Writes the step that leads to a snapshot."""
    connection.execute(snapshot_steps.insert().values(snapshot_id=snapshot_id, before_id=step.before_id))
    decayed = step.decayed.astype(FLOAT)
    known = None if step.known is None else step.known.astype(FLOAT)
    for start in range(0, len(step.accounts), ROWS_PER_INSERT):
        places = range(start, min(start + ROWS_PER_INSERT, len(step.accounts)))
        rows = [
            {
                "snapshot_id": snapshot_id,
                "account_id": step.accounts[i],
                "decayed": decayed[i].tobytes(),
                "known": None if known is None else known[i].tobytes(),
            }
            for i in places
        ]
        connection.execute(step_inputs.insert(), rows)


def read_settings(connection: Connection, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """The settings of these snapshots; of one published without, nothing."""
    table = snapshot_settings.c
    found = connection.execute(select(table.snapshot_id, table.settings).where(table.snapshot_id.in_(ids)))
    return {row.snapshot_id: row.settings for row in found}


def read_before(connection: Connection) -> dict[int, int]:
    """By snapshot, the one that its step starts from."""
    return {row.snapshot_id: row.before_id for row in connection.execute(select(snapshot_steps))}


def read_account_steps(
    connection: Connection, ids: Collection[int], account_id: str
) -> dict[int, tuple[Row, Row | None]]:
    """By snapshot, the account's decayed and known features."""
    wanted = and_(step_inputs.c.snapshot_id.in_(ids), step_inputs.c.account_id == account_id)
    return {
        row.snapshot_id: (floats(row.decayed), None if row.known is None else floats(row.known))
        for row in connection.execute(select(step_inputs).where(wanted))
    }


def floats(content: bytes) -> Row:
    """The numbers of a blob, (k,)."""
    return np.frombuffer(content, dtype=FLOAT).astype("float64")


def has_step(connection: Connection, snapshot_id: int) -> bool:
    """Whether the step to a snapshot is kept."""
    found = select(snapshot_steps.c.snapshot_id).where(snapshot_steps.c.snapshot_id == snapshot_id)
    return connection.execute(found).first() is not None


def before_statement(as_of: str, snapshot_id: int | None) -> Any:
    """The snapshot published before: by as-of date, then by publication. An id of None is still to come."""
    table = snapshots.c
    if snapshot_id is None:
        earlier = table.as_of <= as_of
    else:
        earlier = (table.as_of < as_of) | and_(table.as_of == as_of, table.id < snapshot_id)
    return select(snapshots).where(earlier).order_by(table.as_of.desc(), table.id.desc()).limit(1)
