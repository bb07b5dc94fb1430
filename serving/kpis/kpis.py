"""The figures of the closed loop itself, of all, by CSM and by team, with honest intervals.

They are good targets, as the NPS is not: they can only be improved by calling customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from serving.closed_loop.alarm_outcomes import Outcomes
from serving.kpis.kaplan_meier import LEVEL, Waits, time_quantile
from serving.kpis.kpi_records import Alarm, Detractor

FEWEST = 5  # of fewer nothing is said
STEPS = ("call_overdue", "director", "vp")
HOUR = timedelta(hours=1)
Document = dict[str, Any]


@dataclass(frozen=True)
class KpiPeriod:
    """[since, until); recovery is read `recovery` after an alarm, whether it was right `horizon` after. Of
    the period nothing is known from `seen_until` on."""

    since: datetime
    until: datetime
    recovery: timedelta
    horizon: timedelta
    seen_until: datetime

    def holds(self, moment: datetime, wait: timedelta = timedelta(0)) -> bool:
        """Whether what began at `moment` comes out, after `wait`, within the period."""
        return self.since <= moment + wait < self.until


def kpis_of(
    alarms: Sequence[Alarm], detractors: Sequence[Detractor], outcomes: Outcomes, period: KpiPeriod
) -> Document:
    """The figures of all, and of every CSM and team that has an alarm or a detractor's answer among them."""

    def figures(field: str = "", name: str | None = None) -> Document:
        own = [each for each in alarms if not field or getattr(each, field) == name]
        heard = [each for each in detractors if not field or getattr(each, field) == name]
        return _figures(own, heard, outcomes, period)

    everyone: list[Alarm | Detractor] = [*alarms, *detractors]
    csms = sorted({each.csm for each in everyone}, key=_last_if_none)
    teams = sorted({each.team for each in everyone}, key=_last_if_none)
    return {
        "all": figures(),
        "csms": [{"name": csm, **figures("csm", csm)} for csm in csms],
        "teams": [{"name": team, **figures("team", team)} for team in teams],
    }


def _figures(
    alarms: Sequence[Alarm], detractors: Sequence[Detractor], outcomes: Outcomes, period: KpiPeriod
) -> Document:
    told = [alarm for alarm in alarms if period.holds(alarm.told_at)]
    heard = [each for each in detractors if period.holds(each.at)]
    recovering, undecided = outcomes.known(
        (alarm for alarm in alarms if period.holds(alarm.told_at, period.recovery)), period.recovery
    )
    foreseen, unknown = outcomes.known(
        (alarm for alarm in alarms if period.holds(alarm.told_at, period.horizon)), period.horizon
    )
    waits = _waits(told, period.seen_until)
    return {
        "alarms": len(told),
        "closed": share_of(alarm.closed for alarm in told),
        "detractors_followed_up": share_of(each.called_at is not None for each in heard),
        "first_call": {
            "open": sum(alarm.called_at is None for alarm in told),
            "median": _hours(waits, 0.5),
            "p90": _hours(waits, 0.9),
        },
        "escalated": share_of(bool(alarm.steps & {"director", "vp"}) for alarm in told),
        "escalations": {step: sum(step in alarm.steps for alarm in told) for step in STEPS},
        "recovered": share_of((band in ("yellow", "green") for band in recovering), undecided),
        "precision": share_of((band is None for band in foreseen), unknown),
    }


def share_of(happened: Iterable[bool], undecided: int = 0) -> Document:
    """A share with its equal-tailed interval under Jeffreys' prior; not told of fewer than FEWEST.

    >>> share_of([True] * 4 + [False])["interval"]
    [0.4372, 0.9636]
    >>> share_of([True])["share"] is None
    True
    """
    values = list(happened)
    count, of = sum(values), len(values)
    found: Document = {"count": count, "of": of, "undecided": undecided, "share": None, "interval": None}
    if of < FEWEST:
        return found | {"says": cannot_tell(of)}
    low = betaincinv(count + 0.5, of - count + 0.5, (1 - LEVEL) / 2) if count else 0.0
    high = betaincinv(count + 0.5, of - count + 0.5, (1 + LEVEL) / 2) if count < of else 1.0
    interval = [round(float(end), 4) for end in (low, high)]
    return found | {"share": round(count / of, 4), "interval": interval, "says": None}


def cannot_tell(of: int) -> dict[str, str]:
    """Why a figure is left out, by language."""
    return {
        "en": f"cannot tell: {of} known, {FEWEST} needed",
        "zh": f"无法判断:已知{of}例,至少需要{FEWEST}例",
    }


def _waits(told: Sequence[Alarm], until: datetime) -> Waits:
    ends = [(alarm.called_at or until) - alarm.told_at for alarm in told]
    codes, _ = pd.factorize(np.array([alarm.account_id for alarm in told], dtype=object))
    return Waits(
        np.array([max(end / HOUR, 0.0) for end in ends], dtype=np.float64),
        np.array([alarm.called_at is not None for alarm in told], dtype=bool),
        np.asarray(codes, dtype=np.int64),
    )


def _hours(waits: Waits, share: float) -> Document:
    """A quantile of the hours to the first call; an end that is None lies beyond all that was seen."""
    if len(waits.length) < FEWEST:
        return {"hours": None, "interval": None, "says": cannot_tell(len(waits.length))}
    found = time_quantile(waits, share)
    hours, low, high = (
        None if end is None else round(end, 2) for end in (found.value, found.low, found.high)
    )
    longest = f"{waits.length.max():,.0f}"
    beyond = {
        "en": f"not called by then: less than {share:.0%} of the calls were made in up to {longest} hours",
        "zh": f"尚未拨打:在最长{longest}小时内完成的电话不足{share:.0%}",
    }
    return {"hours": hours, "interval": [low, high], "says": beyond if hours is None else None}


def _last_if_none(name: str | None) -> tuple[bool, str]:
    return name is None, name or ""
