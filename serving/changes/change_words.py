"""A change in words, in English and Chinese: each driver's sentence, and the whole for a terminal."""

from __future__ import annotations

import math
from typing import Any

from features.catalog import Feature, Language
from serving.wording.account_words import BANDS
from serving.wording.words import LANGUAGES, sentence, written

MOVED: dict[Language, str] = {"en": "{title}: {before}, now {after}", "zh": "{title}:{before},现在{after}"}
MOVED_OTHERWISE: dict[Language, str] = {
    "en": "{title}: {before}, now {after}; what came in between and beside it counted for more",
    "zh": "{title}:{before},现在{after};期间及同时的其他变动影响更大",
}
AGED: dict[Language, str] = {
    "en": "{title}: what was known then ({before}), after the time that passed",
    "zh": "{title}:当时所知({before})随时间变化",
}
KNOWN: dict[Language, str] = {"en": "{title}: now known, {after}", "zh": "{title}:现已知,{after}"}
BETWEEN: dict[Language, str] = {"en": "{title}: unknown in between", "zh": "{title}:期间曾未知"}
PART: dict[Language, dict[str, str]] = {
    "en": {
        "decay": "old evidence aged, time passed",
        "missing_evidence": "evidence went missing or came",
        "behaviour": "what they did and said",
        "configuration": "the configuration changed",
        "model": "the model changed",
    },
    "zh": {
        "decay": "旧信息衰减、时间推移",
        "missing_evidence": "信息缺失或补充",
        "behaviour": "客户的行为与反馈",
        "configuration": "配置变更",
        "model": "模型变更",
    },
}
HEAD: dict[Language, str] = {
    "en": "{account}: health {a:.1f} ({band_a}) on {from_}, {b:.1f} ({band_b}) on {to}: {change:+.1f}",
    "zh": "{account}:健康度{from_}为{a:.1f}({band_a}),{to}为{b:.1f}({band_b}):{change:+.1f}",
}
OTHER: dict[Language, str] = {"en": "the rest, beside the new values", "zh": "其余(与新值共同作用)"}
RULE: dict[Language, str] = {
    "en": "rule score {a:.1f} to {b:.1f} ({change:+.1f}): {parts}",
    "zh": "规则分{a:.1f}至{b:.1f}({change:+.1f}):{parts}",
}


def driver_words(part: str, feature: Feature, before: float, after: float, points: float) -> dict[str, str]:
    """What moved, in every language. A sentence that its points would deny says why."""
    return {language: _words(part, feature, before, after, points, language) for language in LANGUAGES}


def _words(
    part: str, feature: Feature, before: float, after: float, points: float, language: Language
) -> str:
    denied = feature.monotone_in_churn * (after - before) * points > 0
    if part == "missing_evidence":
        if math.isnan(after):
            return sentence(feature, after, None, language)
        template = KNOWN if math.isnan(before) else BETWEEN
    else:
        template = AGED if part == "decay" else MOVED_OTHERWISE if denied else MOVED
    title: str = getattr(feature.title, language)
    values = {
        name: "?" if math.isnan(value) else written(feature, value, language)
        for name, value in (("before", before), ("after", after))
    }
    return template[language].format(title=title, **values)


def change_in_words(answer: dict[str, Any], language: Language) -> str:
    """The answer of `/change` as a short text: the parts, under each its drivers; both columns add up."""
    first, last = answer["from"], answer["to"]
    lines = [
        HEAD[language].format(
            account=answer["account_id"],
            from_=first["as_of"][:10],
            to=last["as_of"][:10],
            a=first["health"],
            b=last["health"],
            band_a=BANDS[language][first["band"]],
            band_b=BANDS[language][last["band"]],
            change=answer["change"],
        )
    ]
    for part, points in answer["parts"].items():
        lines.append(f"  {points:+6.1f}  {PART[language][part]}")
        own = [driver for driver in answer["drivers"] if driver["part"] == part]
        lines += [f"          {driver['points']:+6.1f}  {driver['text'][language]}" for driver in own]
        rest = answer["other_points"].get(part)
        if rest:
            lines.append(f"          {rest:+6.1f}  {OTHER[language]}")
    lines.append("  " + _rule(answer, language))
    lines += [f"  {note['text'][language]}" for note in answer["notes"]]
    return "\n".join(lines)


def _rule(answer: dict[str, Any], language: Language) -> str:
    parts = answer["rule"]["parts"].items()
    told = ", ".join(f"{PART[language][part]} {points:+.1f}" for part, points in parts if points)
    scores = {"a": answer["from"]["rule"]["score"], "b": answer["to"]["rule"]["score"]}
    return RULE[language].format(**scores, change=answer["rule"]["change"], parts=told or "0")
