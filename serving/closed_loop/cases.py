"""Cases: opened once however many triggers meet, taken from state to state, every step written down.

All functions work inside the caller's transaction, so that a case, its history and what is told of it
come to be together or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from serving.closed_loop.alarm_holds import Ending, begin_hold, end_hold
from serving.closed_loop.case_documents import case_name, event_data, is_held_back
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_states import Action, Kind, allowed_actions, next_state
from serving.closed_loop.case_tables import case_history, cases
from serving.closed_loop.moments import moment_text
from serving.closed_loop.work_calendar import due_at
from serving.delivery.outbox import announce
from serving.history.unique_rows import insert_once

SYSTEM = "vitals"
TRIES = 5


@dataclass(frozen=True)
class Opening:
    """What opens a case. `trigger_key` names the event behind it: the same event opens nothing twice.

    With `waits_with` (yearly revenue at risk) the case waits for room in the alert budget: nobody is told
    and its clock does not run until it is released.
    """

    account_id: str
    kind: Kind
    trigger: str
    trigger_key: str
    note: str = ""
    name: str | None = None
    owner: str | None = None
    director: str | None = None
    vp: str | None = None
    plan: dict[str, Any] | None = None
    waits_with: float | None = None


@dataclass(frozen=True)
class Step:
    """A step that a person takes with a case: `who`, and `note` or the new `assignee`."""

    action: Action
    who: str
    note: str | None = None
    assignee: str | None = None


class StepRefusedError(Exception):
    """The case is in a state that does not allow the step; `allowed` are the steps it does."""

    def __init__(self, state: str, allowed: list[Action]) -> None:
        super().__init__(f"a case that is {state} allows {', '.join(allowed)}")
        self.state, self.allowed = state, allowed


class AnotherCaseOpenError(Exception):
    """A case cannot be reopened: the account has another open one of its kind, `case_id`."""

    def __init__(self, case_id: str) -> None:
        super().__init__(f"{case_id} of the same account is open")
        self.case_id = case_id


def open_case(
    connection: Connection, opening: Opening, params: CaseParams, now: datetime
) -> tuple[int, bool]:
    """The id of the account's open case of that kind, and whether it was opened just now.

    Where one is open the trigger is written into its history; where the event was told before, nothing is.
    An alarm that does not wait for the budget is told of then too, and where a call was logged already
    another one is due.
    """
    told = select(case_history.c.case_id).where(case_history.c.trigger_key == opening.trigger_key)
    if (before := connection.execute(told).scalar()) is not None:
        return int(before), False
    for _ in range(TRIES):
        if (created := insert_once(connection, cases, _new_case(opening, params, now))) is not None:
            case_id = int(created[0])
            _write(connection, case_id, now, SYSTEM, "open", None, "open", opening.note, opening.trigger_key)
            if opening.waits_with is None:
                _tell(connection, case_id, "opened", now, opening.trigger_key)
            else:
                begin_hold(connection, case_id, opening.waits_with, now)
            return case_id, True
        if (found := open_case_of(connection, opening.account_id, opening.kind)) is not None:
            _triggered_again(connection, found, opening, params, now)
            return int(found.id), False
    raise RuntimeError(f"the open case of an account changed {TRIES} times while it was looked at")


def _triggered_again(
    connection: Connection, case: Row[Any], opening: Opening, params: CaseParams, now: datetime
) -> None:
    """Writes another trigger down; one that does not wait releases the case, or has its clock begin anew."""
    at_once = opening.kind == "p0" and opening.waits_with is None
    again = at_once and case.state == "called"
    after, key = "open" if again else case.state, opening.trigger_key
    _write(connection, case.id, now, SYSTEM, "trigger", case.state, after, opening.note, key)
    if not at_once or release_case(connection, case, "detractor", params, now):
        return
    if again:
        values = {"state": "open", **_begun_again(case, params, now)}
        connection.execute(update(cases).where(cases.c.id == case.id).values(values))
    _tell(connection, case.id, "trigger", now, key)


def _begun_again(case: Row[Any], params: CaseParams, now: datetime) -> dict[str, Any]:
    """The clock of a called case from now on; an escalation that was due earlier stays due then."""
    due, moment = _due(case.kind, params, now), moment_text(now)
    above = {
        name: min(before, due[name])
        for name in ("director_due_at", "vp_due_at")
        if (before := getattr(case, name)) is not None and before > moment
    }
    return {"opening": case.opening + 1, "level": "csm", "called_at": None} | due | above


def open_case_of(connection: Connection, account_id: str, kind: Kind) -> Row[Any] | None:
    """The account's case of that kind that is not resolved; the row is held until the transaction ends."""
    query = select(cases).where(
        cases.c.account_id == account_id, cases.c.kind == kind, cases.c.state != "resolved"
    )
    return connection.execute(query.with_for_update()).first()


