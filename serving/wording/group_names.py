"""Pillars and families of features, named in English and Chinese."""

from __future__ import annotations

from features.catalog import Language

PILLAR: dict[str, dict[Language, str]] = {
    "usage": {"en": "use", "zh": "使用"},
    "voice": {"en": "voice", "zh": "声音"},
    "commercial": {"en": "commercial", "zh": "商务"},
    "service": {"en": "service", "zh": "服务"},
}
FAMILY: dict[str, dict[Language, str]] = {
    "login": {"en": "log-ins", "zh": "登录"},
    "seat_use": {"en": "use of seats", "zh": "席位使用"},
    "breadth": {"en": "breadth of use", "zh": "使用广度"},
    "depth": {"en": "depth of use", "zh": "使用深度"},
    "nps": {"en": "NPS", "zh": "NPS"},
    "touchpoint": {"en": "ease and satisfaction", "zh": "省力度与满意度"},
    "silence": {"en": "silence", "zh": "沉默"},
    "conflict": {"en": "conflict", "zh": "矛盾"},
    "people": {"en": "people", "zh": "人员"},
    "notes": {"en": "notes", "zh": "笔记"},
    "decision_maker_words": {"en": "the decision maker's words", "zh": "决策人言论"},
    "learned_text": {"en": "what words foretell", "zh": "用词预示"},
    "comments": {"en": "survey comments", "zh": "调研评论"},
    "seats_and_revenue": {"en": "seats and revenue", "zh": "席位与收入"},
    "payment": {"en": "payment", "zh": "付款"},
    "renewal": {"en": "renewal", "zh": "续约"},
    "ticket_volume": {"en": "number of tickets", "zh": "工单数量"},
    "ticket_severity": {"en": "severity of tickets", "zh": "工单严重度"},
    "resolution": {"en": "resolution of tickets", "zh": "工单解决"},
    "ticket_words": {"en": "words of tickets", "zh": "工单用词"},
}


def group_name(name: str, language: Language) -> str:
    """A pillar's or a family's name in words; one that is not known, as of an older snapshot, as it is.

    >>> group_name("seat_use", "zh"), group_name("usage", "en"), group_name("gone", "en")
    ('席位使用', 'use', 'gone')
    """
    found = FAMILY.get(name) or PILLAR.get(name)
    return name if found is None else found[language]
