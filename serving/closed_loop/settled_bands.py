"""The band that an account is held to: what it takes to change it, so that noise does not.

A worse band is entered at once: an alarm is not to be late. A better one is entered only above its limit
by `cases.leave_margin` points, after `cases.minimum_stay` in the worse one, and out of red only on new
evidence: something that became known, since it turned red, in the pillar that pulled it down. An old
detractor's answer that merely grows too old to count does not make an account healthy; a person who
resolved the case is evidence too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from features.params import BandLimits
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.moments import moment_of

ORDER = ("red", "yellow", "green")


@dataclass(frozen=True)
class Settled:
    """The band an account is held to, since which as-of date; of red, the pillar that pulled it down."""

    band: str
    since: str
    pillar: str | None = None


@dataclass(frozen=True)
class Seen:
    """What a snapshot says of an account. `pillar` pulled it down most; `evidence` tells if something new
    spoke for it since it settled."""

    as_of: str
    health: float
    band: str
    pillar: str | None
    evidence: bool = True


def settle(before: Settled | None, seen: Seen, params: CaseParams, limits: BandLimits) -> Settled:
    """The band that holds after a snapshot.

    >>> red = Settled("red", "2026-10-01T00:00:00Z", "voice")
    >>> later = Seen("2026-10-30T00:00:00Z", 63.0, "yellow", "voice")
    >>> settle(red, later, CaseParams(), BandLimits()).band
    'red'
    >>> settle(red, Seen("2026-10-30T00:00:00Z", 68.0, "yellow", "voice"), CaseParams(), BandLimits()).band
    'yellow'
    """
    entered = Settled(seen.band, seen.as_of, seen.pillar if seen.band == "red" else None)
    if before is None or ORDER.index(seen.band) < ORDER.index(before.band):
        return entered
    if seen.band == before.band or not _may_leave(before, seen, params):
        return before
    better = _cleared(before.band, seen, params, limits)
    return before if better == before.band else Settled(better, seen.as_of)


def _may_leave(before: Settled, seen: Seen, params: CaseParams) -> bool:
    stayed = moment_of(seen.as_of) - moment_of(before.since)
    return stayed >= timedelta(days=params.minimum_stay) and (before.band != "red" or seen.evidence)


def _cleared(band: str, seen: Seen, params: CaseParams, limits: BandLimits) -> str:
    """The best band, not above the day's own, whose limit the health clears by the margin."""
    for name, limit in (("green", limits.green), ("yellow", limits.yellow)):
        allowed = ORDER.index(band) < ORDER.index(name) <= ORDER.index(seen.band)
        if allowed and seen.health >= min(limit + params.leave_margin, 100):
            return name
    return band
