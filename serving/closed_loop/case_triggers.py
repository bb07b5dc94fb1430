"""What a published snapshot sets off: alarms on entering red, plans on yellow, openings on green.

It runs in the snapshot's own transaction. A snapshot of an older as-of date than was looked at before is
a replay and sets off nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Row, delete, func, select, update

from features.params import BandLimits
from serving.closed_loop.account_plans import expansion_plan, improvement_plan
from serving.closed_loop.alarm_holds import held_cases, value_anew
from serving.closed_loop.alert_budget import Alarm, raise_alarms
from serving.closed_loop.book_people import BookPeople, keep_people
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_states import Kind
from serving.closed_loop.case_tables import cases, settled_bands
from serving.closed_loop.cases import SYSTEM, Opening, Step, open_case, open_case_of, take_step, withdraw_case
from serving.closed_loop.hand_over import hand_over
from serving.closed_loop.moments import moment_text
from serving.closed_loop.overrides import active_overrides
from serving.closed_loop.playbooks_read import Playbook
from serving.closed_loop.settled_bands import Seen, Settled, settle
from serving.history.score_tables import score_history
from serving.history.snapshots import ScoredAccount, Snapshot
from serving.history.unique_rows import insert_once
from serving.plays.hold_out import is_held_out
from serving.plays.plays_params import PlaysParams
from serving.scores.revenue_at_risk import revenue_at_risk

PEOPLE = ("name", "owner", "director", "vp")


@dataclass(frozen=True)
class Trigger:
    """What turns a snapshot into cases: parameters, playbooks, and what the book says beside the scores.

    `newest` has, by account and pillar, the day of the newest fact; `features` the numbers of each account;
    `paths` the way to green of those that a plan is made from.
    """

    params: CaseParams
    limits: BandLimits
    playbooks: tuple[Playbook, ...]
    now: datetime
    people: BookPeople | None = None
    newest: Mapping[str, Mapping[str, pd.Timestamp]] = field(default_factory=dict)
    features: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)
    paths: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    plays: PlaysParams = field(default_factory=PlaysParams)

    def __call__(self, connection: Connection, snapshot: Snapshot) -> None:
        """Settles every account of the snapshot and opens the cases that follow."""
        newest = connection.execute(select(func.max(settled_bands.c.as_of))).scalar()
        if newest is not None and snapshot.as_of < newest:
            return
        if self.people is not None:
            keep_people(connection, self.people)
        alarms: list[Opening] = []
        at_risk: dict[str, float] = {}
        settled = list(self._settled(connection, snapshot))
        hand_over(connection, {row.account_id: row.details for row, _, _ in settled}, self.now)
        for row, before, after in settled:
            _keep(connection, row.account_id, after, snapshot.as_of, before is None)
            at_risk[row.account_id] = revenue_at_risk(ScoredAccount(row.details, row.payload))
            if before is None or before.band != after.band:
                alarms += self._turned(connection, row, after)
        self._left(connection, at_risk)
        self._withdraw(connection, at_risk)
        value_anew(connection, at_risk)
        ranked = [Alarm(opening, at_risk[opening.account_id]) for opening in alarms]
        raise_alarms(connection, ranked, self.params, self.now)

    def _settled(
        self, connection: Connection, snapshot: Snapshot
    ) -> Iterator[tuple[Row[Any], Settled | None, Settled]]:
        held = {row.account_id: row for row in connection.execute(select(settled_bands))}
        resolved = _resolved_at(connection)
        overridden = active_overrides(connection, self.now)
        query = select(score_history).where(score_history.c.snapshot_id == snapshot.id)
        for row in connection.execute(query.order_by(score_history.c.account_id)):
            known = held.get(row.account_id)
            before = None if known is None else Settled(known.band, known.since, known.pillar)
            pillar = _worst_pillar(row.payload["pillar_points"])
            spoken = before is None or self._spoken(row.account_id, before, resolved.get(row.account_id))
            seen = Seen(snapshot.as_of, row.health, row.band, pillar, spoken)
            set_by_hand = overridden.get(row.account_id)
            if set_by_hand is None:
                yield row, before, settle(before, seen, self.params, self.limits)
            else:
                yield row, before, _as_set(before, set_by_hand.band, seen)

    def _spoken(self, account_id: str, before: Settled, resolved_at: str | None) -> bool:
        """Whether something new is known of the account, in the pillar that counts, since it settled."""
        if resolved_at is not None and resolved_at >= moment_text(_moment(before.since)):
            return True
        known = self.newest.get(account_id, {})
        fresh = [day for pillar, day in known.items() if before.pillar in (None, pillar)]
        return any(day >= _moment(before.since) for day in fresh)

    def _left(self, connection: Connection, customers: Collection[str]) -> None:
        """Ends the plans and openings of accounts that are not in the book any more, and forgets their bands:
        one that comes back red is an alarm again. An alarm is only ever resolved by a person."""
        for account_id in set(connection.scalars(select(settled_bands.c.account_id))) - set(customers):
            for kind in ("plan", "expansion"):
                _close(connection, account_id, kind, "no customer any more", self.params, self.now)
            connection.execute(delete(settled_bands).where(settled_bands.c.account_id == account_id))

    def _withdraw(self, connection: Connection, customers: Collection[str]) -> None:
        """Takes back the alarms that were held back and whose account is red no more, or no customer."""
        query = select(settled_bands.c.account_id).where(settled_bands.c.band == "red")
        red = set(connection.scalars(query))
        for case in held_cases(connection, lock=True):
            if case.account_id not in customers:
                withdraw_case(connection, case, "no customer any more", self.now)
            elif case.account_id not in red:
                withdraw_case(connection, case, "left red while it was held back", self.now)

    def _turned(self, connection: Connection, row: Row[Any], after: Settled) -> list[Opening]:
        """Opens what follows from the new band, and returns the alarm, which has to be ranked first."""
        closing: dict[str, tuple[Kind, ...]] = {"red": ("plan", "expansion"), "yellow": ("expansion",)}
        for kind in closing.get(after.band, ("plan",)):
            _close(connection, row.account_id, kind, f"entered {after.band}", self.params, self.now)
        opening = self._opening(row, after)
        if opening is not None and opening.kind == "p0":
            return [opening]
        if opening is not None:
            open_case(connection, opening, self.params, self.now)
        return []

    def _opening(self, row: Row[Any], after: Settled) -> Opening | None:
        kinds: dict[str, Kind] = {"red": "p0", "yellow": "plan", "green": "expansion"}
        kind, features = kinds[after.band], self.features.get(row.account_id, {})
        if kind == "expansion":
            plan = expansion_plan(features, row.owner, self.playbooks, self.now)
            if plan is None:
                return None
        else:
            path = self.paths.get(row.account_id) if kind == "plan" else None
            plan = improvement_plan(row.payload["drivers"], row.owner, self.playbooks, self.now, path)
        note = f"health {row.health}"
        if kind == "plan" and is_held_out(row.account_id, self.plays):
            plan = {**plan, "parts": [], "path": None, "held_out": True}
            note += "; held out from plans by lot (plays.hold_out): what comes anyway is learned from it"
        return Opening(
            row.account_id,
            kind,
            f"entered {after.band}",
            f"{kind}:{row.account_id}:{after.since}",
            note,
            plan=plan,
            **{name: row.details.get(name) for name in PEOPLE},
        )


def _moment(as_of: str) -> pd.Timestamp:
    return pd.Timestamp(as_of)


def _as_set(before: Settled | None, band: str, seen: Seen) -> Settled:
    """The band that a person set, whatever the score says; as it ends the score's counts again."""
    if before is not None and before.band == band:
        return before
    return Settled(band, seen.as_of, seen.pillar if band == "red" else None)


