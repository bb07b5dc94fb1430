"""Answers about cases: the list, one case, and a step taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, not_, select

from features.faults import Fault
from serving.api.problems import Kind, Problem
from serving.closed_loop.case_bodies import CasesQuery
from serving.closed_loop.case_documents import case_document, case_name, case_number, summary_document
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_states import KINDS
from serving.closed_loop.case_tables import case_history, cases
from serving.closed_loop.cases import AnotherCaseOpenError, Step, StepRefusedError, take_step
from serving.closed_loop.hand_over import seen_by
from serving.delivery.outbox_tables import webhook_endpoints
from serving.history.store import ScoreStore

UNKNOWN_CASE = Kind("urn:vitals:problem:unknown-case", 404, "No such case")
REFUSED = Kind("urn:vitals:problem:step-refused", 409, "The case does not allow this step now")
# An account's case is its most urgent one.
URGENCY = {kind: place for place, kind in enumerate(KINDS)}


def cases_page(store: ScoreStore, query: CasesQuery, owner: str | None) -> dict[str, Any]:
    """The answer of `GET /v1/cases`, newest first; `owner` limits it to the cases of one CSM.

    `notices` say what keeps alarms from being delivered: a webhook that was disabled.
    """
    asked = {name: getattr(query, name) for name in ("state", "kind", "level", "account_id", "assignee")}
    wanted = select(cases).where(*(cases.c[name] == value for name, value in asked.items() if value))
    if query.held_back is not None:
        held = and_(cases.c.kind == "p0", cases.c.state == "open", cases.c.call_due_at.is_(None))
        wanted = wanted.where(held if query.held_back else not_(held))
    if query.before is not None:
        wanted = wanted.where(cases.c.id < query.before)
    if owner is not None:
        wanted = wanted.where(seen_by(owner))
    with store.begin() as connection:
        rows = connection.execute(wanted.order_by(cases.c.id.desc()).limit(query.limit + 1)).all()
        notices = _notices(connection)
    shown = rows[: query.limit]
    more = case_name(shown[-1].id) if len(rows) > query.limit else None
    return {"cases": [summary_document(row) for row in shown], "next_cursor": more, "notices": notices}


def one_case(connection: Connection, name: str, owner: str | None) -> dict[str, Any]:
    """The answer of `GET /v1/cases/{id}`. Raises Problem where there is none, or none of the caller's."""
    row = _case(connection, name, owner)
    mine = select(case_history).where(case_history.c.case_id == row.id).order_by(case_history.c.id)
    return case_document(row, connection.execute(mine))


def step_taken(
    connection: Connection, name: str, step: Step, owner: str | None, params: CaseParams, now: datetime
) -> dict[str, Any]:
    """The case after a step. Raises Problem 404, or 409 with the steps that are allowed."""
    case = _case(connection, name, owner)
    try:
        take_step(connection, case.id, step, params, now)
    except StepRefusedError as refused:
        allowed = f"in the state {refused.state}: {', '.join(refused.allowed)}"
        step_next = "log the call first" if step.action == "resolve" else "read the case again"
        raise Problem(REFUSED, [Fault("action", step.action, allowed, step_next)]) from None
    except AnotherCaseOpenError as other:
        fault = Fault("action", step.action, "one open case of an account", f"work on {other.case_id}")
        raise Problem(REFUSED, [fault]) from None
    return one_case(connection, name, owner)


def open_case_ids(store: ScoreStore, account_ids: Sequence[str]) -> dict[str, str]:
    """The id of the most urgent open case of each account that has one."""
    wanted = cases.c.account_id.in_(account_ids) & (cases.c.state != "resolved")
    query = select(cases.c.id, cases.c.account_id, cases.c.kind).where(wanted)
    with store.begin() as connection:
        rows = sorted(connection.execute(query), key=lambda row: -URGENCY[row.kind])
    return {row.account_id: case_name(row.id) for row in rows}


def _case(connection: Connection, name: str, owner: str | None) -> Row[Any]:
    number = case_number(name)
    query = select(cases).where(cases.c.id == (number or 0), *(() if owner is None else (seen_by(owner),)))
    row = connection.execute(query).first()
    if row is None:
        fault = Fault("case_id", name, "a case such as C-000412", "GET /v1/cases lists the cases")
        raise Problem(UNKNOWN_CASE, [fault])
    return row


def _notices(connection: Connection) -> list[str]:
    query = select(webhook_endpoints).where(webhook_endpoints.c.state == "disabled")
    rows = connection.execute(query.order_by(webhook_endpoints.c.id))
    return [f"webhook {row.id} is disabled: {row.notice}" for row in rows]
