"""Histories of cases on a fake clock, against a second, naive account of when each step was due.

    python -m tests.serving.loop_simulation --histories 100000      (make simulate-loop)

Four worlds (the wall clock and three business calendars) around changes of the clocks, a leap day, weekends
and holidays. Triggers come twice and late, people's steps come in every order, two watchers look at random
moments, are away for hours, and die in the middle of a step. What the ladder did is then compared, case by
case, with what it should have done: a step missed, taken twice, or taken that was not due, is counted.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import select

from serving.closed_loop import clock
from serving.closed_loop.case_params import BusinessHours, CaseParams
from serving.closed_loop.case_tables import case_escalations, cases
from serving.closed_loop.cases import Opening, Step, StepRefusedError, open_case, take_step
from serving.closed_loop.clock import take_due_steps
from serving.delivery.outbox_tables import outbox
from serving.history.store import ScoreStore

MINUTE = timedelta(minutes=1)
STEPS = ("call_overdue", "director", "vp")


@dataclass(frozen=True)
class World:
    """A calendar and the days that its cases are opened in; `days` hold what is hard about it."""

    name: str
    params: CaseParams
    starts: date
    days: int = 45


def business(zone: str, *holidays: date, until: Any = "resolved", **hours: Any) -> CaseParams:
    open_hours = BusinessHours(time_zone=zone, holidays=holidays, **hours)
    return CaseParams(calendar="business", business=open_hours, escalate_until=until)


WORLDS = (
    World("wall clock, March", CaseParams(), date(2027, 3, 1)),
    World(
        "Berlin, Christmas and the leap day",
        business("Europe/Berlin", date(2027, 12, 24), date(2027, 12, 31), date(2028, 1, 6)),
        date(2027, 12, 13),
        85,
    ),
    World(
        "New York, clocks forward and back",
        business(
            "America/New_York", date(2026, 11, 26), opens="00:00", closes="24:00", days=("sat", "sun", "mon")
        ),
        date(2026, 10, 20),
    ),
    World(
        "Lord Howe, half an hour",
        business("Australia/Lord_Howe", date(2027, 4, 26), until="called", opens="01:00", closes="20:00"),
        date(2027, 3, 20),
    ),
)


class CrashError(Exception):
    """The watcher died in the middle of a step."""


@dataclass
class Naive:
    """What should happen to one case, worked out from its own events alone."""

    state: str = "none"
    began: dict[str, int] = field(default_factory=dict)  # by step: since when its hours are counted
    case: int = 0  # the account's first, second …
    opening: int = 0
    taken: list[tuple[int, int, str]] = field(default_factory=list)


class WorkingMinutes:
    """The minutes of a world that count, one by one: is the local clock inside working hours?"""

    def __init__(self, world: World, minutes: int) -> None:
        self.start = datetime(world.starts.year, world.starts.month, world.starts.day, tzinfo=UTC)
        counts = np.ones(minutes, dtype=np.int64)
        if world.params.calendar == "business":
            counts = np.fromiter(self._works(world, minutes), dtype=np.int64, count=minutes)
        self.before = np.concatenate([[0], np.cumsum(counts)])

    def _works(self, world: World, minutes: int) -> Iterator[bool]:
        hours, zone = world.params.business, ZoneInfo(world.params.business.time_zone)
        names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        for minute in range(minutes):
            local = (self.start + minute * MINUTE).astimezone(zone)
            clock_minutes = local.hour * 60 + local.minute
            is_day = names[local.weekday()] in hours.days and local.date() not in hours.holidays
            yield is_day and hours.opens <= clock_minutes < hours.closes

    def due(self, began: int, hours: int) -> int:
        """The first minute by whose beginning `hours` have passed since `began`."""
        return int(np.searchsorted(self.before, self.before[began] + hours * 60))


def events_of(rng: random.Random, number: int, opened: int) -> list[tuple[int, str, str]]:
    """What comes to pass with one account: (minute, what, key). Steps come in any order, some twice."""
    found = [(opened, "trigger", f"{number}:1")]
    if rng.random() < 0.3:
        found.append((opened + rng.randint(0, 3000), "trigger", f"{number}:1"))  # the same event, again
    if rng.random() < 0.3:
        found.append((opened + rng.randint(0, 600), "trigger", f"{number}:2"))  # another, of the same case
    spread = rng.choice((200, 600, 3000, 9000))
    moment = opened
    for action in rng.choice(
        (
            ("log-call", "resolve"),
            ("resolve", "log-call", "resolve"),
            ("log-call", "log-call", "resolve"),
            ("log-call", "resolve", "reopen", "log-call", "resolve"),
            ("reopen", "log-call", "resolve"),
        )
    ):
        moment += rng.randint(1, spread)
        found.append((moment, action, ""))
    found += [(opened + 25_000, "log-call", ""), (opened + 25_001, "resolve", "")]  # nothing stays open
    return sorted(found)


def simulate(world: World, histories: int, seed: int, folder: Path, pace: int = 1) -> Counter[str]:
    """Runs a world; counts of what was missed, doubled, wrong, and how much was looked at.

    The watchers look every few minutes to hours, `pace` times as seldom.
    """
    rng = random.Random(f"{seed}:{world.name}")
    span = world.days * 1440
    minutes = WorkingMinutes(world, span + 90_000)
    timeline = [
        (minute, rank, number, what, key)
        for number in range(histories)
        for rank, (minute, what, key) in enumerate(events_of(rng, number, rng.randrange(span)))
    ]
    looks = []
    moment = 0
    while moment < span + 30_000:
        moment += pace * rng.choice((1, 5, 15, 15, 15, 30, 30, 240))  # four hours: both are away
        looks.append((moment, 1 << 30, -1, "look", ""))
    plans, told = [Naive() for _ in range(histories)], set()
    live: set[int] = set()
    store = _Stores(folder / "loop.db", rng)
    for minute, _, number, what, key in sorted(timeline + looks):
        now = minutes.start + minute * MINUTE
        if what == "look":
            store.look(world.params, now)
            for each in list(live):
                _climb(plans[each], minute, minutes, world.params)
        elif what == "trigger":
            store.trigger(number, key, world.params, now)
            if key not in told:
                plans[number] = _triggered(plans[number], minute, minutes, world.params)
            told.add(key)
        else:
            store.step(number, what, world.params, now)
            _step(plans[number], what, minute)
        if number >= 0:
            (live.discard if plans[number].state in ("none", "resolved") else live.add)(number)
    return store.compared(plans)


def _triggered(plan: Naive, minute: int, minutes: WorkingMinutes, params: CaseParams) -> Naive:
    """A called case must be called anew; what was still ahead of it above comes no later for that."""
    anew = dict.fromkeys(STEPS, minute)
    if plan.state in ("none", "resolved"):
        return Naive("open", anew, plan.case + 1, 1, plan.taken)
    if plan.state == "called":
        for step, after in (("director", params.director_after), ("vp", params.vp_after)):
            if minutes.due(plan.began[step], after) > minute:
                anew[step] = plan.began[step]
        return Naive("open", anew, plan.case, plan.opening + 1, plan.taken)
    return plan


def _step(plan: Naive, action: str, minute: int) -> None:
    """The machine once more, written out: who may do what when."""
    if action == "log-call" and plan.state in ("open", "called"):
        plan.state = "called"
    elif action == "resolve" and plan.state == "called":
        plan.state = "resolved"
    elif action == "reopen" and plan.state == "resolved":
        plan.state, plan.began, plan.opening = "open", dict.fromkeys(STEPS, minute), plan.opening + 1


def _climb(plan: Naive, minute: int, minutes: WorkingMinutes, params: CaseParams) -> None:
    hours = (params.call_within, params.director_after, params.vp_after)
    for step, after in zip(STEPS, hours, strict=True):
        counts = plan.state == "open" or (
            plan.state == "called" and step != "call_overdue" and params.escalate_until == "resolved"
        )
        mine = (plan.case, plan.opening, step)
        if counts and mine not in plan.taken and minutes.due(plan.began[step], after) <= minute:
            plan.taken.append(mine)


class _Stores:
    """The real thing: two watchers with stores of their own, and the people's."""

    def __init__(self, path: Path, rng: random.Random) -> None:
        self.url, self.rng = f"sqlite:///{path}", rng
        self.people = ScoreStore(self.url)
        self.people.prepare()
        self.watchers = [ScoreStore(self.url), ScoreStore(self.url)]
        self.counts: Counter[str] = Counter()
        self.accounts: dict[int, int] = {}

    def trigger(self, number: int, key: str, params: CaseParams, now: datetime) -> None:
        with self.people.writing() as connection:
            case_id, _ = open_case(connection, Opening(f"A-{number}", "p0", "red", key), params, now)
        self.accounts[number] = max(case_id, self.accounts.get(number, 0))

    def step(self, number: int, action: Any, params: CaseParams, now: datetime) -> None:
        try:
            with self.people.writing() as connection:
                take_step(connection, self.accounts[number], Step(action, "csm"), params, now)
        except StepRefusedError:
            self.counts["steps refused"] += 1

    def look(self, params: CaseParams, now: datetime) -> None:
        """Both watchers look, in either order; now and then one dies in a step and is started again."""
        for place in self.rng.sample((0, 1), 2):
            if self.rng.random() < 0.02:
                self._die(place, params, now)
            take_due_steps(self.watchers[place], params, now)

    def _die(self, place: int, params: CaseParams, now: datetime) -> None:
        def crash(*_: object) -> str:
            raise CrashError

        whole, clock.announce = clock.announce, crash
        try:
            take_due_steps(self.watchers[place], params, now)
        except CrashError:
            self.counts["watchers that died in a step"] += 1
        finally:
            clock.announce = whole
        self.watchers[place].close()
        self.watchers[place] = ScoreStore(self.url)

    def compared(self, plans: list[Naive]) -> Counter[str]:
        """What the ladder did against what it should have, and the outbox against both."""
        with self.people.begin() as connection:
            joined = select(cases.c.account_id, case_escalations).join(
                case_escalations, case_escalations.c.case_id == cases.c.id
            )
            rows = connection.execute(joined.order_by(case_escalations.c.case_id)).all()
            ids: dict[str, list[int]] = {}
            for row in connection.execute(select(cases.c.id, cases.c.account_id).order_by(cases.c.id)):
                ids.setdefault(row.account_id, []).append(row.id)
            told = Counter(
                row.type for row in connection.execute(select(outbox.c.type)) if row.type != "p0.opened"
            )
        done: dict[str, list[tuple[int, int, str]]] = {}
        for row in rows:
            place = ids[row.account_id].index(row.case_id) + 1
            done.setdefault(row.account_id, []).append((place, row.opening, row.step))
        for number, plan in enumerate(plans):
            has, should = Counter(done.get(f"A-{number}", [])), Counter(plan.taken)
            self.counts["missed"] += sum((should - has).values())
            self.counts["not due"] += sum((has - should).values())
            self.counts["double"] += sum(count - 1 for count in has.values())
        self.counts["steps of the ladder"] += len(rows)
        sent = told["p0.call_overdue"] + told["p0.escalated"]
        self.counts["told wrong"] += abs(sent - len(rows))
        self.counts["cases"] += sum(map(len, ids.values()))
        for store in (self.people, *self.watchers):
            store.close()
        return self.counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--histories", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    total: Counter[str] = Counter()
    for world in WORLDS:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            counts = simulate(world, asked.histories // len(WORLDS), asked.seed, Path(folder))
        total += counts
        told = ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()) if count)
        print(f"{world.name}: {told} ({time.monotonic() - begun:.0f} s)", flush=True)
    faults = sum(total[what] for what in ("missed", "double", "not due", "told wrong"))
    print(
        f"{asked.histories:,} histories: {total['missed']} missed, {total['double']} double, {faults} faults"
    )
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
