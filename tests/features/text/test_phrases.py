from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.text.folding import fold
from features.text.phrases import choices_of, find_phrases


def found(phrase: str, text: str) -> list[str]:
    return [text[start:end] for start, end in find_phrases([phrase]).spans(text)]


@pytest.mark.parametrize(
    ("phrase", "text", "words"),
    [
        ("slow", "so slow, slowly", ["slow"]),
        ("slow", "用slow的", ["slow"]),
        ("competitor*", "competitor's competitors", ["competitor's", "competitors"]),
        ("(too|very) slow", "too  slow; very\nslow; slow", ["too  slow", "very\nslow"]),
        ("[too] slow", "too slow and slow", ["too slow", "slow"]),
        ("slow [to respond]", "slow to respond, slow", ["slow to respond", "slow"]),
        ("slow ... respond", "slow to ever respond", ["slow to ever respond"]),
        ("slow ... respond", "slow today. respond", []),
        ("slow ... respond", "slow, and respond", []),
        ("slow ... respond", "slow to not respond", []),
        ("slow ... respond", "slow a b c d e f respond", []),
        ("预算...砍", "预算被财务砍", ["预算被财务砍"]),
        ("预算...砍", "预算没有砍", []),
        ("预算...砍", "预算。砍", []),
        ("缺少...功能", "缺少 bulk edit 功能", ["缺少 bulk edit 功能"]),
        ("c++ (client|server)", "the c++ client", ["c++ client"]),
    ],
)
def test_a_phrase_is_found_where_it_stands(phrase: str, text: str, words: list[str]) -> None:
    assert found(phrase, text) == words


@pytest.mark.parametrize("phrase", ["(a|b", "a|b", "a]", "((a|b) c)", "[a (b)] c", "()"])
def test_brackets_that_do_not_pair_up_are_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="brackets that pair up, none inside another"):
        choices_of(phrase)


@pytest.mark.parametrize("phrase", ["", "[a|b]", "[a] [b]", "...", "*"])
def test_a_phrase_that_could_be_nothing_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="at least one word that must be there"):
        choices_of(phrase)


def test_no_phrases_find_nothing() -> None:
    assert find_phrases([]).spans("anything") == []


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=200))
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Isn’t“IT”", 'isn\'t"it"'),
        ("ＡＰＩ：１", "api:1"),
        ("a<BR/>b<i>c</i>", "a\n    b   c    "),
        ("6 < 7 > 5", "6 < 7 > 5"),
        ("a\0b\u202ec\u00a0d", "a b c d"),
        ("İI", "İi"),
    ],
)
def test_text_is_made_plain(text: str, folded: str) -> None:
    assert fold(text) == folded
