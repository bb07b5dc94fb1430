"""A case's clock as a reader sees it: what is due next, when, and whether it is late or has stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from serving.closed_loop.case_documents import summary_document
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_tables import cases
from serving.closed_loop.hand_over import seen_by
from serving.closed_loop.moments import moment_of
from serving.history.store import ScoreStore

Due = Literal["call", "director", "vp"]
MOST_READ = 2_000


@dataclass(frozen=True)
class Clock:
    """What a case waits for. `due` None: nothing more is due; `call_stopped`: the call was logged then."""

    due: Due | None
    at: str | None
    late: bool
    call_stopped: str | None


def clock_of(case: Mapping[str, Any], params: CaseParams, now: datetime) -> Clock:
    """The clock of a case, as `/v1/cases` tells of it, under the parameters that the ladder goes by."""
    due, at = _next(case, params)
    late = at is not None and moment_of(at) < now
    return Clock(due, at, late, case["called_at"])


def _next(case: Mapping[str, Any], params: CaseParams) -> tuple[Due | None, str | None]:
    # A clock that the ladder has stopped must not be shown as late: nobody would ever be told of it.
    running = ("open", "called") if params.escalate_until == "resolved" else ("open",)
    if case["kind"] != "p0" or case["state"] not in running:
        return None, None
    if case["state"] == "open" and case["level"] == "csm":
        return "call", case["call_due_at"]
    if case["level"] == "csm":
        return "director", case["director_due_at"]
    return ("vp", case["vp_due_at"]) if case["level"] == "director" else (None, None)


def cases_due(
    store: ScoreStore, params: CaseParams, now: datetime, most: int
) -> list[tuple[dict[str, Any], Clock]]:
    """The unresolved cases with a clock that the caller may see, the next due first."""
    wanted = select(cases).where(cases.c.kind == "p0", cases.c.state != "resolved")
    if store.owner is not None:
        wanted = wanted.where(seen_by(store.owner))
    with store.begin() as connection:
        rows = connection.execute(wanted.order_by(cases.c.call_due_at, cases.c.id).limit(MOST_READ)).all()
    found = [(case := summary_document(row), clock_of(case, params, now)) for row in rows]
    return sorted(found, key=lambda each: (each[1].at or "~", each[0]["case_id"]))[:most]
