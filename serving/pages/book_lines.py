"""The whole book in short, one line per account of a snapshot: what the portfolio counts, sorts and shows.

A snapshot never changes, so its lines are read once and remembered; a caller sees those that are theirs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from features.params import BandLimits, RuleParams
from serving.history.score_tables import score_history, snapshot_inputs
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore
from serving.pages.book_conflicts import conflicts_of

BANDS = ("red", "yellow", "green")
THIN = 0.5  # of the evidence
READ = {
    **{name: f"$.{name}" for name in ("account_id", "health", "interval", "range", "band", "coverage")},
    "driver": "$.drivers[0]",
    "families": "$.family_points",
    **{name: f"$.{name}" for name in ("stale", "known_until")},
    "rule_score": "$.rule.score",
    "rule_band": "$.rule.band",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One account. `interval` and `range` are (low, high) health; `mrr` None where unknown.

    `unsure`: missing evidence alone keeps the account from a better band, or half of it is missing.
    `driver`: the largest. `conflict`: whether its roles disagree; None where that is not known.
    """

    account_id: str
    name: str
    owner: str | None
    segment: str | None
    parent: str | None
    mrr: float | None
    health: float
    interval: tuple[float, float] | None
    range: tuple[float, float]
    band: str
    coverage: float
    rule_score: float
    rule_band: str
    driver: dict[str, Any] | None
    families: dict[str, float]
    stale: tuple[str, ...]
    known_until: str | None
    unsure: bool
    conflict: bool | None

    @property
    def revenue_at_risk(self) -> float:
        """A year's revenue times the chance of losing it, 0 where the revenue is not known."""
        return 12 * (self.mrr or 0.0) * (1 - self.health / 100)


def lines_of(store: ScoreStore, snapshot: Snapshot) -> Sequence[Line]:
    """The lines that the store's caller may see, by account id."""
    lines: list[Line] = store.remember("lines", snapshot.id, lambda: _read(store, snapshot), 6)
    if store.owner is None:
        return lines
    newest = store.newest_snapshot()
    if newest is None or newest.id == snapshot.id:
        return [line for line in lines if line.owner == store.owner]
    mine = {line.account_id for line in lines_of(store, newest)}  # theirs today, of whatever date
    return [line for line in lines if line.account_id in mine]


def _read(store: ScoreStore, snapshot: Snapshot) -> list[Line]:
    limits, conflicts = band_limits(store, snapshot), conflicts_of(store.inputs_of(snapshot))
    with store.begin() as connection:
        found = _told(connection, snapshot)
        return [_line(details, told, limits, conflicts) for details, told in found]


def _told(connection: Connection, snapshot: Snapshot) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Of each account its details, and what a line needs of its payload.

    A payload is long: SQLite takes that out of it, ten times as fast as it is read whole.
    """
    columns = score_history.c
    is_sqlite = connection.dialect.name == "sqlite"
    told = func.json_extract(columns.payload, *READ.values()) if is_sqlite else columns.payload
    query = select(columns.details, told.label("told")).where(columns.snapshot_id == snapshot.id)
    for row in connection.execute(query.order_by(columns.account_id)):
        if is_sqlite:
            yield row.details, dict(zip(READ, json.loads(row.told), strict=True))
            continue
        payload = row.told
        rest = {"driver": next(iter(payload["drivers"]), None), "families": payload["family_points"]}
        rest |= {"rule_score": payload["rule"]["score"], "rule_band": payload["rule"]["band"]}
        yield row.details, payload | rest


def band_limits(store: ScoreStore, snapshot: Snapshot) -> BandLimits:
    """Where the bands of a snapshot begin: as its rule says, as usual where none was kept with it."""
    with store.begin() as connection:
        kept = select(snapshot_inputs.c.rule).where(snapshot_inputs.c.snapshot_id == snapshot.id)
        rule = connection.execute(kept).scalar()
    return BandLimits() if rule is None else RuleParams.model_validate(rule).bands


def zones(limits: BandLimits) -> list[tuple[str, float, float]]:
    """The bands along the scale of health, from 0 to 100: name, where it begins, where it ends.

    >>> zones(BandLimits())
    [('red', 0.0, 60.0), ('yellow', 60.0, 85.0), ('green', 85.0, 100.0)]
    """
    low, high = float(limits.yellow), float(limits.green)
    return [("red", 0.0, low), ("yellow", low, high), ("green", high, 100.0)]


def _line(
    details: dict[str, Any], payload: dict[str, Any], limits: BandLimits, conflicts: dict[str, bool]
) -> Line:
    account_id, interval = payload["account_id"], payload["interval"]
    low, high = payload["range"]
    return Line(
        account_id=account_id,
        name=details.get("name") or account_id,
        owner=details.get("owner"),
        segment=details.get("segment"),
        parent=details.get("parent_account_id"),
        mrr=details.get("mrr"),
        health=payload["health"],
        interval=None if interval is None else (interval[0], interval[1]),
        range=(low, high),
        band=payload["band"],
        coverage=payload["coverage"],
        rule_score=payload["rule_score"],
        rule_band=payload["rule_band"],
        driver=payload["driver"],
        families=payload["families"],
        stale=tuple(payload["stale"]),
        known_until=payload["known_until"],
        unsure=_band_at(payload["health"], limits) != payload["band"] or payload["coverage"] < THIN,
        conflict=conflicts.get(account_id),
    )


def _band_at(health: float, limits: BandLimits) -> str:
    return "green" if health >= limits.green else "yellow" if health >= limits.yellow else "red"
