from __future__ import annotations

from decimal import Decimal
from typing import Any

from serving.history.snapshots import ScoredAccount
from serving.wording.account_words import in_words, several_in_words


def account(kind: str = "learned", **details: Any) -> ScoredAccount:
    driver = {"text": {"en": "Nobody logs in", "zh": "无人登录"}, "points": -20.5}
    payload = {
        "model": {"kind": kind},
        "account_id": "A-000017",
        "health": 58.3,
        "interval": [49.1, 66.0],
        "band": "red",
        "base_health": 86.9,
        "drivers": [driver],
        "other_points": -8.1,
        "rule": {"score": 63.2, "range": [58.0, 71.5], "band": "yellow"},
    }
    return ScoredAccount(details, payload)


WHOLE = account(name="中启科技", segment="mid", owner="csm-03", mrr=10733.4)


def test_an_account_in_english() -> None:
    assert in_words(WHOLE).splitlines() == [
        "A-000017 中启科技 (mid, csm-03, MRR 10,733): health 58.3, red, 90% interval 49.1 to 66.0",
        "    86.9  starting from",
        "   -20.5  Nobody logs in",
        "    -8.1  everything else",
        "  rule score 63.2 (yellow), between 58.0 and 71.5 under missing evidence",
    ]


def test_an_account_in_chinese() -> None:
    assert in_words(WHOLE, "zh").splitlines() == [
        "A-000017 中启科技 (mid, csm-03, MRR 10,733):健康度58.3,红色,90%区间49.1至66.0",
        "    86.9  基准",
        "   -20.5  无人登录",
        "    -8.1  其他",
        "  规则分63.2(黄色),缺失信息下介于58.0与71.5之间",
    ]


def test_the_column_of_points_adds_up_to_the_health() -> None:
    column = [Decimal(line.split()[0]) for line in in_words(WHOLE).splitlines()[1:4]]
    assert sum(column) == Decimal("58.3")


def test_what_is_not_known_of_an_account_is_left_out() -> None:
    assert in_words(account(name=None, mrr=None)).startswith("A-000017: health 58.3, red")
    assert in_words(account(), "zh").startswith("A-000017:健康度58.3")


def test_the_range_of_the_rule_is_not_called_an_interval() -> None:
    assert ": health 58.3, red, by the rule, under missing evidence 49.1 to 66.0" in in_words(account("rule"))
    assert ":健康度58.3,红色,按规则,缺失信息下49.1至66.0" in in_words(account("rule"), "zh")


def test_several_accounts_are_numbered() -> None:
    text = several_in_words([WHOLE, WHOLE])
    assert text.startswith("1. A-000017")
    assert "\n\n2. A-000017" in text


def test_a_hostile_name_reaches_no_terminal() -> None:
    said = in_words(account(name="Evil\x1b[31m\u202eCo\nA-1: health 99", segment="a\x07b"))
    assert not set("\x1b\u202e\x07") & set(said)
    assert len(said.splitlines()) == 5
