"""Every detector, in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from features.gaming.answers_against_use import answers_against_use
from features.gaming.begged_answers import begged_answers
from features.gaming.filtered_questions import filtered_questions, timed_questions
from features.gaming.inflated_answers import inflated_answers
from features.gaming.known_tables import KnownTables
from features.gaming.opportunities import Opportunities
from features.gaming.pinged_logins import pinged_logins
from features.gaming.reopened_tickets import reopened_tickets
from features.warehouse import Warehouse

KINDS = ("begged", "filtered", "timed", "against use", "inflated", "pinged", "reopened")


def all_opportunities(
    book: Warehouse, as_of: pd.Timestamp, window: int, dates: Sequence[str], before: int
) -> list[Opportunities]:
    """What each detector finds in the `window` days before `as_of`; later knowledge takes no part.

    `dates`: on which people are paid by what customers say (`03-31`); `before`: the days before them.
    """
    known, since = KnownTables.of(book, as_of), as_of - pd.Timedelta(days=window)
    return [
        begged_answers(known, since),
        filtered_questions(known, since),
        timed_questions(known, since),
        answers_against_use(known, since),
        inflated_answers(known, since, dates, before),
        pinged_logins(known),
        reopened_tickets(known, since),
    ]
