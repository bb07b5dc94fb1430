"""What changed in an account between two dates, and the way to green."""

from __future__ import annotations

from typing import Any, cast

from serving.api.problems import Faults, Problem
from serving.api.request_queries import closed_query
from serving.changes.change_answers import change_of
from serving.changes.change_snapshots import Ends, read_ends
from serving.history.account_history import history_of
from serving.pages.account_read import account_read
from serving.pages.visits import Page, Visit
from serving.path_to_green.answer import path_to_green_of
from serving.path_to_green.standing import Planner

SHOWN = 60


def change(visit: Visit) -> Page:
    """The page at `/accounts/{id}/change?from=&to=`; without dates, what changed last."""
    read, faults = account_read(visit), Faults()
    given = {k: v for k, v in closed_query(visit.request.query_params, ("from", "to"), faults).items() if v}
    scores = history_of(visit.held.store, read.account_id, SHOWN, None)["scores"]
    choices = [score["snapshot"] for score in scores]
    ends = read_ends(given, faults) if given else _usual(choices)
    faults.raise_any()
    values: dict[str, Any] = {"choices": choices, "ends": ends, "found": None, "problem": None}
    if ends is not None:
        try:
            values["found"] = change_of(visit.held.store, visit.held.registry, read.account_id, ends)
        except Problem as problem:
            values["problem"] = problem.body()
    return Page("change.html", "portfolio", read.shown() | values)


def path_to_green(visit: Visit) -> Page:
    """The page at `/accounts/{id}/path-to-green`."""
    read = account_read(visit)
    values: dict[str, Any] = {"plan": None, "problem": None}
    try:
        planner = cast(Planner, visit.held.scorer)
        values["plan"] = path_to_green_of(visit.held.store, planner, read.account_id, None)
    except Problem as problem:
        values["problem"] = problem.body()
    return Page("path_to_green.html", "portfolio", read.shown() | values)


def _usual(choices: list[dict[str, Any]]) -> Ends | None:
    return Ends(choices[1]["id"], choices[0]["id"]) if len(choices) > 1 else None
