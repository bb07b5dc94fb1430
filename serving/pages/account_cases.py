"""The cases of one account as its page shows them: the open ones with their history, clock and next steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from serving.closed_loop.case_answers import cases_page, one_case
from serving.closed_loop.case_bodies import CasesQuery
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_states import allowed_actions
from serving.history.store import ScoreStore
from serving.pages.case_clocks import Clock, clock_of

MOST = 10


@dataclass(frozen=True)
class CaseRead:
    """A case with its clock and the steps that it may take now."""

    case: dict[str, Any]
    clock: Clock
    actions: list[str]

    @property
    def is_open(self) -> bool:
        """Whether somebody still works on it."""
        return bool(self.case["state"] != "resolved")


def cases_of(store: ScoreStore, account_id: str, params: CaseParams, now: datetime) -> list[CaseRead]:
    """The account's cases that the caller may see, the open ones first, then the newest."""
    listed = cases_page(store, CasesQuery(account_id=account_id, limit=MOST), store.owner)["cases"]
    with store.begin() as connection:
        told = [one_case(connection, each["case_id"], store.owner) for each in listed]
    found = [
        CaseRead(
            case, clock_of(case, params, now), [str(a) for a in allowed_actions(case["state"], case["kind"])]
        )
        for case in told
    ]
    return sorted(found, key=lambda each: not each.is_open)
