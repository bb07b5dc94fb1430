"""The pulse that rises before the day on which somebody is paid by it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from features.gaming.known_tables import KnownTables
from features.gaming.opportunities import Opportunities, own_share


def inflated_answers(
    known: KnownTables, since: pd.Timestamp, dates: Sequence[str], before: int
) -> Opportunities:
    """Of each answer within `before` days of a compensation date (`03-31`, each year): is it a 9 or 10?

    Expected is the account's share of 9 and 10 at other times.
    """
    answers = known.answers.reset_index(drop=True)
    near = _near(answers["responded_at"], dates, before)
    expected = own_share(answers, answers["happy"], ~near)
    rows = answers.assign(
        record=answers["response_id"],
        at=answers["responded_at"],
        suspicious=answers["happy"],
        expected=expected,
    )
    return Opportunities.of(
        "inflated", "surveys", "response_id", rows[near & (answers["responded_at"] >= since)]
    )


def _near(moments: pd.Series, dates: Sequence[str], before: int) -> pd.Series:
    found = pd.Series(False, index=moments.index)
    if moments.empty:
        return found
    for year in range(moments.min().year, moments.max().year + 2):
        for date in dates:
            end = pd.Timestamp(f"{year}-{date}", tz="UTC") + pd.Timedelta(days=1)
            found |= (moments >= end - pd.Timedelta(days=before)) & (moments < end)
    return found
