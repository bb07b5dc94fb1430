"""What a driver says: its value, what is typical and of whom, which side of it is better, and how it counts.

A sentence never says what the sign of its points denies. Where a value is better than typical and yet counts
against the account (the model weighs it with everything else that is known; the rule starts from an account
of which nothing is known), the sentence says both.
"""

from __future__ import annotations

import math
from typing import Literal

from features.catalog import Feature, Language
from serving.words import sentence, written

Side = Literal["above", "below"]
WHOSE: dict[Language, dict[str, str]] = {
    "en": {"segment": "typical of its segment: ", "portfolio": "typical of all accounts: "},
    "zh": {"segment": "同细分典型值", "portfolio": "全部客户典型值"},
}
TYPICAL: dict[Language, str] = {"en": "typical: ", "zh": "典型值"}
COUNTS: dict[Language, dict[bool, str]] = {
    "en": {True: "; it counts for the account", False: "; it counts against the account"},
    "zh": {True: ";在此加分", False: ";在此减分"},
}
AGREES: dict[Language, dict[bool, str]] = {
    "en": {True: "; better than typical", False: "; worse than typical"},
    "zh": {True: ";优于典型值", False: ";劣于典型值"},
}
DENIES: dict[Language, dict[bool, str]] = {
    "en": {
        True: "; though worse than typical, it counts for the account, all else considered",
        False: "; though better than typical, it counts against the account, all else considered",
    },
    "zh": {True: ";虽劣于典型值,综合其他情况在此加分", False: ";虽优于典型值,结合其他情况在此减分"},
}
UNORDERED: dict[Language, dict[Side, str]] = {
    "en": {"above": "; more than typical", "below": "; less than typical"},
    "zh": {"above": ";高于典型值", "below": ";低于典型值"},
}


def driver_sentence(
    feature: Feature,
    value: float,
    typical: float | None,
    whose: str | None,
    points: float,
    language: Language,
) -> str:
    """The driver in words. `whose`: `segment` or `portfolio`, whom `typical` describes; NaN = missing.

    >>> from features.catalog import load_catalog
    >>> from features.params import Windows
    >>> by_name = {f.name: f for f in load_catalog(Windows())}
    >>> told = driver_sentence(by_name["sticky_feature_user_share_30d"], 0.08, 0.31, "segment", -11.4, "en")
    >>> told
    '8% of active users use the sticky features (typical of its segment: 31%); worse than typical'
    """
    said = sentence(feature, value, typical, language)
    if whose is not None:
        said = said.replace(TYPICAL[language], WHOSE[language][whose])
    return said + _how_it_counts(feature, value, typical, points > 0, language)


def _how_it_counts(
    feature: Feature, value: float, typical: float | None, helps: bool, language: Language
) -> str:
    side = _side(feature, value, typical)
    if side is None:
        return COUNTS[language][helps]
    if feature.direction == "not_monotone":
        return UNORDERED[language][side] + COUNTS[language][helps]
    better = (side == "above") == (feature.direction == "better")
    return (AGREES if better == helps else DENIES)[language][helps]


def _side(feature: Feature, value: float, typical: float | None) -> Side | None:
    """Where a value lies, as it is shown; None: as is typical, or it or what is typical is not known."""
    if math.isnan(value) or typical is None or math.isnan(typical):
        return None
    if written(feature, value, "en") == written(feature, typical, "en"):
        return None
    return "above" if value > typical else "below"
