"""Driver sentences in English and Chinese, filled in from the catalogue."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from features.catalog import Feature, Language

LANGUAGES: tuple[Language, ...] = ("en", "zh")
UNKNOWN_TYPICAL = re.compile(r"\s*\(typical: \{typical\}\)|\(典型值\{typical\}\)|[,,]典型值\{typical\}")


def sentence(feature: Feature, value: float, typical: float | None, language: Language) -> str:
    """What the feature's value says, beside what is typical; a missing value says what is missing.

    >>> from features.catalog import load_catalog
    >>> from features.params import Windows
    >>> by_name = {f.name: f for f in load_catalog(Windows())}
    >>> sentence(by_name["sticky_feature_user_share_30d"], 0.08, 0.31, "en")
    '8% of active users use the sticky features (typical: 31%)'
    >>> sentence(by_name["sticky_feature_user_share_30d"], float("nan"), 0.31, "zh")
    '关键功能使用率未知:没有活跃用户'
    """
    if math.isnan(value):
        title, why = getattr(feature.title, language), getattr(feature.missing, language)
        return f"{title} unknown: {why}" if language == "en" else f"{title}未知:{why}"
    template: str = getattr(feature.text, language)
    known = typical is not None and not math.isnan(typical)
    usual = written(feature, typical, language) if known and typical is not None else None
    return filled(template, written(feature, value, language), usual)


def filled(template: str, value: str, typical: str | None) -> str:
    """A text of the catalogue with a value, and what is typical where that is known."""
    if typical is None:
        return UNKNOWN_TYPICAL.sub("", template).format(value=value)
    return template.format(value=value, typical=typical)


def written(feature: Feature, value: float, language: Language) -> str:
    """The value with its unit, short: `8%`, `+12%`, `14 days`, `1.8 times`, `yes`."""
    return _written(feature.unit, feature.range[0], value, language)


@lru_cache(maxsize=65_536)  # what is typical is written in every sentence, and a value four times in each
def _written(unit: str, lowest: float | None, value: float, language: Language) -> str:
    english = language == "en"
    sign = "+" if lowest is None or lowest < 0 else ""  # a width or a duration has none, a change has
    match unit:
        case "share":
            return f"{_short(100 * value)}%"
        case "change":
            return f"{_short(100 * value, sign='+')}%"
        case "days":
            number = _brief(value, sign)
            one = number.lstrip("+-") == "1"
            return (f"{number} day" + ("" if one else "s")) if english else f"{number}天"
        case "hours":
            return f"{_short(value)} hours" if english else f"{_short(value)}小时"
        case "ratio":  # kept as a base-2 logarithm
            times = _short(2.0 ** min(value, 1000.0), 1)
            return f"{times} times" if english else f"{times}倍"
        case "flag":
            return ("yes" if value >= 0.5 else "no") if english else ("是" if value >= 0.5 else "否")
        case "money":
            return _short(value, sign=",")
        case "nps":
            return _short(value, sign=sign)
        case "mentions":
            never, times = ("never", "times") if english else ("0次", "次")
            if value < 0.05:
                return never
            return f"{_short(value, 1)} {times}" if english else f"{_short(value, 1)}{times}"
        case "count":
            return _brief(value)
        case _:
            return _short(value, 2)


def _brief(value: float, sign: str = "") -> str:
    """A whole number as such, any other with one decimal."""
    return _short(value, 0 if value == round(value) else 1, sign)


def _short(value: float, decimals: int = 0, sign: str = "") -> str:
    """The number without a minus before nothing (`-0`), and without 300 digits where it is absurd."""
    if abs(value) >= 1e15:
        return f"{value:.3g}"
    return f"{round(value, decimals) + 0.0:{sign}.{decimals}f}"
