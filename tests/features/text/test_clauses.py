from __future__ import annotations

import pytest

from features.text.clauses import ClauseReader, Stance
from features.text.folding import fold
from features.text.lexicon import shipped_lexicons

READER = ClauseReader(shipped_lexicons())


def stance(marked: str) -> Stance:
    """The stance of the words between the brackets."""
    start, end = marked.index("["), marked.index("]") - 1
    return READER.stances(fold(marked.replace("[", "").replace("]", "")), [(start, end)])[0]


@pytest.mark.parametrize(
    "marked",
    [
        "They are not [switching]",
        "They aren’t at this point [switching]",
        "Never [late]",
        "without [errors]",
        "no [bugs], or so they say",
        "no bugs, nor [crashes]",
        "[price] is not an issue",
        "[switching] is off the table",
        "没有[故障]",
        "他们并未[更换]",
        "不再[抱怨]",
        "绝非[崩溃]",
        "[价格]不是问题",
    ],
)
def test_what_is_denied_in_its_clause_is_negated(marked: str) -> None:
    assert stance(marked).negated


@pytest.mark.parametrize(
    "marked",
    [
        "It is not late. [bugs] remain",
        "It is not late, [bugs] remain",
        "It is not late but [slow]",
        "They do not complain and they are [happy]",
        "version 2.0 is [slow]",
        "not only [slow]",
        "no doubt [slow]",
        "It is [slow], not cheap",
        "不错，[喜欢]",
        "没有回复，[抱怨]",
        "不仅[慢]",
        "不是没有[抱怨]",
        "not without [bugs]",
        "无论如何[慢]",
    ],
)
def test_what_is_denied_elsewhere_or_twice_is_not_negated(marked: str) -> None:
    assert not stance(marked).negated


@pytest.mark.parametrize(
    ("marked", "supposed"),
    [
        ("if they [leave]", True),
        ("unless it [crashes]", True),
        ("如果[涨价]", True),
        ("万一[宕机]", True),
        ("if they call, say it is [slow]", False),
        ("as if it were [slow]", False),
        ("they discuss whether to [switch]", False),
        ("正在考虑是否[更换]", False),
        ("若干[故障]", False),
    ],
)
def test_what_is_only_supposed_is_hypothetical(marked: str, supposed: bool) -> None:
    assert stance(marked).hypothetical is supposed


def test_a_negator_inside_a_phrase_that_was_read_turns_nothing_else_round() -> None:
    text = "does not support export and crashes"
    spans = [(0, 16), (28, 35)]
    assert [one.negated for one in READER.stances(text, spans)] == [False, False]
    assert READER.stances(text, spans[1:])[0].negated


@pytest.mark.xfail(reason="known limit: a question or another sentence denies nothing", strict=True)
@pytest.mark.parametrize("marked", ["Any [bugs]? None.", "[涨价]的传闻，我们问过，是假的"])
def test_a_denial_in_another_clause_is_seen(marked: str) -> None:
    assert stance(marked).negated
