"""Reads the bodies of the steps of a case, and the query of the list of cases."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import QueryParams

from features.faults import nearest
from serving.answers.survey_bodies import unstorable
from serving.api.problems import Faults, clip
from serving.api.request_bodies import read_json
from serving.api.request_fields import TEXT_ALLOWED, closed_object, is_short_text
from serving.api.request_queries import closed_query, page_limit
from serving.closed_loop.case_documents import case_number
from serving.closed_loop.case_states import KINDS, LEVELS, STATES, Action
from serving.closed_loop.cases import Step
from serving.params import ServingParams

MAX_NOTE = 5_000
NOTED: tuple[Action, ...] = ("comment", "resolve")  # a note says what, or why it is over
KEYS = ("state", "kind", "level", "held_back", "account_id", "assignee", "limit", "cursor")
YES_NO = ("true", "false")


@dataclass(frozen=True)
class CasesQuery:
    """A page of the cases, newest first; `before` is the number of the last case of the page before."""

    state: str | None = None
    kind: str | None = None
    level: str | None = None
    account_id: str | None = None
    assignee: str | None = None
    held_back: bool | None = None
    limit: int = 50
    before: int | None = None


def read_step(body: bytes, action: Action, who: str | None) -> Step:
    """The step of a body; `who` is the caller whose key says who they are. Raises Problem with all faults.

    >>> read_step(b'{"who": "csm-1", "note": "spoke for ten minutes"}', "log-call", None)
    Step(action='log-call', who='csm-1', note='spoke for ten minutes', assignee=None)
    """
    faults = Faults()
    required = [] if who else ["who"]
    required += ["note"] if action in NOTED else ["assignee"] if action == "assign" else []
    known = ["who", "note", *(["assignee"] if action == "assign" else [])]
    given = closed_object(read_json(body), "", known, required, faults) or {}
    for name in ("who", "assignee"):
        if name in given and not is_short_text(given[name]):
            faults.add(name, given[name], TEXT_ALLOWED, "send the person's name or id, as in the book")
    _check_note(given.get("note"), "note" in required, "note" in given, faults)
    faults.raise_any()
    return Step(action, str(given.get("who") or who), given.get("note"), given.get("assignee"))


def _check_note(note: object, required: bool, is_given: bool, faults: Faults) -> None:
    if note is None and not (required and is_given):
        return
    fits = isinstance(note, str) and len(note.strip()) > 0 and len(note) <= MAX_NOTE and not unstorable(note)
    if not fits:
        allowed = f"a text of 1 to {MAX_NOTE:,} characters"
        faults.add("note", note, allowed, "say in a few words what was said or done")


def read_cases_query(query: QueryParams, limits: ServingParams) -> CasesQuery:
    """The query of `GET /v1/cases`. Raises Problem with every fault in it.

    >>> read_cases_query(QueryParams("state=open&cursor=C-000412"), ServingParams()).before
    412
    """
    faults = Faults()
    given = closed_query(query, KEYS, faults)
    for key, choices in (("state", STATES), ("kind", KINDS), ("level", LEVELS), ("held_back", YES_NO)):
        if key in given and given[key] not in choices:
            faults.add(key, given[key], f"one of {', '.join(choices)}", nearest(clip(given[key]), choices))
    for key in ("account_id", "assignee"):
        if key in given and not is_short_text(given[key]):
            faults.add(key, given[key], TEXT_ALLOWED, f"leave {key} out for all")
    before = case_number(given["cursor"]) if "cursor" in given else None
    if "cursor" in given and before is None:
        faults.add("cursor", given["cursor"], "the next_cursor of an earlier page", "start again without")
    limit = page_limit(given.get("limit"), limits, faults)
    faults.raise_any()
    asked = {key: given.get(key) for key in ("state", "kind", "level", "account_id", "assignee")}
    held_back = given["held_back"] == "true" if "held_back" in given else None
    return CasesQuery(**asked, held_back=held_back, limit=limit, before=before)
