"""The sentence around some words: never without them, never much longer than it must be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.text.sentences import AROUND, sentence_around


@given(st.text(alphabet="ab .!?。；\n😀太", max_size=600), st.integers(0, 600), st.integers(0, 40))
def test_the_words_stand_in_their_sentence(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    sentence, first, last = sentence_around(text, start, end)
    assert sentence[first:last] == text[start:end]
    assert sentence in text
    assert len(sentence) <= (end - start) + 2 * AROUND


@pytest.mark.parametrize(
    ("text", "words", "sentence"),
    [
        ("太贵了。他们在看别家！好", "别家", "他们在看别家！"),
        ("Costs 3.5 more. It is slow! Bye", "slow", "It is slow!"),
        ("ask v2!now it is slow", "slow", "ask v2!now it is slow"),
        ("first line\r\nit is slow\nlast", "slow", "it is slow"),
    ],
)
def test_a_sentence_ends_where_one_ends_in_its_language(text: str, words: str, sentence: str) -> None:
    start = text.index(words)
    assert sentence_around(text, start, start + len(words))[0] == sentence