def take_step(
    connection: Connection, case_id: int, step: Step, params: CaseParams, now: datetime
) -> Row[Any] | None:
    """The case after a step; None where there is none of that id.

    Raises StepRefusedError where its state does not allow the step, AnotherCaseOpenError where it cannot
    be reopened.
    """
    case = connection.execute(select(cases).where(cases.c.id == case_id).with_for_update()).first()
    if case is None:
        return None
    state = next_state(step.action, case.state, case.kind)
    if state is None:
        raise StepRefusedError(case.state, allowed_actions(case.state, case.kind))
    if step.action == "log-call":
        release_case(connection, case, "called", params, now)
    values = {"state": state} | _changes(connection, case, step, params, now)
    connection.execute(update(cases).where(cases.c.id == case_id).values(values))
    before, after = (case.assignee, step.assignee) if step.action == "assign" else (case.state, state)
    row_id = _write(connection, case_id, now, step.who, step.action, before, after, step.note)
    if step.action != "comment":
        _tell(connection, case_id, TOLD_AS[step.action], now, f"step:{case_id}:{row_id}")
    return connection.execute(select(cases).where(cases.c.id == case_id)).one()


def release_case(
    connection: Connection, case: Row[Any], ending: Ending, params: CaseParams, now: datetime
) -> bool:
    """Tells of a case that was held back, and begins its clock; False where it was not."""
    if not is_held_back(case) or not end_hold(connection, case.id, ending, now):
        return False
    connection.execute(update(cases).where(cases.c.id == case.id).values(_due(case.kind, params, now)))
    if moment_text(now) != case.opened_at:  # else nobody had to wait
        write_history(connection, case.id, now, "release", "open", "open", WHY[ending])
    _tell(connection, case.id, "opened", now, f"release:{case.id}")
    return True


def withdraw_case(connection: Connection, case: Row[Any], why: str, now: datetime) -> None:
    """Ends a case that was held back and whose reason is gone: nobody was told, so nobody has to act."""
    if end_hold(connection, case.id, "withdrawn", now):
        values = {"state": "resolved", "resolved_at": moment_text(now)}
        connection.execute(update(cases).where(cases.c.id == case.id).values(values))
        write_history(connection, case.id, now, "withdraw", "open", "resolved", why)


def write_history(
    connection: Connection,
    case_id: int,
    now: datetime,
    action: str,
    before: str | None,
    after: str | None,
    note: str,
) -> None:
    """A step that nobody took but the clock or a snapshot."""
    _write(connection, case_id, now, SYSTEM, action, before, after, note)


WHY: dict[Ending, str] = {
    "released": "there is room in the alert budget",
    "called": "somebody called",
    "detractor": "a key decision maker is a detractor",
}
TOLD_AS = {"log-call": "called", "assign": "assigned", "resolve": "resolved", "reopen": "reopened"}


def _changes(
    connection: Connection, case: Row[Any], step: Step, params: CaseParams, now: datetime
) -> dict[str, Any]:
    """The columns that a step sets beside the state."""
    if step.action == "assign":
        return {"assignee": step.assignee}
    if step.action == "log-call":
        return {"called_at": case.called_at or moment_text(now)}
    if step.action == "resolve":
        return {"resolved_at": moment_text(now)}
    if step.action == "reopen":
        if (other := open_case_of(connection, case.account_id, case.kind)) is not None:
            raise AnotherCaseOpenError(case_name(other.id))
        began = {"opening": case.opening + 1, "level": "csm", "called_at": None, "resolved_at": None}
        return began | _due(case.kind, params, now)
    return {}


def _new_case(opening: Opening, params: CaseParams, now: datetime) -> dict[str, Any]:
    who = {name: getattr(opening, name) for name in ("name", "owner", "director", "vp")}
    return {
        "account_id": opening.account_id,
        "kind": opening.kind,
        "state": "open",
        "level": "csm",
        "opening": 1,
        **who,
        "assignee": opening.owner,
        "trigger": opening.trigger,
        "opened_at": moment_text(now),
        "plan": opening.plan,
        **({} if opening.waits_with is not None else _due(opening.kind, params, now)),
    }


def _due(kind: str, params: CaseParams, now: datetime) -> dict[str, str]:
    """When the steps of the ladder are due; only a P0 case has one."""
    if kind != "p0":
        return {}
    ladder = {"call": params.call_within, "director": params.director_after, "vp": params.vp_after}
    return {f"{step}_due_at": moment_text(due_at(now, hours, params)) for step, hours in ladder.items()}


def _write(
    connection: Connection,
    case_id: int,
    now: datetime,
    who: str,
    action: str,
    before: str | None,
    after: str | None,
    note: str | None,
    trigger_key: str | None = None,
) -> int | None:
    values = {"case_id": case_id, "at": moment_text(now), "who": who, "action": action}
    values |= {"before": before, "after": after, "note": note or None, "trigger_key": trigger_key}
    written = insert_once(connection, case_history, values)
    return None if written is None else int(written[0])


def _tell(connection: Connection, case_id: int, event: str, now: datetime, key: str) -> None:
    case = connection.execute(select(cases).where(cases.c.id == case_id)).one()
    announce(connection, f"{case.kind}.{event}", f"{case.kind}.{event}:{key}", now, event_data(case))
