"""One account in the snapshots it was published in: its health, and what it was scored from."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select

from features.params import RuleParams, Windows
from serving.changes.change_tables import Row, floats, read_account_steps, read_before, read_settings
from serving.changes.configuration_changes import configuration_changes
from serving.history.score_tables import score_history, score_inputs, snapshot_inputs, snapshots
from serving.history.snapshots import Snapshot


@dataclass(frozen=True, eq=False)
class Past:
    """The account in one snapshot. `features` (k,) by `names`; None where the snapshot kept none."""

    snapshot: Snapshot
    payload: dict[str, Any]
    segment: str | None
    names: tuple[str, ...]
    features: Row | None
    rule_document: Mapping[str, Any]
    settings: dict[str, Any] | None

    @cached_property
    def rule(self) -> RuleParams:
        """The rule that it was scored by, or beside."""
        return RuleParams.model_validate(self.rule_document)

    @property
    def windows(self) -> Windows:
        """The windows in its features' names; the usual ones where they were not kept."""
        return Windows() if self.settings is None else Windows(**self.settings["features"]["windows"])

    @property
    def rule_told(self) -> dict[str, Any]:
        """The rule's score in short, as it was published; `/v1/accounts/{id}` explains it."""
        return {key: self.payload["rule"][key] for key in ("score", "range", "band", "pillars")}

    def value(self, name: str) -> float:
        """A feature's value; NaN where it is missing, or the snapshot kept none of that name."""
        if self.features is None or name not in self.names:
            return math.nan
        return float(self.features[self.names.index(name)])

    def changes_since(self, before: Past) -> dict[str, Any]:
        """What of model and configuration differs from an earlier snapshot: model, configuration, segment."""
        model, last = before.snapshot.model, self.snapshot.model
        return {
            "model": None if model == last else {"from": model, "to": last},
            "configuration": self._configuration_since(before),
        }

    def _configuration_since(self, before: Past) -> list[str]:
        changed = []
        if before.rule_document and self.rule_document:
            # As they are read today: a key that came later, at its usual value, is no change.
            rules = (before.rule.model_dump(mode="json"), self.rule.model_dump(mode="json"))
            changed = configuration_changes(*rules, before.settings, self.settings)
        return changed + (["segment"] if before.segment != self.segment else [])


def pasts(
    connection: Connection, account_id: str, ids: Collection[int], seen: ColumnElement[bool] | None = None
) -> dict[int, Past]:
    """The account in these snapshots, by id; a snapshot that it is not in is left out.

    `seen`: whether the caller may see it (`ScoreStore.owned`); where not, it is in none.
    """
    scored = and_(score_history.c.account_id == account_id, score_history.c.snapshot_id.in_(ids))
    scored = scored if seen is None else and_(scored, seen)
    inner = snapshots.join(score_history, snapshots.c.id == score_history.c.snapshot_id)
    columns = (*snapshots.c, score_history.c.payload, score_history.c.segment)
    found = connection.execute(select(*columns).select_from(inner).where(scored)).all()
    settings, features = read_settings(connection, ids), _features(connection, account_id, ids)
    kept = connection.execute(select(snapshot_inputs).where(snapshot_inputs.c.snapshot_id.in_(ids)))
    inputs = {row.snapshot_id: row for row in kept}
    return {
        row.id: Past(
            Snapshot(row.id, row.as_of, row.published_at, row.model, row.data_fingerprint),
            row.payload,
            row.segment,
            tuple(inputs[row.id].features) if row.id in inputs else (),
            features.get(row.id),
            inputs[row.id].rule if row.id in inputs else {},
            settings.get(row.id),
        )
        for row in found
    }


def _features(connection: Connection, account_id: str, ids: Collection[int]) -> dict[int, Row]:
    table = score_inputs.c
    wanted = and_(table.account_id == account_id, table.snapshot_id.in_(ids))
    rows = connection.execute(select(table.snapshot_id, table.feature_values).where(wanted))
    return {row.snapshot_id: floats(row.feature_values) for row in rows}


@dataclass(frozen=True, eq=False)
class Stage:
    """From one snapshot of the account to the next. `decayed`, `known`: see `change_tables`; else None."""

    first: Past
    last: Past
    decayed: Row | None
    known: Row | None

    @property
    def decay_apart(self) -> bool:
        """Whether it is known what time alone did: on one date, nothing."""
        return self.decayed is not None or self.first.snapshot.as_of == self.last.snapshot.as_of


def stages(connection: Connection, account_id: str, first: int, last: int) -> list[Stage]:
    """The way from the snapshot `first` to `last` by the steps that were kept when each was published.

    One stage straight from first to last where no steps lead there. Snapshots in between that the account
    is not in, or that kept no features, are passed over.
    """
    before = read_before(connection)
    ids = _steps_back(before, first, last)
    steps = read_account_steps(connection, ids, account_id)
    found = pasts(connection, account_id, ids)
    here = [found[i] for i in ids if i in found and (found[i].features is not None or i in (first, last))]
    made = []
    for a, b in pairwise(here):
        kept = steps.get(b.snapshot.id) if before.get(b.snapshot.id) == a.snapshot.id else None
        made.append(Stage(a, b, *(kept or (None, None))))
    return made


def _steps_back(before: Mapping[int, int], first: int, last: int) -> list[int]:
    if first == last:
        return [first, last]
    ids = [last]
    while ids[-1] != first and ids[-1] in before:
        ids.append(before[ids[-1]])
    return ids[::-1] if ids[-1] == first else [first, last]
