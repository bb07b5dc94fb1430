"""The figures of the closed loop for a period: the answer of `GET /v1/kpis`, and the same in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from features.text.shown_words import visible
from serving.api.problems import Faults
from serving.api.request_fields import utc_text
from serving.closed_loop.alarm_outcomes import Outcomes, horizon_of
from serving.closed_loop.case_params import CaseParams
from serving.history.store import ScoreStore
from serving.kpis.kaplan_meier import LEVEL
from serving.kpis.kpi_records import alarms_until, detractors_until, held_back
from serving.kpis.kpis import KpiPeriod, kpis_of

USUAL = timedelta(days=365)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
Document = Mapping[str, Any]


@dataclass(frozen=True)
class KpisAsked:
    """The period asked about, [since, until), of which what is past by `now` (None: all) has been seen."""

    since: datetime
    until: datetime
    now: datetime | None = None


def read_period(given: Mapping[str, str], now: datetime, faults: Faults) -> KpisAsked:
    """The period of `from` and `to`: dates (their midnight in UTC) or times; left out: the year to the end
    of today, so that who asks twice is answered alike.

    >>> asked = read_period({"from": "2026-10-01"}, datetime(2026, 11, 1, tzinfo=UTC), Faults())
    >>> asked.since.isoformat(), asked.until.isoformat()
    ('2026-10-01T00:00:00+00:00', '2026-11-02T00:00:00+00:00')
    """
    tonight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    until = _moment(given, "to", tonight, faults) or tonight
    since = _moment(given, "from", tonight, faults) or max(until - USUAL, EARLIEST)
    if since >= until:
        faults.add("from", given.get("from"), f"before {utc_text(until)}", "leave it out for a year")
    return KpisAsked(since, until, now)


def _moment(given: Mapping[str, str], key: str, latest: datetime, faults: Faults) -> datetime | None:
    if key not in given:
        return None
    try:
        moment = datetime.fromisoformat(given[key])
        is_date = len(given[key]) == len("2026-10-31")
        moment = moment.replace(tzinfo=UTC) if is_date else moment
        if moment.tzinfo is not None and EARLIEST < moment <= latest:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    allowed = f"a date (2026-10-31) or a time with its zone, after {EARLIEST.year} and not after today"
    faults.add(key, given[key], allowed, "leave it out for the year to today")
    return None


def kpis_answer(store: ScoreStore, asked: KpisAsked, params: CaseParams, owner: str | None) -> dict[str, Any]:
    """The figures; `owner` limits them to the cases and accounts of one CSM."""
    with store.begin() as connection:
        period = KpiPeriod(
            asked.since,
            asked.until,
            timedelta(days=params.recover_within),
            horizon_of(connection),
            min(asked.until, asked.now or asked.until),
        )
        alarms = alarms_until(connection, asked.until, owner)
        detractors = detractors_until(connection, asked.until, owner)
        found = kpis_of(alarms, detractors, Outcomes(connection, asked.until), period)
        waiting = held_back(connection, owner)
    return {
        "period": {"from": utc_text(asked.since), "to": utc_text(asked.until)},
        "recovery_days": period.recovery.days,
        "horizon_days": period.horizon.days,
        "level": LEVEL,
        "held_back": waiting,
        **found,
    }


def in_words(answer: Document) -> str:
    """The figures for a terminal: all, then a line for each CSM and team."""
    period = answer["period"]
    lines = [
        f"the closed loop from {period['from'][:10]} to {period['to'][:10]}: "
        f"{answer['all']['alarms']} alarms, {answer['held_back']} more held back",
        *_told(answer["all"], answer),
    ]
    for title, groups in (("by CSM", answer["csms"]), ("by team", answer["teams"])):
        lines += ["", title] if groups else []
        lines += [f"  {_name(each)}: {_short(each)}" for each in groups]
    return "\n".join(lines)


def _told(found: Document, answer: Document) -> list[str]:
    steps = ", ".join(f"{count} {step}" for step, count in found["escalations"].items())
    return [
        f"  closed                  {_share(found['closed'])}",
        f"  detractors followed up  {_share(found['detractors_followed_up'])}",
        f"  first call, median      {_hours(found['first_call']['median'])}",
        f"  first call, 90%         {_hours(found['first_call']['p90'])}; {found['first_call']['open']} open",
        f"  escalated               {_share(found['escalated'])}: {steps}",
        f"  recovered after {answer['recovery_days']:>3} d   {_share(found['recovered'])}",
        f"  left within {answer['horizon_days']:>4} d      {_share(found['precision'])} (they were right)",
    ]


def _short(found: Document) -> str:
    return (
        f"{found['alarms']} alarms, closed {_share(found['closed'])}, first call "
        f"{_hours(found['first_call']['median'])}"
    )


def _share(found: Document) -> str:
    waiting = f"; {found['undecided']} not known yet" if found["undecided"] else ""
    if found["share"] is None:
        return f"{found['says']['en']}{waiting}"
    low, high = found["interval"]
    return f"{found['share']:.0%} ({low:.0%} to {high:.0%}) of {found['of']}{waiting}"


def _hours(found: Document) -> str:
    if found["interval"] is None or found["hours"] is None:
        return str(found["says"]["en"])
    low, high = ("beyond what was seen" if end is None else f"{end:,.1f}" for end in found["interval"])
    return f"{found['hours']:,.1f} h ({low} to {high})"


def _name(group: Document) -> str:
    return "nobody" if group["name"] is None else visible(group["name"])
