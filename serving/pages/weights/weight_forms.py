"""The forms of the workshop: keep a draft, and adopt one."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from features.faults import Fault
from serving.access.key_door import NOT_ALLOWED
from serving.api.problems import INVALID, Faults, Problem
from serving.api.request_fields import TEXT_ALLOWED, is_short_text
from serving.pages.addresses import with_query
from serving.pages.visits import Visit
from serving.pages.weights.workshop_page import workshop_of
from serving.weights.trial import KEYS
from serving.weights.weight_versions import adopt_weights, draft_weights

Fields = Mapping[str, str]


def draft(visit: Visit, fields: Fields, connection: Connection) -> str:
    """`POST /weights/drafts`: what is tried, kept under the visitor's name with a reason."""
    reason = _reason(fields)
    found = workshop_of(visit, {key: fields[key] for key in KEYS if key in fields})
    if found.trial.weights == found.in_force:
        fault = Fault("weights", "as they are", "other weights than those in force", "move a slider first")
        raise Problem(INVALID, [fault])
    number = draft_weights(connection, found.trial.weights, visit.who, reason, visit.held.now())
    return with_query("/weights", base=number) + "#versions"


def adopt(visit: Visit, fields: Fields, connection: Connection) -> str:
    """`POST /adoptions`: a version, or `version` empty for the weights of params.yaml."""
    _check_no_owner(visit)
    reason, told = _reason(fields), fields.get("version", "")
    if told and not (told.isascii() and told.isdecimal() and len(told) < 10):
        raise Problem(
            INVALID, [Fault("version", told, "the number of a draft", "see the versions on the page")]
        )
    adopt_weights(connection, int(told) if told else None, visit.who, reason, visit.held.now())
    return "/weights#versions"


def _check_no_owner(visit: Visit) -> None:
    """Weights weigh every account, so that who is limited to an owner's may not adopt them.

    No such key is made any more; those of an older version keep their scopes.
    """
    if (owner := visit.caller.owner) is not None:
        step = "make a key without an owner: vitals keys create --scope weights:adopt"
        raise Problem(NOT_ALLOWED, [Fault("owner", owner, "a key that sees every account", step)])


def _reason(fields: Fields) -> str:
    faults, reason = Faults(), fields.get("reason", "").strip()
    if not is_short_text(reason):
        faults.add("reason", reason, TEXT_ALLOWED, "say why in a few words")
    faults.raise_any()
    return reason
