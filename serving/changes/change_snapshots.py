"""Which two snapshots a change lies between: dates, or snapshots' numbers, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from features.faults import Fault
from serving.api.problems import INPUTS_NOT_KEPT, INVALID, NO_SNAPSHOT, UNKNOWN_ACCOUNT, Faults, Problem
from serving.api.request_fields import as_of_text
from serving.changes.account_past import Past, pasts
from serving.history.history_answers import account_of_snapshot, snapshot_for
from serving.history.score_tables import score_history, snapshots
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore

SHOWN_DATES = 24


@dataclass(frozen=True)
class Ends:
    """Where a change begins and ends: an as-of date as it stands in the store, or a snapshot's number."""

    first: str | int
    last: str | int


def read_ends(given: Mapping[str, str], faults: Faults) -> Ends:
    """The `from` and `to` of a query or a command; both must be given."""
    return Ends(_end(given.get("from"), "from", faults), _end(given.get("to"), "to", faults))


def _end(text: str | None, field: str, faults: Faults) -> str | int:
    if text is None:
        allowed = "an as-of date (2026-10-31), or a snapshot's number"
        faults.add(field, None, allowed, f"add {field}; /history has the dates and the numbers")
        return ""
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    return as_of_text(text, field, faults) or ""


def ends_of(store: ScoreStore, account_id: str, ends: Ends) -> tuple[Past, Past]:
    """The account in both snapshots.

    Raises Problem: a date or number without a snapshot (the dates there are are named), the first after
    the last, an account that is in neither or in one of them only, features that were not kept.
    """
    first, last = _snapshot(store, ends.first, "from"), _snapshot(store, ends.last, "to")
    if (first.as_of, first.id) > (last.as_of, last.id):
        allowed = f"a snapshot no later than that of `to` ({last.as_of[:10]}, number {last.id})"
        raise Problem(INVALID, [Fault("from", ends.first, allowed, "give the earlier one as from")])
    with store.begin() as connection:
        found = pasts(connection, account_id, {first.id, last.id}, store.owned(score_history.c.account_id))
    _check_there(store, account_id, {"from": first, "to": last}, found)
    unkept = [each for each in found.values() if each.features is None]
    if unkept:
        step = "publish the date again: vitals score BOOK --as-of DATE"
        told = [
            Fault("snapshot", each.snapshot.id, "one that was published with its features", step)
            for each in unkept
        ]
        raise Problem(INPUTS_NOT_KEPT, told)
    return found[first.id], found[last.id]


def _snapshot(store: ScoreStore, named: str | int, field: str) -> Snapshot:
    if isinstance(named, int):
        if found := store.snapshot(named):
            return found
        fault = Fault(field, named, "the number of a snapshot", "GET /v1/accounts/{id}/history has them")
        raise Problem(NO_SNAPSHOT, [fault])
    try:
        return snapshot_for(store, named)
    except Problem as problem:
        told = [Fault(field, each.value, each.allowed, each.next) for each in problem.faults]
        raise Problem(problem.kind, told, detail=problem.detail) from None


def _check_there(
    store: ScoreStore, account_id: str, ends: Mapping[str, Snapshot], found: Mapping[int, Any]
) -> None:
    """Raises Problem where the account is in neither, or naming the dates at which it was scored."""
    absent = {field: snapshot for field, snapshot in ends.items() if snapshot.id not in found}
    if not absent:
        return
    dates = dates_scored(store, account_id)
    if not dates:
        account_of_snapshot(store, ends["to"], account_id)  # raises, and names the nearest id
    allowed = f"a date at which the account was scored: {', '.join(dates)}"
    step = "use one of them: before it was a customer, or after it left, an account has no health"
    faults = [Fault(field, snapshot.as_of, allowed, step) for field, snapshot in absent.items()]
    raise Problem(UNKNOWN_ACCOUNT, faults)


def dates_scored(store: ScoreStore, account_id: str, limit: int = SHOWN_DATES) -> list[str]:
    """The newest as-of dates at which an account was scored, latest first, as `2026-10-31`."""
    joined = snapshots.join(score_history, snapshots.c.id == score_history.c.snapshot_id)
    dates = select(snapshots.c.as_of).distinct().select_from(joined)
    dates = dates.where(score_history.c.account_id == account_id, store.owned(score_history.c.account_id))
    dates = dates.order_by(snapshots.c.as_of.desc())
    with store.begin() as connection:
        return [as_of[:10] for as_of in connection.scalars(dates.limit(limit))]
