"""Answers of 9 and 10 within days of a CSM's call or mail: more of them than the account gives else."""

from __future__ import annotations

import pandas as pd

from features.gaming.known_tables import KnownTables
from features.gaming.opportunities import Opportunities, own_share

AFTER = pd.Timedelta(days=3)
CONTACT = ("call", "email", "crm_note")


def begged_answers(known: KnownTables, since: pd.Timestamp) -> Opportunities:
    """Of each NPS answer given within three days of a note of the account's own CSM: is it a 9 or 10?

    Expected is the account's share of 9 and 10 among its other answers.
    """
    answers = known.answers.reset_index(drop=True)
    touched = _after_contact(answers, known.notes)
    expected = own_share(answers, answers["happy"], ~touched)
    asked = touched & (answers["responded_at"] >= since)
    rows = answers.assign(
        record=answers["response_id"],
        at=answers["responded_at"],
        suspicious=answers["happy"],
        expected=expected,
    )
    return Opportunities.of("begged", "surveys", "response_id", rows[asked])


def _after_contact(answers: pd.DataFrame, notes: pd.DataFrame) -> pd.Series:
    """Whether the account's own CSM was in touch in the three days before each answer."""
    written = notes[notes["kind"].isin(CONTACT)]
    pairs = answers[["response_id", "account_id", "owner", "responded_at"]].merge(
        written, left_on=["account_id", "owner"], right_on=["account_id", "author"]
    )
    gap = pairs["responded_at"] - pairs["happened_at"]
    near = pairs[(gap >= pd.Timedelta(0)) & (gap <= AFTER)]
    return answers["response_id"].isin(near["response_id"])
