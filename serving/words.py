"""Driver sentences in English and Chinese, filled in from the catalogue."""

from __future__ import annotations

import math
import re

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
    if typical is None or math.isnan(typical):
        return UNKNOWN_TYPICAL.sub("", template).format(value=written(feature, value, language))
    shown = written(feature, value, language), written(feature, typical, language)
    return template.format(value=shown[0], typical=shown[1])


def written(feature: Feature, value: float, language: Language) -> str:
    """The value with its unit, short: `8%`, `+12%`, `14 days`, `1.8 times`, `yes`."""
    english = language == "en"
    match feature.unit:
        case "share":
            return f"{100 * value:.0f}%"
        case "change":
            return f"{100 * value:+.0f}%"
        case "days":
            number = f"{value:.0f}" if value == round(value) else f"{value:.1f}"
            return (f"{number} day" + ("" if number == "1" else "s")) if english else f"{number}天"
        case "hours":
            return f"{value:.0f} hours" if english else f"{value:.0f}小时"
        case "ratio":
            return f"{2**value:.1f} times" if english else f"{2**value:.1f}倍"
        case "flag":
            return ("yes" if value >= 0.5 else "no") if english else ("是" if value >= 0.5 else "否")
        case "money":
            return f"{value:,.0f}"
        case "nps":
            return f"{value:+.0f}"
        case "mentions":
            never, times = ("never", "times") if english else ("0次", "次")
            if value < 0.05:
                return never
            return f"{value:.1f} {times}" if english else f"{value:.1f}{times}"
        case "count":
            return f"{value:.0f}" if value == round(value) else f"{value:.1f}"
        case _:
            return f"{value:.2f}"
