"""Values as a reader sees them: dates, moments, money, points, shares; a dash where nothing is known."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from features.catalog import Feature, Language
from serving.closed_loop.moments import moment_of
from serving.pages.messages_read import Words
from serving.wording.group_names import group_name
from serving.wording.words import written

NOTHING = "–"


def day(text: str | None) -> str:
    """The date of a moment in UTC.

    >>> day("2026-10-31T00:00:00Z"), day(None)
    ('2026-10-31', '–')
    """
    return text[:10] if text else NOTHING


def moment(text: str | None) -> str:
    """A moment to the minute, in UTC.

    >>> moment("2026-10-31T04:05:06.000000Z")
    '2026-10-31 04:05 UTC'
    """
    return f"{moment_of(text):%Y-%m-%d %H:%M} UTC" if text else NOTHING


def money(value: float | None) -> str:
    """A sum without its cents.

    >>> money(11497.3), money(None)
    ('11,497', '–')
    """
    return NOTHING if value is None else f"{value:,.0f}"


def tenth(value: float | None) -> str:
    """One decimal, as health is told.

    >>> tenth(58.3), tenth(None)
    ('58.3', '–')
    """
    return NOTHING if value is None else f"{value:.1f}"


def points(value: float | None) -> str:
    """Points with their sign, a true minus among them so that columns stand.

    >>> points(-11.4), points(0.0), points(2)
    ('−11.4', '0.0', '+2.0')
    """
    if value is None:
        return NOTHING
    return f"{value:+.1f}".replace("-", "−") if round(value, 1) else "0.0"


def whole_points(value: float | None) -> str:
    """Whole points with their sign, as an NPS is told.

    >>> whole_points(-83.3), whole_points(0.2), whole_points(None)
    ('−83', '0', '–')
    """
    if value is None:
        return NOTHING
    return f"{round(value):+d}".replace("-", "−") if round(value) else "0"


def share(value: float | None) -> str:
    """A share in percent.

    >>> share(0.824)
    '82%'
    """
    return NOTHING if value is None else f"{100 * value:.0f}%"


def ago(text: str, now: datetime, t: Words) -> str:
    """How far a moment lies from now, in the two largest units that tell something.

    >>> ago("2026-10-31T04:00:00Z", moment_of("2026-10-31T07:30:00Z"), Words("en"))
    '3 h 30 min ago'
    >>> ago("2026-10-31T04:00:00Z", moment_of("2026-10-29T03:00:00Z"), Words("zh"))
    '2天1小时后'
    """
    left = moment_of(text) - now
    return t("shell.ahead" if left > timedelta() else "shell.ago", span=span(abs(left), t))


def span(length: timedelta, t: Words) -> str:
    """A length of time: days and hours, or hours and minutes.

    >>> span(timedelta(hours=26), Words("en")), span(timedelta(minutes=5), Words("en"))
    ('1 d 2 h', '5 min')
    """
    minutes = int(length.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [("days", days), ("hours", hours)] if days else [("hours", hours), ("minutes", minutes % 60)]
    told = [t(f"shell.{unit}", n=number) for unit, number in parts if number]
    return t("shell.between_units").join(told) or t("shell.minutes", n=0)


def group_title(name: str, language: Language) -> str:
    """A pillar's or a family's name as a line begins.

    >>> group_title("seat_use", "en"), group_title("nps", "en")
    ('Use of seats', 'NPS')
    """
    said = group_name(name, language)
    return said[:1].upper() + said[1:]


def feature_value(value: Any, feature: Feature | None, language: Language) -> str:
    """A feature's value with its unit; its plain number where the catalogue no longer knows it."""
    if value is None:
        return NOTHING
    return f"{value:g}" if feature is None else written(feature, float(value), language)
