"""What to keep of the step to a snapshot, while the book is at hand: see `change_tables`.

Which features may decay is the catalogue's to say (`ages`): an answer goes on standing for itself and grows
old. Of the others no new record is itself the record: who uses nothing has stopped using, and that is
behaviour. Only where a source brought nothing new about anybody does time alone speak through them too.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalog import Feature, load_catalog
from features.cohort import cohort
from features.cut_tables import cut_at
from features.evidence import tables_behind
from features.extent import newest_fact
from features.faults import VitalsFault
from features.params import FeatureParams
from features.snapshot import build_snapshot, snapshot_of
from features.time_windows import day_number
from features.warehouse import Warehouse, warehouse
from serving.batch.batch_scoring import ScoredBook
from serving.changes.change_tables import (
    StepInputs,
    before_statement,
    has_step,
    read_settings,
    write_settings,
    write_step,
)
from serving.history.score_inputs import ScoreInputs
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore
from serving.scores.champion import Champion, find_version
from training.bundle_signature import vouched_by
from training.health_model import HealthModel, read_health_model
from training.text_feature import told_by_book
from training.text_signal import TextSignal

FLOWS = {"usage", "tickets", "invoices"}  # tables of which no new record is itself the record
Progress = Callable[[str], None]
Matrix = NDArray[np.float64]


def settings_of(params: FeatureParams) -> dict[str, Any]:
    """The settings by which features are read, as plain values; of a lexicon also what it holds (SHA-256)."""
    held = [hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in params.lexicons]
    return {"features": params.model_dump(mode="json"), "lexicons": held}


@dataclass(frozen=True, eq=False)
class Earlier:
    """The snapshot published before: what it was scored from, and by which settings (None: not kept)."""

    snapshot: Snapshot
    inputs: ScoreInputs
    settings: dict[str, Any] | None

    @property
    def moment(self) -> pd.Timestamp:
        """Its as-of date."""
        return pd.Timestamp(self.snapshot.as_of)

    def read_by(self, today: FeatureParams) -> FeatureParams | None:
        """The settings by which the book can be read as it was then; None where a lexicon has changed."""
        if self.settings is None:
            return today
        try:
            then = FeatureParams.model_validate(self.settings["features"])
            return then if settings_of(then) == self.settings else None
        except (VitalsFault, ValueError, OSError):
            return None


def step_to(
    scored: ScoredBook, earlier: Earlier, today: FeatureParams, registry: Path, progress: Progress
) -> StepInputs | None:
    """The step from the earlier snapshot to the book as it is scored now; None where none can be kept.

    None: nobody is in both, or the words by which the earlier one was read are gone.
    """
    then, names = earlier.read_by(today), earlier.inputs.features
    before = earlier.inputs.rows.set_index("account_id")
    accounts = [str(name) for name in scored.rows["account_id"] if name in before.index]
    if then is None or not accounts:
        return None
    progress("what has changed since the snapshot before")
    x0 = before.loc[accounts, names].to_numpy("float64")
    signal = text_signal_of(earlier.snapshot, registry)
    known = None
    if (then, earlier.snapshot.model) != (today, scored.model):
        known = _known(scored, accounts, names, then, today, signal)
    if earlier.moment == scored.as_of:
        return StepInputs(earlier.snapshot.id, tuple(accounts), x0, known)
    silent = _silent_tables(scored.source, earlier.moment, scored.as_of)
    if silent == set(scored.source.tables):
        # Nothing new about anybody: what is known now is what was known then, as of today.
        decayed = _ordered(scored.rows, accounts, names) if known is None else known
    else:
        again, raw = _at_both_dates(scored, earlier, accounts, then, signal)
        may = np.array(list(_may_decay(names, then, silent)))
        # Where today's book tells the earlier date otherwise, the past was rewritten: that is no decay.
        same = (again == x0) | (np.isnan(again) & np.isnan(x0))
        decayed = np.where(may & same, raw, x0)
    return StepInputs(earlier.snapshot.id, tuple(accounts), decayed, known)


def text_signal_of(snapshot: Snapshot, registry: Path) -> TextSignal | None:
    """The text signal of the model that scored a snapshot; None where it had none, or is gone."""
    if snapshot.model["kind"] == "rule":
        return None
    try:
        version = find_version(registry, snapshot.model["version"])
        return None if version is None else _signed(version, registry).text
    except (VitalsFault, OSError, sqlite3.Error):
        return None


def _known(
    scored: ScoredBook,
    accounts: list[str],
    names: list[str],
    then: FeatureParams,
    today: FeatureParams,
    signal: TextSignal | None,
) -> Matrix:
    """The book as it is known now, read as it was then."""
    if then == today:
        learned = [feature.name for feature in load_catalog(then.windows) if feature.learned]
        rows = scored.rows.assign(**dict.fromkeys(learned, np.nan))
    else:
        rows = build_snapshot(scored.source, [scored.as_of], then)
    rows = told_by_book(rows, signal, scored.source, then.windows)
    return _ordered(rows, accounts, names)


def _at_both_dates(
    scored: ScoredBook,
    earlier: Earlier,
    accounts: list[str],
    then: FeatureParams,
    signal: TextSignal | None,
) -> tuple[Matrix, Matrix]:
    """What was known at the earlier date, as of that date and as of today: (n, k) each.

    Both are read of the customers of the earlier date, also of those whose contract, as far as was known
    then, has run out since.
    """
    known = scored.source.as_known(day_number(earlier.moment))
    source = warehouse(cut_at(known.tables, earlier.moment))
    who = cohort(source, [earlier.moment])
    today = ibis.literal(day_number(scored.as_of), type="int64")
    rows = snapshot_of(source, who.union(who.mutate(as_of_day=today)), then)
    rows = told_by_book(rows, signal, source, then.windows)
    names = earlier.inputs.features
    first, second = (rows[rows["as_of"] == date] for date in (earlier.moment, scored.as_of))
    return _ordered(first, accounts, names), _ordered(second, accounts, names)


def _ordered(rows: pd.DataFrame, accounts: list[str], names: list[str]) -> Matrix:
    """The features of these accounts (n, k); NaN where the rows lack one."""
    found: Matrix = rows.set_index("account_id").reindex(index=accounts, columns=names).to_numpy("float64")
    return found


def _silent_tables(source: Warehouse, first: pd.Timestamp, second: pd.Timestamp) -> set[str]:
    """The tables that brought nothing new about anybody between the two dates."""
    newest = {table: newest_fact(source, table, second) for table in source.tables}
    return {table for table, moment in newest.items() if moment is None or moment < first}


def _may_decay(names: list[str], params: FeatureParams, silent: set[str]) -> Iterator[bool]:
    known: dict[str, Feature] = {feature.name: feature for feature in load_catalog(params.windows)}
    for name in names:
        feature = known.get(name)
        if feature is None:
            yield False
        else:
            behind = set(tables_behind(name, params))
            yield feature.ages or (behind & FLOWS or behind) <= silent


def keep_step(
    store: ScoreStore, snapshot: Snapshot, settings: Mapping[str, Any], step: StepInputs | None
) -> None:
    """Writes both beside a published snapshot, where they are not kept yet."""
    with store.writing() as connection:
        if not read_settings(connection, [snapshot.id]):
            write_settings(connection, snapshot.id, settings)
        if step is not None and not has_step(connection, snapshot.id):
            write_step(connection, snapshot.id, step)


def earlier_of(store: ScoreStore, as_of: str, snapshot: Snapshot | None) -> Earlier | None:
    """The snapshot published before one (None: one of this date that is still to be published).

    None where there is none, where it was published without its features, or where the step is kept.
    """
    with store.begin() as connection:
        if snapshot is not None and has_step(connection, snapshot.id):
            return None
        row = connection.execute(
            before_statement(as_of, None if snapshot is None else snapshot.id)
        ).one_or_none()
        settings = {} if row is None else read_settings(connection, [row.id])
    if row is None:
        return None
    before = Snapshot(**row._asdict())
    inputs = store.inputs_of(before)
    return None if inputs is None else Earlier(before, inputs, settings.get(before.id))


def _signed(version: Champion, registry: Path) -> HealthModel:
    return read_health_model(version.bundle, vouched_by(version.bundle, version.version, registry))
