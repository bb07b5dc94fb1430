"""The specification of all features: every case in one literal book, read by one snapshot."""

from __future__ import annotations

from functools import cache

import pandas as pd

from features.snapshot import build_snapshot
from tests.features import (
    specified_bad_input,
    specified_boundaries,
    specified_commercial,
    specified_nps,
    specified_payment,
    specified_roles,
    specified_silence,
    specified_tickets,
    specified_ties,
    specified_usage,
    specified_voice,
    specified_voice_boundaries,
    specified_words,
)
from tests.features.literal_book import AS_OF, PARAMS, Case, literal_warehouse

CASES: tuple[Case, ...] = (
    *specified_usage.CASES,
    *specified_voice.CASES,
    *specified_nps.CASES,
    *specified_roles.CASES,
    *specified_silence.CASES,
    *specified_tickets.CASES,
    *specified_commercial.CASES,
    *specified_payment.CASES,
    *specified_words.CASES,
    *specified_boundaries.CASES,
    *specified_voice_boundaries.CASES,
    *specified_ties.CASES,
    *specified_bad_input.CASES,
)


@cache
def specified_rows() -> pd.DataFrame:
    """The snapshot of all cases, made once per process."""
    return build_snapshot(literal_warehouse(*CASES), [AS_OF], PARAMS)
