"""The lineage of one published score: what it was made from, what of that differs now, and both replays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from features.evidence import tables_behind
from features.faults import Fault, VitalsFault, WrongUse
from serving.batch.batch_scoring import ScoredBook
from serving.history.history_answers import account_of_snapshot, snapshot_for
from serving.history.score_inputs import ScoreInputs
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore
from serving.lineage.lineage_tables import Part, read_lineage
from serving.lineage.made_from import bundle_digest, catalogue_part, code_part, data_part
from serving.lineage.part_differences import Difference, PartState, differences
from serving.lineage.replay import KeptParams, by_account, from_the_book, from_what_was_kept
from serving.scores.champion import find_version

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Replay:
    """One replay: `differing` against what was published, by field; `fault` where it could not be run."""

    way: str
    differing: tuple[Difference, ...] = ()
    fault: str | None = None
    causes: tuple[Difference, ...] = ()

    @property
    def same(self) -> bool:
        """Whether it was run and gave what was published, to the bit."""
        return self.fault is None and not self.differing

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        told = {
            "differing": [vars(one) for one in self.differing],
            "features": [vars(c) for c in self.causes],
        }
        return {"same": self.same, "fault": self.fault, **told}

    def as_text(self, most: int = 8) -> str:
        """A paragraph for people."""
        if self.fault is not None:
            return f"not replayed {self.way}: {self.fault}"
        if self.same:
            return f"replayed {self.way}: the same to the bit"
        told = [f"    {one.as_text()}" for one in (*self.causes, *self.differing)]
        more = [f"    … and {len(told) - most} more (--json tells all)"] if len(told) > most else []
        return "\n".join([f"replayed {self.way}: {len(self.differing)} fields differ", *told[:most], *more])


@dataclass(frozen=True)
class Lineage:
    """All of it. `parts` is empty where the snapshot was published before lineage was kept."""

    account_id: str
    snapshot: Snapshot
    payload: Mapping[str, Any]
    parts: tuple[PartState, ...]
    replays: tuple[Replay, ...]

    @property
    def same(self) -> bool:
        """Whether every replay that was asked for gave the same bits."""
        return all(replay.same for replay in self.replays)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        kept = {part.name: part.kept for part in self.parts}
        return {
            "account_id": self.account_id,
            "snapshot": self.snapshot.as_dict() | {"data_fingerprint": self.snapshot.data_fingerprint},
            "health": self.payload["health"],
            "parts": {part.name: part.as_dict() for part in self.parts},
            "kept": kept,
            "replays": {replay.way: replay.as_dict() for replay in self.replays},
            "same": self.same,
        }

    def as_text(self) -> str:
        """For people."""
        s = self.snapshot
        first = (
            f"{self.account_id} as of {s.as_of[:10]}: health {self.payload['health']}, {self.payload['band']}"
        )
        told = f"snapshot {s.id}, published {s.published_at}; it was made from"
        parts = [part.as_text() for part in self.parts]
        return "\n".join([first, told, *parts, *(replay.as_text() for replay in self.replays)])


def lineage_of(
    store: ScoreStore,
    registry: Path,
    account_id: str,
    as_of: str | int | None,
    today: Part,
    book: Path | None,
    progress: Progress = lambda _: None,
) -> Lineage:
    """The lineage of an account's score: of an as-of date, of a snapshot's number, or the newest.

    `today`: the part `params` as params.yaml says it now. `book`: read again where it is given. Raises
    Problem where the account or the date was not published, WrongUse where no lineage was kept.
    """
    snapshot = _snapshot(store, as_of)
    payload = account_of_snapshot(store, snapshot, account_id).payload
    with store.begin() as connection:
        parts = read_lineage(connection, snapshot.id)
    if parts is None:
        step = "publish the date again: vitals score BOOK --as-of DATE"
        fault = Fault("snapshot", snapshot.id, "one that was published with its lineage", step)
        raise WrongUse("no lineage was kept: an older Vitals published this score", [fault])
    progress("replaying from what was kept")
    replays = [_from_kept(store, snapshot, parts, registry, payload)]
    data = PartState("data", parts["data"], None, "no book was read")
    if book is not None:
        progress("replaying from the book")
        data, replay = _from_book(book, store, snapshot, parts, registry, payload)
        replays.append(replay)
    return Lineage(account_id, snapshot, payload, _states(parts, data, today, registry), tuple(replays))


def _snapshot(store: ScoreStore, as_of: str | int | None) -> Snapshot:
    if not isinstance(as_of, int):
        return snapshot_for(store, as_of)
    found = store.snapshot(as_of)
    if found is None:
        fault = Fault("--snapshot", as_of, "the number of a published snapshot", "vitals explain shows dates")
        raise WrongUse("no such snapshot", [fault])
    return found


def _states(parts: Mapping[str, Part], data: PartState, today: Part, registry: Path) -> tuple[PartState, ...]:
    windows = KeptParams.of(parts["params"]).params.features.windows
    now = {"params": today, "code": code_part(), "catalogue": catalogue_part(windows)}
    same = {name: PartState(name, parts[name], differences(parts[name], part)) for name, part in now.items()}
    return data, same["params"], same["code"], same["catalogue"], _model_state(parts["model"], registry)


def _model_state(kept: Part, registry: Path) -> PartState:
    if kept["kind"] == "rule":
        return PartState("model", kept, ())
    champion = find_version(registry, str(kept["version"]))
    found = None if champion is None else bundle_digest(champion)
    return PartState("model", kept, differences({"bundle": kept["bundle"]}, {"bundle": found}))


def _from_kept(
    store: ScoreStore, snapshot: Snapshot, parts: Mapping[str, Part], registry: Path, payload: dict[str, Any]
) -> Replay:
    way = "from the kept features"
    try:
        found = from_what_was_kept(store, snapshot, parts, registry)
    except VitalsFault as fault:
        return Replay(way, fault=str(fault))
    return Replay(way, differences(payload, found[payload["account_id"]]))


def _from_book(
    book: Path,
    store: ScoreStore,
    snapshot: Snapshot,
    parts: Mapping[str, Part],
    registry: Path,
    payload: dict[str, Any],
) -> tuple[PartState, Replay]:
    way = "from the book"
    try:
        scored, inputs = from_the_book(book, store, snapshot, parts, registry)
    except VitalsFault as fault:
        return PartState("data", parts["data"], None, "the book was not scored"), Replay(
            way, fault=str(fault)
        )
    data = _data_state(parts, scored)
    found = by_account([account.payload for account in scored.accounts]).get(payload["account_id"])
    if found is None:
        said = f"the book has no customer {payload['account_id']} on {snapshot.as_of[:10]}"
        return data, Replay(way, fault=said)
    causes = _features_that_differ(store, snapshot, payload["account_id"], inputs, parts)
    return data, Replay(way, differences(payload, found), causes=causes)


def _data_state(parts: Mapping[str, Part], scored: ScoredBook) -> PartState:
    kept, rule = parts["data"], KeptParams.of(parts["params"]).params.rule
    now = data_part(scored, rule)
    if now["duckdb"] != kept["duckdb"]:
        why = f"digests of DuckDB {kept['duckdb']} are not comparable with those of {now['duckdb']}"
        return PartState("data", kept, None, why)
    return PartState("data", kept, differences(kept, now))


def _features_that_differ(
    store: ScoreStore, snapshot: Snapshot, account_id: str, now: ScoreInputs, parts: Mapping[str, Part]
) -> tuple[Difference, ...]:
    """The account's features that the book tells otherwise now, each with the tables it is read from."""
    kept = store.inputs_of(snapshot, account_id)
    mine = now.rows[now.rows["account_id"] == account_id]
    if kept is None or mine.empty or kept.rows.empty:
        return ()
    params, found = KeptParams.of(parts["params"]).params.features, []
    for name in kept.features:
        then, today = (float(rows[name].iloc[0]) if name in rows else np.nan for rows in (kept.rows, mine))
        if then != today and not (np.isnan(then) and np.isnan(today)):
            tables = ", ".join(sorted(tables_behind(name, params))) or "the model's words"
            told = [None if np.isnan(value) else value for value in (then, today)]
            found.append(Difference(f"{name} (from {tables})", *told))
    return tuple(found)
