"""What the figures of the closed loop are made of: alarms and detractors' answers, as known at a moment.

Everything is read as it stood at `until`, from what is append-only, so that the figures of a past period
stay what they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, select, true

from serving.answers.survey_tables import asked_people, survey_responses
from serving.closed_loop.alarm_holds import alarm_holds
from serving.closed_loop.case_tables import book_accounts, case_escalations, case_history, cases
from serving.closed_loop.hand_over import PeopleThen, seen_by
from serving.closed_loop.moments import moment_of, moment_text

DETRACTOR_BELOW = 7  # of ten (Reichheld 2003)


@dataclass(frozen=True)
class Alarm:
    """A P0 case of which `csm` was told, at `told_at`; `steps` of the ladder that were taken since."""

    account_id: str
    csm: str | None
    team: str | None
    told_at: datetime
    called_at: datetime | None
    closed: bool
    steps: frozenset[str]


@dataclass(frozen=True)
class Detractor:
    """A detractor's answer, and when the account was next called, if it was."""

    account_id: str
    csm: str | None
    team: str | None
    at: datetime
    called_at: datetime | None


def alarms_until(connection: Connection, until: datetime, owner: str | None) -> list[Alarm]:
    """Every alarm told before `until`, by case, of whom it was told of then; `owner` limits them to one CSM.

    One that is held back, or was withdrawn before anybody was told, is none.
    """
    moment, holds = moment_text(until), alarm_holds.c
    told = select(cases, holds.case_id.label("held"), holds.ended_at, holds.ended_as).outerjoin(alarm_holds)
    rows = connection.execute(told.where(cases.c.kind == "p0").order_by(cases.c.id)).all()
    history = _by_case(connection, case_history, moment)
    steps = _by_case(connection, case_escalations, moment)
    people, found = PeopleThen(connection, [row.id for row in rows]), []
    for row in rows:
        at = row.opened_at if row.held is None else row.ended_at
        if at is None or at >= moment or row.ended_as == "withdrawn":
            continue
        csm = people.assignee(row, at)
        if owner not in (None, csm):
            continue
        done = [(each.action, each.at) for each in history.get(row.id, ())]
        calls = [moment_of(when) for action, when in done if action == "log-call"]
        ends = [action for action, _ in done if action in ("resolve", "reopen")]
        found.append(
            Alarm(
                row.account_id,
                csm,
                people.director(row, at),
                moment_of(at),
                calls[0] if calls else None,
                bool(ends) and ends[-1] == "resolve",
                frozenset(each.step for each in steps.get(row.id, ())),
            )
        )
    return found


def detractors_until(connection: Connection, until: datetime, owner: str | None) -> list[Detractor]:
    """Every detractor's NPS answer that came through the API before `until`, whoever gave it, of whom the
    account was then; `owner` limits them to one CSM."""
    moment, answers = moment_text(until), survey_responses.c
    query = select(survey_responses, *_people_then()).outerjoin(asked_people)
    query = query.outerjoin(book_accounts, book_accounts.c.account_id == answers.account_id)
    query = query.where(answers.kind == "nps", answers.recorded_at < moment)
    calls = _calls_by_account(connection, moment)
    found = []
    for row in connection.execute(query.order_by(answers.recorded_at, answers.response_id)):
        if owner not in (None, row.owner):
            continue
        if 10 * (row.score - row.scale_min) / (row.scale_max - row.scale_min) < DETRACTOR_BELOW:
            after = [when for when in calls.get(row.account_id, ()) if when >= row.recorded_at]
            called = moment_of(min(after)) if after else None
            found.append(
                Detractor(row.account_id, row.owner, row.director, moment_of(row.recorded_at), called)
            )
    return found


def held_back(connection: Connection, owner: str | None) -> int:
    """How many alarms wait for room in the alert budget now."""
    mine = true() if owner is None else seen_by(owner)
    query = select(cases.c.id).join(alarm_holds).where(alarm_holds.c.ended_at.is_(None), mine)
    return len(connection.execute(query).all())


def _people_then() -> tuple[ColumnElement[Any], ...]:
    """Owner and director as the answer came; of one from before that was kept, as they are today."""
    kept, today = asked_people.c, book_accounts.c
    unknown = kept.response_id.is_(None)
    return tuple(case((unknown, today[name]), else_=kept[name]).label(name) for name in ("owner", "director"))


def _by_case(connection: Connection, table: Any, moment: str) -> dict[int, list[Any]]:
    """The rows before a moment, by case, oldest first."""
    rows = connection.execute(select(table).where(table.c.at < moment).order_by(table.c.at))
    return _grouped((row.case_id, row) for row in rows)


def _calls_by_account(connection: Connection, moment: str) -> dict[str, list[str]]:
    calls = select(cases.c.account_id, case_history.c.at).join(case_history)
    calls = calls.where(case_history.c.action == "log-call", case_history.c.at < moment)
    return _grouped((row.account_id, row.at) for row in connection.execute(calls))


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
