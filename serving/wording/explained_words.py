"""The whole of what is known of one account's health, in words: `vitals explain`.

To the headline and the drivers come the pillars and families, what is missing by name, what the health could
be were that known (and so why a high one may not be green), and the rule's score with its own drivers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from features.catalog import Feature, Language
from serving.history.snapshots import ScoredAccount
from serving.wording.account_words import BANDS, headline, points_in_words, rule_line
from serving.wording.group_names import group_name

PILLARS: dict[Language, str] = {"en": "by pillar: ", "zh": "按支柱:"}
FAMILIES: dict[Language, str] = {"en": "by family: ", "zh": "按类别:"}
RANGE: dict[Language, str] = {
    "en": "were what is missing known, the health would be between {low:.1f} and {high:.1f}",
    "zh": "若缺失信息已知,健康度将介于{low:.1f}与{high:.1f}之间",
}
NOT_GREEN: dict[Language, str] = {
    "en": "{band}, though green begins at {green:.1f}: it must hold with all that is missing at its worst, "
    "and that would be {low:.1f}",
    "zh": "绿色自{green:.1f}起,仍为{band}:缺失信息全取最差时也须达标,而那时仅为{low:.1f}",
}
NOTHING_MISSING: dict[Language, str] = {"en": "nothing is missing", "zh": "没有缺失信息"}
MISSING: dict[Language, str] = {"en": "missing ({count}): {names}", "zh": "缺失({count}项):{names}"}
UNSEEN: dict[Language, str] = {
    "en": "missing here, but never in training: {names}. A typical value stands in; the interval is wider",
    "zh": "训练中从未缺失而此处缺失:{names}。以典型值代替,区间因此更宽",
}
STALE: dict[Language, str] = {
    "en": "nothing new for longer than it should take: {names}",
    "zh": "超过应有时间没有新数据:{names}",
}
COMMA: dict[Language, str] = {"en": ", ", "zh": "、"}


@dataclass(frozen=True)
class Setting:
    """What an account was scored with: the catalogue, by name, and where green began (None: not kept)."""

    catalog: Mapping[str, Feature] = field(default_factory=dict)
    green: float | None = None

    def titles(self, names: Sequence[str], language: Language) -> str:
        """The features' titles, in one line; a name that the catalogue does not have as it is."""
        known = [getattr(self.catalog[n].title, language) if n in self.catalog else n for n in names]
        return COMMA[language].join(known)


def explained_in_words(account: ScoredAccount, setting: Setting, language: Language) -> str:
    """All of it, a line each; what belongs to the rule stands below its score, further in."""
    p, rule = account.payload, account.payload["rule"]
    lines = [headline(account, language), *points_in_words(p, p["base_health"], language)]
    lines += [f"  {line}" for line in (*_groups(p, language), *_evidence(p, setting, language))]
    lines.append(rule_line(rule, language))
    if p["model"]["kind"] != "rule":  # else its score is the health, and its drivers stand above
        inside = [
            *points_in_words(rule, rule["base"], language),
            *(f"  {g}" for g in _groups(rule, language)),
        ]
        lines += [f"  {line}" for line in inside]
    return "\n".join(lines)


def _groups(shown: Mapping[str, Any], language: Language) -> Iterator[str]:
    """Pillars in their order; families with the largest first, those without points left out."""
    families = sorted(shown["family_points"].items(), key=lambda item: -abs(item[1]))
    yield PILLARS[language] + _listed(shown["pillar_points"].items(), language)
    if own := [item for item in families if item[1] != 0]:
        yield FAMILIES[language] + _listed(own, language)


def _listed(points: Any, language: Language) -> str:
    return COMMA[language].join(f"{group_name(name, language)} {value:+.1f}" for name, value in points)


def _evidence(p: Mapping[str, Any], setting: Setting, language: Language) -> Iterator[str]:
    """What is missing or late, and what that does to the health and its band."""
    low, high = p["range"]
    if not p["missing"]:
        yield NOTHING_MISSING[language]
    else:
        yield MISSING[language].format(count=len(p["missing"]), names=setting.titles(p["missing"], language))
        yield RANGE[language].format(low=low, high=high)
    set_by_a_person = p.get("override") is not None
    if setting.green is not None and p["health"] >= setting.green > low and not set_by_a_person:
        band = BANDS[language][p["band"]]
        yield NOT_GREEN[language].format(band=band, green=setting.green, low=low)
    if p["missing_unseen"]:
        yield UNSEEN[language].format(names=setting.titles(p["missing_unseen"], language))
    if p["stale"]:
        yield STALE[language].format(names=COMMA[language].join(p["stale"]))
