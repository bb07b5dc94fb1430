"""Takes an answer in: kept before the call returns, and a case opened where it is an alarm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, select

from features.faults import Fault
from serving.answers.survey_bodies import Answer
from serving.answers.survey_tables import keep_asked_people, survey_responses
from serving.api.problems import INVALID, Kind, Problem
from serving.closed_loop.book_people import account_known, is_key_decision_maker, roles_of
from serving.closed_loop.case_documents import case_name
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.cases import Opening, open_case
from serving.closed_loop.moments import moment_of, moment_text
from serving.history.unique_rows import insert_once

UNKNOWN = Kind("urn:vitals:problem:unknown-account", 404, "No such account in the newest book")
CONFLICT = Kind(
    "urn:vitals:problem:response-conflict", 409, "The response was sent before, with other content"
)
# Times left out are filled in anew by each call, so they do not tell one answer from another.
SAME = tuple(c.name for c in survey_responses.columns if not c.name.endswith("_at"))


def take_answer(
    connection: Connection,
    answer: Answer,
    fallback_id: str,
    params: CaseParams,
    now: datetime,
    owner: str | None = None,
) -> dict[str, Any]:
    """Keeps an answer, and opens a P0 case where a key decision maker is a detractor.

    One that was given more than `cases.answers_alarm_within` ago, or that the same contact has answered anew
    since, is kept and alarms nobody: it is history that is brought in, and the next scoring counts it.

    The same response again (by `response_id`) changes nothing. Raises Problem 404 for an account that the
    newest book does not have (or not for `owner`, where one is given), 409 for a response id that was
    used for another answer, 422 for a contact whose role nobody knows: whether it is an alarm must not be
    guessed.
    """
    row = answer.row | {"response_id": answer.row["response_id"] or fallback_id}
    account = account_known(connection, row["account_id"])
    if account is None or owner not in (None, account.owner):
        step = "check the id, or score a book that has the account: vitals score"
        raise Problem(
            UNKNOWN, [Fault("account_id", row["account_id"], "an account of the newest book", step)]
        )
    alarm = answer.is_detractor and _is_key(connection, answer, row)
    if insert_once(connection, survey_responses, row) is not None:
        keep_asked_people(connection, row["response_id"], account)
    kept = _kept(connection, row)
    past = _past(connection, kept, params) if alarm else None
    case_id = None
    if alarm and past is None:
        opening = Opening(
            row["account_id"],
            "p0",
            "detractor",
            f"answer:{row['response_id']}",
            f"a key decision maker answered {answer.out_of_ten:g} of 10",
            account.name,
            account.owner,
            account.director,
            account.vp,
        )
        case_id = case_name(open_case(connection, opening, params, now)[0])
    return {
        "response_id": row["response_id"],
        "account_id": row["account_id"],
        "detractor": answer.is_detractor,
        "case_id": case_id,
        "no_case_because": past,
    }


def _past(
    connection: Connection, kept: dict[str, Any], params: CaseParams
) -> Literal["old", "superseded"] | None:
    """Why an answer told of no alarm that was one as it came; None where it did.

    As it came, so that the same response again is answered the same, however late it is repeated.
    """
    came = moment_of(kept["recorded_at"])
    if kept["responded_at"] < moment_text(came - timedelta(days=params.answers_alarm_within)):
        return "old"
    answers = survey_responses.c
    same = [answers[name] == kept[name] for name in ("account_id", "contact_id", "kind", "touchpoint")]
    there = (answers.responded_at > kept["responded_at"], answers.recorded_at <= kept["recorded_at"])
    later = select(answers.response_id).where(*same, *there).limit(1)
    return "superseded" if kept["contact_id"] and connection.execute(later).first() else None


def kept_answers(connection: Connection) -> Sequence[dict[str, Any]]:
    """Every answer that came through the API, as rows of `surveys`, by id."""
    query = select(survey_responses).order_by(survey_responses.c.response_id)
    return [dict(row._mapping) for row in connection.execute(query)]


def _is_key(connection: Connection, answer: Answer, row: dict[str, Any]) -> bool:
    if row["contact_id"] is None:
        if answer.role is None:
            raise _role_unknown("role", None)
        return is_key_decision_maker(answer.role, answer.is_key)
    known = roles_of(connection, row["account_id"], row["contact_id"])
    if known:
        return any(is_key_decision_maker(role.role, role.is_key) for role in known)
    if answer.role is None:
        raise _role_unknown("contact_id", row["contact_id"])
    return is_key_decision_maker(answer.role, answer.is_key)


def _role_unknown(field: str, value: str | None) -> Problem:
    allowed = "a contact of this account in the newest book, or a role beside it"
    step = "add role (and is_key): a detractor's answer may be an alarm, and it depends on who gave it"
    return Problem(INVALID, [Fault(field, value, allowed, step)])


def _kept(connection: Connection, row: dict[str, Any]) -> dict[str, Any]:
    """The answer as it was kept. Raises Problem where it was sent before with other content."""
    mine = survey_responses.c.response_id == row["response_id"]
    before = dict(connection.execute(select(survey_responses).where(mine)).one()._mapping)
    differing = [name for name in SAME if before[name] != row[name]]
    if differing:
        step = "send a new response_id for a new answer"
        allowed = "what was sent before under this response_id"
        # The words of a comment are not said back.
        shown = {name: "another text" if name == "comment" else row[name] for name in differing}
        raise Problem(CONFLICT, [Fault(name, value, allowed, step) for name, value in shown.items()])
    return before
