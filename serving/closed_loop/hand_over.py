"""An account changes hands: its unresolved cases go with it, and who had them is kept for the figures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, update

from serving.access.owned_accounts import accounts_of, newest_accounts
from serving.closed_loop.case_documents import event_data, is_held_back
from serving.closed_loop.case_tables import case_hand_overs, case_history, cases
from serving.closed_loop.cases import write_history
from serving.closed_loop.moments import moment_text
from serving.delivery.outbox import announce

PEOPLE = ("owner", "director", "vp")


def seen_by(owner: str) -> ColumnElement[bool]:
    """The condition that a CSM may see a case: the account is theirs, or a colleague gave them the case.

    Who had an account and lost it sees its cases no more; those of an account that left the book stay with
    whom they were assigned to, since somebody has to end them.
    """
    by_a_colleague = cases.c.assignee.is_distinct_from(cases.c.owner)
    left = cases.c.account_id.not_in(newest_accounts())
    return or_(
        cases.c.account_id.in_(accounts_of(owner)), and_(cases.c.assignee == owner, or_(by_a_colleague, left))
    )


def hand_over(connection: Connection, details: Mapping[str, Mapping[str, Any]], now: datetime) -> None:
    """Brings unresolved cases to the people that their accounts have now.

    `details` has what a snapshot says of each account; where it does not know the people nothing changes.
    A case that somebody gave to a colleague stays with the colleague.
    """
    for case in connection.execute(select(cases).where(cases.c.state != "resolved").order_by(cases.c.id)):
        told = details.get(case.account_id, {})
        people = {name: told.get(name) for name in PEOPLE}
        if "owner" in told and people != {name: getattr(case, name) for name in PEOPLE}:
            _give(connection, case, people, now)


def _give(connection: Connection, case: Row[Any], people: Mapping[str, str | None], now: datetime) -> None:
    before = {name: getattr(case, name) for name in PEOPLE}
    connection.execute(case_hand_overs.insert().values(case_id=case.id, at=moment_text(now), **before))
    assignee = people["owner"] if case.assignee == case.owner else case.assignee
    mine = cases.c.id == case.id
    connection.execute(update(cases).where(mine).values(assignee=assignee, **people))
    if assignee == case.assignee:
        return
    why = "the account has another owner"
    write_history(connection, case.id, now, "assign", case.assignee, assignee, why)
    if not is_held_back(case):  # else nobody was told of it yet
        after = connection.execute(select(cases).where(mine)).one()
        key = f"hand-over:{case.id}:{moment_text(now)}"
        announce(connection, f"{case.kind}.assigned", key, now, event_data(after))


class PeopleThen:
    """Who had a case at a moment of the past: an assignment and a hand-over write down who had it before.

    At the very moment of one it was whoever it was given to. `case_ids` are those that will be asked for.
    """

    def __init__(self, connection: Connection, case_ids: Collection[int]) -> None:
        steps, handed = case_history.c, case_hand_overs.c
        assigned = select(case_history).where(steps.action == "assign", steps.case_id.in_(case_ids))
        self._assigned = _by_case(connection.execute(assigned.order_by(steps.id)))
        given = select(case_hand_overs).where(handed.case_id.in_(case_ids)).order_by(handed.id)
        self._handed = _by_case(connection.execute(given))

    def assignee(self, case: Row[Any], at: str) -> str | None:
        """To whom the case was assigned at `at`, a moment's text."""
        later = (row.before for row in self._assigned.get(case.id, ()) if row.at > at)
        return cast("str | None", next(later, case.assignee))

    def director(self, case: Row[Any], at: str) -> str | None:
        """Whose director it was then."""
        later = (row.director for row in self._handed.get(case.id, ()) if row.at > at)
        return cast("str | None", next(later, case.director))


def _by_case(rows: Iterable[Row[Any]]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found
