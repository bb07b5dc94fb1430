"""A plan in English and Chinese: what it comes to, what each step asks, and what is assumed."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

from features.catalog import Feature, Language
from features.text.shown_words import visible
from serving.path_to_green.plan import Plan
from serving.wording.words import LANGUAGES, written
from training.plausible_moves import DAYS

Said = dict[str, str]
BANDS: dict[Language, dict[str, str]] = {
    "en": {"green": "green", "yellow": "yellow", "red": "red"},
    "zh": {"green": "绿色", "yellow": "黄色", "red": "红色"},
}
HEADLINES: dict[Language, dict[str, str]] = {
    "en": {
        "already": "already {band}: health {health:.1f}",
        "reachable": "{target} is reachable in {days} days: health {health:.1f} to {after:.1f} "
        "({points:+.1f}, interval {low:+.1f} to {high:+.1f}), at a cost of {cost:.2f}",
        "not_reachable": "{target} is not reachable in {days} days by what the team can move: the farthest "
        "plan leads from {health:.1f} to {after:.1f}, {band_after} "
        "({points:+.1f}, interval {low:+.1f} to {high:+.1f})",
    },
    "zh": {
        "already": "已处于{band}:健康度{health:.1f}",
        "reachable": "{days}天内可达到{target}:健康度由{health:.1f}升至{after:.1f}"
        "({points:+.1f},区间{low:+.1f}至{high:+.1f}),代价{cost:.2f}",
        "not_reachable": "{days}天内团队可改变的因素不足以达到{target}:"
        "最多由{health:.1f}升至{after:.1f},{band_after}"
        "({points:+.1f},区间{low:+.1f}至{high:+.1f})",
    },
}
MOVE: dict[Language, str] = {"en": "{title}: from {old} to {new}", "zh": "{title}:由{old}至{new}"}
WITH: dict[Language, str] = {"en": " (with it {others})", "zh": "(同时{others})"}
COMMA: dict[Language, str] = {"en": ", ", "zh": ";"}
UNKNOWN: dict[Language, str] = {"en": "unknown", "zh": "未知"}

STAYS = {
    "en": "Whatever is not in the plan stays as it is today.",
    "zh": "计划之外的因素保持现状。",
}
NO_EFFECT = {
    "learned": {
        "en": "Points are what the model expects of an account with these values, seen among accounts as "
        "they were; they are no measured effect of acting. The interval is of that difference.",
        "zh": "分值是模型对具有这些数值的客户的预期,来自客户的实际情况,并非干预效果的实测;区间针对这一差值。",
    },
    "rule": {
        "en": "Points are the rule's arithmetic. The interval is what the same steps give with whatever is "
        "missing at its worst and at its best.",
        "zh": "分值按规则计算;区间为缺失信息取最差与最好时同样步骤的得分变化。",
    },
}
MOVES_FROM = {
    "training": {
        "en": f"No feature moves farther than one in ten accounts like it did in {DAYS} days, in the data "
        "the model was trained on.",
        "zh": f"任何因素的变化不超过训练数据中同类客户{DAYS}天内前十分之一的幅度。",
    },
    "history": {
        "en": f"No feature moves farther than one in ten accounts like it did in {DAYS} days, in the score "
        "history.",
        "zh": f"任何因素的变化不超过评分历史中同类客户{DAYS}天内前十分之一的幅度。",
    },
    "assumed": {
        "en": f"How far accounts move in {DAYS} days is not known here: half of the way to where one in ten "
        "accounts stands is assumed.",
        "zh": f"此处不知客户{DAYS}天内能变化多少:假定为距前十分之一水平的一半。",
    },
}
GREEN = {
    "en": "Green must hold with everything that is missing at its worst, whatever the health is.",
    "zh": "无论健康度多高,绿色须在所有缺失信息取最差值时仍成立。",
}
TOGETHER = {
    "en": "Features of one fact move together; what a change is compared with stays as it was.",
    "zh": "同一事实的各项因素一同变化;变化量所对比的基准不变。",
}
BECOMES_KNOWN = {
    "en": "What becomes known is assumed to be typical.",
    "zh": "新获知的数值假定为典型值。",
}


def headline(
    status: str,
    target: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    interval: list[float],
    cost: float,
) -> Said:
    """What the plan comes to, by language."""
    return {
        language: HEADLINES[language][status].format(
            target=BANDS[language][target],
            band=BANDS[language][before["band"]],
            band_after=BANDS[language][after["band"]],
            days=DAYS,
            health=before["health"],
            after=after["health"],
            points=round(after["health"] - before["health"], 1) + 0.0,
            low=interval[0],
            high=interval[1],
            cost=cost,
        )
        for language in LANGUAGES
    }


def step_text(catalog: Mapping[str, Feature], moved: Mapping[str, tuple[float, float]]) -> Said:
    """What a step asks, by language: the lever first, then what moves with it."""
    return {language: _step(catalog, moved, language) for language in LANGUAGES}


def _step(
    catalog: Mapping[str, Feature], moved: Mapping[str, tuple[float, float]], language: Language
) -> str:
    first, *others = (_move(catalog[name], *ends, language) for name, ends in moved.items())
    return first + (WITH[language].format(others=COMMA[language].join(others)) if others else "")


def _move(feature: Feature, old: float, new: float, language: Language) -> str:
    told = [UNKNOWN[language] if isnan(value) else written(feature, value, language) for value in (old, new)]
    return MOVE[language].format(title=getattr(feature.title, language), old=told[0], new=told[1])


def assumptions(plan: Plan, source: str, kind: str) -> list[Said]:
    """What a plan takes for granted."""
    ends = [ends for step in plan.steps for ends in step.moved.values()]
    told = [STAYS, NO_EFFECT[kind], MOVES_FROM[source]]
    if plan.target == "green":
        told.append(GREEN)
    if any(len(step.moved) > 1 for step in plan.steps):
        told.append(TOGETHER)
    if any(isnan(old) for old, _ in ends):
        told.append(BECOMES_KNOWN)
    return [dict(said) for said in told]


def in_words(answer: Mapping[str, Any], language: Language) -> str:
    """The whole answer for a terminal; of the account's id, which is anybody's text, no control mark."""
    colon = ": " if language == "en" else ":"
    lines = [f"{visible(answer['account_id'])}{colon}{answer['text'][language]}"]
    lines += [f"  {step['points']:+6.1f}  {step['text'][language]}" for step in answer["steps"]]
    return "\n".join([*lines, *(f"  - {said[language]}" for said in answer["assumed"])])