def _worst_pillar(points: Mapping[str, float | None]) -> str | None:
    given = {pillar: value for pillar, value in points.items() if value is not None}
    return min(given, key=lambda pillar: given[pillar]) if given else None


def _resolved_at(connection: Connection) -> dict[str, str]:
    """When a person last resolved a P0 case of each account."""
    by_person = (cases.c.kind == "p0", cases.c.called_at.is_not(None))  # one that was withdrawn has no call
    query = select(cases.c.account_id, func.max(cases.c.resolved_at)).where(*by_person)
    return {a: at for a, at in connection.execute(query.group_by(cases.c.account_id)) if at is not None}


def _keep(connection: Connection, account_id: str, after: Settled, as_of: str, is_new: bool) -> None:
    values = {"band": after.band, "since": after.since, "pillar": after.pillar, "as_of": as_of}
    if is_new and insert_once(connection, settled_bands, {"account_id": account_id, **values}) is not None:
        return
    mine = settled_bands.c.account_id == account_id
    connection.execute(update(settled_bands).where(mine).values(values))


def _close(
    connection: Connection, account_id: str, kind: Kind, why: str, params: CaseParams, now: datetime
) -> None:
    """Resolves a plan or an expansion whose reason is gone. An alarm is only ever resolved by a person."""
    if (case := open_case_of(connection, account_id, kind)) is not None:
        take_step(connection, case.id, Step("resolve", SYSTEM, why), params, now)
