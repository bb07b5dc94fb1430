"""A case as the API and a webhook show it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

SHOWN = (
    "account_id",
    "name",
    "kind",
    "state",
    "level",
    "owner",
    "director",
    "vp",
    "assignee",
    "trigger",
    "opening",
    "opened_at",
    "call_due_at",
    "director_due_at",
    "vp_due_at",
    "called_at",
    "resolved_at",
)


def case_name(number: int) -> str:
    """The id of a case as people see it.

    >>> case_name(412)
    'C-000412'
    """
    return f"C-{number:06d}"


def case_number(name: str) -> int | None:
    """The number of a case's id, or None where a text is none.

    >>> case_number("C-000412"), case_number("C-412"), case_number("412")
    (412, None, None)
    """
    match = re.fullmatch(r"C-(\d{6,9})", name, re.ASCII)
    number = int(match[1]) if match else 0
    return number if number and case_name(number) == name else None


def summary_document(case: Row[Any]) -> dict[str, Any]:
    """One line of the list of cases."""
    told = {name: getattr(case, name) for name in SHOWN}
    return {"case_id": case_name(case.id), **told, "held_back": is_held_back(case)}


def is_held_back(case: Row[Any]) -> bool:
    """Whether an alarm waits for room in the alert budget: open, and its clock has not begun."""
    return case.kind == "p0" and case.state == "open" and case.call_due_at is None


def case_document(case: Row[Any], history: Iterable[Row[Any]]) -> dict[str, Any]:
    """A case with its plan and all that happened to it, oldest first."""
    told = ("at", "who", "action", "before", "after", "note")
    steps = [{name: getattr(row, name) for name in told} for row in history]
    return {**summary_document(case), "plan": case.plan, "history": steps}


def event_data(case: Row[Any]) -> dict[str, Any]:
    """What a webhook is told of a case: facts and people, and none of a customer's words."""
    return summary_document(case)
