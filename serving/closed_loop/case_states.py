"""The states of a case, and which step leads from which to which.

open → called → resolved, and back by `reopen`. Only a P0 case has a clock, and only it must be called
before it is resolved; a plan or an expansion may be resolved at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Kind = Literal["p0", "plan", "expansion"]
Action = Literal["log-call", "comment", "assign", "resolve", "reopen"]
KINDS: tuple[Kind, ...] = ("p0", "plan", "expansion")
STATES = ("open", "called", "resolved")
LEVELS = ("csm", "director", "vp")

STEPS: Mapping[Action, Mapping[str, str]] = {
    "log-call": {"open": "called", "called": "called"},
    "comment": {"open": "open", "called": "called", "resolved": "resolved"},
    "assign": {"open": "open", "called": "called"},
    "resolve": {"called": "resolved"},
    "reopen": {"resolved": "open"},
}


def next_state(action: Action, state: str, kind: str) -> str | None:
    """The state after a step, or None where the step is not allowed.

    >>> next_state("log-call", "open", "p0"), next_state("resolve", "open", "p0")
    ('called', None)
    >>> next_state("resolve", "open", "plan")
    'resolved'
    """
    if action == "resolve" and state == "open" and kind != "p0":
        return "resolved"
    return STEPS[action].get(state)


def allowed_actions(state: str, kind: str) -> list[Action]:
    """The steps that a case may take now.

    >>> allowed_actions("resolved", "p0")
    ['comment', 'reopen']
    """
    return [action for action in STEPS if next_state(action, state, kind) is not None]
