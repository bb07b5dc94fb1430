"""One account's health in words, for the terminal and the first look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from features.catalog import Language
from features.text.shown_words import visible
from serving.history.snapshots import ScoredAccount

HEADLINE: dict[Language, str] = {
    "en": "{who}: health {health:.1f}, {band}, {edges} {low:.1f} to {high:.1f}",
    "zh": "{who}:健康度{health:.1f},{band},{edges}{low:.1f}至{high:.1f}",
}
EDGES: dict[Language, dict[str, str]] = {
    "en": {"learned": "90% interval", "rule": "by the rule, under missing evidence"},
    "zh": {"learned": "90%区间", "rule": "按规则,缺失信息下"},
}
BANDS: dict[Language, dict[str, str]] = {
    "en": {"green": "green", "yellow": "yellow", "red": "red"},
    "zh": {"green": "绿色", "yellow": "黄色", "red": "红色"},
}
BASE: dict[Language, str] = {"en": "starting from", "zh": "基准"}
OTHER: dict[Language, str] = {"en": "everything else", "zh": "其他"}
RULE: dict[Language, str] = {
    "en": "rule score {score:.1f} ({band}), between {low:.1f} and {high:.1f} under missing evidence",
    "zh": "规则分{score:.1f}({band}),缺失信息下介于{low:.1f}与{high:.1f}之间",
}


def in_words(account: ScoredAccount, language: Language = "en") -> str:
    """The account as a short text: headline, the points from the base to the health, the rule beside.

    Every line of points is as displayed in the API, so the column adds up.
    """
    p = account.payload
    lines = points_in_words(p, p["base_health"], language)
    return "\n".join([headline(account, language), *lines, rule_line(p["rule"], language)])


def points_in_words(shown: Mapping[str, Any], base: float, language: Language) -> list[str]:
    """From the base to a health, or to the rule's score: a column that adds up. A driver may hold what a
    person wrote, who set a band: without control marks."""
    first = _points(base, BASE[language], signed=False)
    drivers = [_points(d["points"], visible(d["text"][language])) for d in shown["drivers"]]
    return [first, *drivers, _points(shown["other_points"], OTHER[language])]


def rule_line(rule: Mapping[str, Any], language: Language) -> str:
    """The rule's score beside the health."""
    low, high = rule["range"]
    band = BANDS[language][rule["band"]]
    return "  " + RULE[language].format(score=rule["score"], band=band, low=low, high=high)


def headline(account: ScoredAccount, language: Language = "en") -> str:
    """One line: who, how healthy, how sure."""
    p = account.payload
    return HEADLINE[language].format(
        who=_who(account),
        health=p["health"],
        band=BANDS[language][p["band"]],
        edges=EDGES[language][p["model"]["kind"]],
        low=p["interval"][0],
        high=p["interval"][1],
    )


def _who(account: ScoredAccount) -> str:
    """Id, name and a few facts, as anybody wrote them: without control marks; the unknown is left out."""
    d = account.details
    facts = [d.get("segment"), d.get("owner"), f"MRR {d['mrr']:,.0f}" if d.get("mrr") else None]
    known = ", ".join(str(fact) for fact in facts if fact)
    parts = [account.payload["account_id"], d.get("name"), known and f"({known})"]
    return visible(" ".join(part for part in parts if part))


def several_in_words(accounts: Iterable[ScoredAccount], language: Language = "en") -> str:
    """The accounts one below the other, numbered."""
    return "\n\n".join(f"{place}. {in_words(a, language)}" for place, a in enumerate(accounts, start=1))


def _points(points: Any, text: str, signed: bool = True) -> str:
    return f"  {points:+6.1f}  {text}" if signed else f"  {points:6.1f}  {text}"
