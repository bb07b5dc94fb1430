"""Answers against behaviour: 9 and 10 from accounts that have stopped working with the product."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.gaming.known_tables import KnownTables
from features.gaming.opportunities import Opportunities
from features.time_windows import EPOCH

RECENT, BEFORE = 28, 112  # days up to the answer; days before those
FELL = 0.8  # of the use before: less is a fall


def answers_against_use(known: KnownTables, since: pd.Timestamp) -> Opportunities:
    """Of each answer of an account whose user-days fell: is it a 9 or 10?

    Expected is the share of 9 and 10 among answers after a fall like it (in four classes) in the whole book.
    """
    answers = known.answers[known.answers["responded_at"] >= since].reset_index(drop=True)
    change = _change_of_use(answers, known.user_days)
    fell = change < FELL
    answers, change = answers[fell].reset_index(drop=True), change[fell].reset_index(drop=True)
    like = pd.cut(change, [-np.inf, 0.2, 0.4, 0.6, FELL], labels=False)
    expected = answers["happy"].astype(float).groupby(like).transform("mean")
    rows = answers.assign(
        record=answers["response_id"],
        at=answers["responded_at"],
        suspicious=answers["happy"],
        expected=expected,
    )
    return Opportunities.of("against use", "surveys", "response_id", rows)


def _change_of_use(answers: pd.DataFrame, user_days: pd.DataFrame) -> pd.Series:
    """User-days a day in the 28 days before each answer over those in the 112 before; NaN where none were."""
    by_day = user_days.groupby(["account_id", "occurred_day"]).size().unstack(fill_value=0)
    if by_day.empty:
        return pd.Series(np.nan, index=answers.index)
    first, last_day = int(user_days["occurred_day"].min()), int(user_days["occurred_day"].max())
    days = by_day.reindex(columns=range(first, last_day + 1), fill_value=0)
    summed = np.concatenate([np.zeros((len(days), 1)), days.to_numpy(float).cumsum(axis=1)], axis=1)
    row = days.index.get_indexer(pd.Index(answers["account_id"]))
    day = ((answers["responded_at"] - EPOCH) // pd.Timedelta(days=1)).to_numpy(int) - first
    last = summed.shape[1] - 1
    ends = [np.clip(day - back, 0, last) for back in (0, RECENT, RECENT + BEFORE)]
    now, before = (summed[row, ends[i]] - summed[row, ends[i + 1]] for i in (0, 1))
    known = (row >= 0) & (day - RECENT - BEFORE >= 0) & (before > 0)
    ratio = np.divide(now * BEFORE, before * RECENT, out=np.full(len(row), np.nan), where=known)
    return pd.Series(ratio, index=answers.index)
