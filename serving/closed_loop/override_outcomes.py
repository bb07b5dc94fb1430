"""Was the person right who set a band? Asked once the outcome is known, with an honest interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from scipy.special import betaincinv
from sqlalchemy import Connection, select

from serving.closed_loop.moments import moment_of
from serving.closed_loop.override_tables import band_overrides
from serving.closed_loop.settled_bands import ORDER

LEVEL = 0.9


def judged_overrides(
    connection: Connection, churned: Mapping[str, datetime], known_until: datetime, horizon: timedelta
) -> list[dict[str, Any]]:
    """By person: how many overrides were right, wrong and not yet decided, with the share's 90 % interval.

    A better band than the score's was right where the account was still a customer `horizon` after it
    was set, a worse one where it was not; the same band as the score's says nothing and is left out.
    `churned` has when each account left; nothing is known from `known_until` on. The interval is the
    equal-tailed posterior of the share under a uniform prior.
    """
    found: dict[str, list[bool | None]] = {}
    rows = connection.execute(select(band_overrides).order_by(band_overrides.c.id))
    for row in rows:
        if row.band is not None and row.band != row.model_band:
            left = _left(churned.get(row.account_id), moment_of(row.set_at), known_until, horizon)
            worse = ORDER.index(row.band) < ORDER.index(row.model_band)
            found.setdefault(row.who, []).append(None if left is None else left == worse)
    return [{"who": who, **_share(found[who])} for who in sorted(found)]


def _left(
    churned: datetime | None, set_at: datetime, known_until: datetime, horizon: timedelta
) -> bool | None:
    """Whether the account left within the horizon; None while that is not known."""
    if churned is not None and set_at <= churned < set_at + horizon:
        return True
    return None if set_at + horizon > known_until else False


def _share(judged: Iterable[bool | None]) -> dict[str, Any]:
    known = [each for each in judged if each is not None]
    right, wrong = sum(known), len(known) - sum(known)
    low, high = betaincinv(right + 1, wrong + 1, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    undecided = sum(each is None for each in judged)
    share = {"right": right, "wrong": wrong, "undecided": undecided}
    return share | {"share": right / len(known) if known else None, "interval": [float(low), float(high)]}
