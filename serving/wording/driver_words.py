"""What a driver says: its value, what is typical and of whom, on which side it is, since when, how it counts.

A sentence never says what the sign of its points denies. Where a value is better than typical and yet counts
against the account (the model weighs it with everything else that is known; the rule starts from an account
of which nothing is known), the sentence says both.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

from features.catalog import Direction, Feature, Language
from serving.scores.since_when import Since
from serving.wording.words import LANGUAGES, filled, sentence, written

Side = Literal["above", "below"]
Counted = tuple[Side | None, Direction, bool, Language, Since | None]  # what `_how_it_counts` takes
VALUE = "\0"  # stands for the value; no text holds it
WHOSE: dict[Language, dict[str, str]] = {
    "en": {"segment": "typical of its segment: ", "portfolio": "typical of all accounts: "},
    "zh": {"segment": "同细分典型值", "portfolio": "全部客户典型值"},
}
TYPICAL: dict[Language, str] = {"en": "typical: ", "zh": "典型值"}
SINCE: dict[Language, dict[bool, str]] = {
    "en": {False: " since {date}", True: " since {date} or before"},
    "zh": {False: "(自{date}起)", True: "(自{date}或更早起)"},
}
STILL_UNKNOWN: dict[Language, str] = {"en": "; so", "zh": ""}
COUNTS: dict[Language, dict[bool, str]] = {
    "en": {True: "; it counts for the account", False: "; it counts against the account"},
    "zh": {True: ";在此加分", False: ";在此减分"},
}
AGREES: dict[Language, dict[bool, str]] = {
    "en": {True: "; better than typical{since}", False: "; worse than typical{since}"},
    "zh": {True: ";优于典型值{since}", False: ";劣于典型值{since}"},
}
DENIES: dict[Language, dict[bool, str]] = {
    "en": {
        True: "; though worse than typical{since}, it counts for the account, all else considered",
        False: "; though better than typical{since}, it counts against the account, all else considered",
    },
    "zh": {
        True: ";虽劣于典型值{since},综合其他情况在此加分",
        False: ";虽优于典型值{since},结合其他情况在此减分",
    },
}
UNORDERED: dict[Language, dict[Side, str]] = {
    "en": {"above": "; more than typical{since}", "below": "; less than typical{since}"},
    "zh": {"above": ";高于典型值{since}", "below": ";低于典型值{since}"},
}


def driver_sentence(
    feature: Feature,
    value: float,
    typical: float | None,
    whose: str | None,
    points: float,
    language: Language,
    since: Since | None = None,
) -> str:
    """The driver in words. `whose`: `segment` or `portfolio`, whom `typical` describes; NaN = missing.

    `since`: since when the value has been on its side of what is typical, or missing; None: not known.

    >>> from features.catalog import load_catalog
    >>> from features.params import Windows
    >>> by_name = {f.name: f for f in load_catalog(Windows())}
    >>> told = driver_sentence(by_name["sticky_feature_user_share_30d"], 0.08, 0.31, "segment", -11.4, "en")
    >>> told
    '8% of active users use the sticky features (typical of its segment: 31%); worse than typical'
    >>> since = Since("2026-08-31T00:00:00Z", or_before=True)
    >>> seats = by_name["seat_utilisation_30d"]
    >>> driver_sentence(seats, 0.1, 0.5, None, -2.0, "en", since).partition("; ")[2]
    'worse than typical since 2026-08-31 or before'
    """
    return driver_text(feature, value, typical, whose, points, since)[language]


def driver_text(
    feature: Feature,
    value: float,
    typical: float | None,
    whose: str | None,
    points: float,
    since: Since | None = None,
) -> dict[str, str]:
    """The driver in words of each language (see `driver_sentence`)."""
    counts = points > 0
    if math.isnan(value):
        counted = {
            language: _how_it_counts(None, feature.direction, counts, language, since)
            for language in LANGUAGES
        }
        return {
            language: sentence(feature, value, typical, language) + counted[language]
            for language in LANGUAGES
        }
    usual = None if typical is None or math.isnan(typical) else typical
    side = _side(feature, value, usual)
    return {
        language: _told(
            getattr(feature.text, language),
            written(feature, value, language),
            None if usual is None else written(feature, usual, language),
            whose,
            (side, feature.direction, counts, language, since),
        )
        for language in LANGUAGES
    }


# Shown values are few: of many accounts most sentences have been said before.
@lru_cache(maxsize=16_384)
def _told(template: str, shown: str, usual: str | None, whose: str | None, counted: Counted) -> str:
    return shown.join(_around(template, usual, whose, counted[3])) + _how_it_counts(*counted)


@lru_cache(maxsize=65_536)  # the same for all accounts of a segment
def _around(template: str, typical: str | None, whose: str | None, language: Language) -> tuple[str, ...]:
    """What a sentence says before and after the value."""
    said = filled(template, VALUE, typical)
    if whose is not None:
        said = said.replace(TYPICAL[language], WHOSE[language][whose])
    return tuple(said.split(VALUE))


def has_side(feature: Feature, value: float, typical: float | None) -> bool:
    """Whether there is anything to say since when of: it is missing, or shown otherwise than is typical."""
    return math.isnan(value) or _side(feature, value, typical) is not None


@lru_cache(maxsize=4096)
def _how_it_counts(
    side: Side | None, direction: Direction, helps: bool, language: Language, since: Since | None
) -> str:
    when = "" if since is None else SINCE[language][since.or_before].format(date=since.as_of[:10])
    if side is None:
        return (STILL_UNKNOWN[language] + when if when else "") + COUNTS[language][helps]
    if direction == "not_monotone":
        return UNORDERED[language][side].format(since=when) + COUNTS[language][helps]
    better = (side == "above") == (direction == "better")
    return (AGREES if better == helps else DENIES)[language][helps].format(since=when)


def _side(feature: Feature, value: float, typical: float | None) -> Side | None:
    """Where a value lies, as it is shown; None: as is typical, or it or what is typical is not known."""
    if math.isnan(value) or typical is None or math.isnan(typical):
        return None
    if written(feature, value, "en") == written(feature, typical, "en"):
        return None
    return "above" if value > typical else "below"
