"""What a published snapshot was scored from: every account's features, to the bit, and the rule.

Kept beside the scores, so that "what if the weights were others" can be asked of any published date and
answered with the same bytes, whatever became of the book since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, select

from features.params import RuleParams
from serving.history.score_tables import score_inputs, snapshot_inputs

KEYS = ("account_id", "as_of", "segment")
ROWS_PER_INSERT = 1_000
FLOAT = "<f8"


@dataclass(frozen=True, eq=False)
class ScoreInputs:
    """`rows`: account_id and every feature (float64, NaN = missing), by account id. `rule`: as it was."""

    rows: pd.DataFrame
    rule: RuleParams

    @classmethod
    def of(cls, rows: pd.DataFrame, rule: RuleParams) -> ScoreInputs:
        """The inputs of scored rows, which may also hold the as-of date and the segment."""
        names = [name for name in rows.columns if name not in KEYS]
        kept = rows[["account_id", *names]].sort_values("account_id", ignore_index=True)
        return cls(kept.astype(dict.fromkeys(names, "float64")), rule)

    @property
    def features(self) -> list[str]:
        """The features' names, in the order of the columns."""
        return [str(name) for name in self.rows.columns[1:]]

    @property
    def written(self) -> Iterator[tuple[str, bytes]]:
        """Of each account its features as they are kept."""
        values = self.rows[self.features].to_numpy(FLOAT)
        return (
            (str(account), row.tobytes())
            for account, row in zip(self.rows["account_id"], values, strict=True)
        )


@dataclass(frozen=True, eq=False)
class WrittenInputs:
    """The same as it is kept already: `written` once, of each account the values of `features` (`FLOAT`)."""

    features: Sequence[str]
    rule: RuleParams
    written: Iterable[tuple[str, bytes]]


def write_inputs(connection: Connection, snapshot_id: int, inputs: ScoreInputs | WrittenInputs) -> None:
    """Writes the inputs of a snapshot within the transaction that publishes it."""
    rule = inputs.rule.model_dump(mode="json")
    connection.execute(
        snapshot_inputs.insert().values(snapshot_id=snapshot_id, features=list(inputs.features), rule=rule)
    )
    rows = iter(inputs.written)
    while batch := list(islice(rows, ROWS_PER_INSERT)):
        of_account = [
            {"snapshot_id": snapshot_id, "account_id": account, "feature_values": values}
            for account, values in batch
        ]
        connection.execute(score_inputs.insert(), of_account)


def read_inputs(
    connection: Connection, snapshot_id: int, account_id: str | None = None
) -> ScoreInputs | None:
    """The inputs of a snapshot, or of one account in it, bit for bit as they were written; None where there
    are none."""
    of_snapshot = snapshot_inputs.c.snapshot_id == snapshot_id
    found = connection.execute(select(snapshot_inputs).where(of_snapshot)).one_or_none()
    if found is None:
        return None
    query = select(score_inputs).where(score_inputs.c.snapshot_id == snapshot_id)
    if account_id is not None:
        query = query.where(score_inputs.c.account_id == account_id)
    written = connection.execute(query.order_by(score_inputs.c.account_id)).all()
    rows = pd.DataFrame({"account_id": [row.account_id for row in written]}, dtype="str")
    values = _values([row.feature_values for row in written], len(found.features))
    features = pd.DataFrame(values, columns=found.features)
    return ScoreInputs(pd.concat([rows, features], axis=1), RuleParams.model_validate(found.rule))


def _values(rows: list[Any], width: int) -> np.ndarray:
    return np.frombuffer(b"".join(rows), dtype=FLOAT).reshape(len(rows), width).astype("float64")
