"""How well themes and tone are read: in sentences held back from tuning, and in translations.

What these figures hold for, and what they do not, is told in docs/decisions.
"""

from __future__ import annotations

from collections import Counter

import pytest

from features.text.themes import THEMES
from tests.features.text.labelled_sentences import (
    LANGUAGES,
    by_language,
    macro_f1,
    same_themes,
    sentences,
    tone_accuracy,
    tones_told,
)
from tests.features.text.split_rule import HALVES, dealt, words_of


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["held_back_half", "held_back_sentences"])
def test_held_back_sentences_reach_a_macro_f1_of_085(name: str, language: str) -> None:
    held_back = sentences(name)[language] if name == "held_back_sentences" else by_language(name)[language]
    assert len(held_back) >= 50
    assert macro_f1(held_back) >= 0.85


def test_sentences_that_mix_the_languages_are_read_as_well() -> None:
    assert macro_f1(by_language("held_back_half")["mixed"]) >= 0.85


def test_the_sign_of_the_tone_is_read_in_five_of_six_held_back_sentences_and_hardly_ever_reversed() -> None:
    held_back = by_language("held_back_half")
    for language in LANGUAGES:
        assert tone_accuracy(held_back[language]) >= 0.83
        reversed_ = [
            pair for pair in tones_told(held_back[language]) if set(pair) == {"positive", "negative"}
        ]
        assert len(reversed_) <= 2


def test_the_labelled_set_is_large_half_chinese_and_held_back_by_halves() -> None:
    held_back, tuning = (by_language(name) for name in HALVES)
    for half in (held_back, tuning):
        assert len(half["en"]) == len(half["zh"]) >= 100
        said = Counter(theme for one in half["zh"] for theme in one["themes"])
        assert min(said[theme] for theme in THEMES) >= 7
        assert sum(not one["themes"] for one in half["zh"]) >= 20


def test_which_half_is_held_back_was_decided_by_a_rule_and_by_nobody() -> None:
    found = {half: [*sentences(half)["pairs"], *sentences(half)["mixed"]] for half in HALVES}
    every = [
        one | {"themes": DEALT_AS.get(words_of(one), one["themes"])} for half in HALVES for one in found[half]
    ]
    for half, entries in dealt(every).items():
        assert [words_of(one) for one in entries] == [words_of(one) for one in found[half]]


# Two labels of the tuning half were mended after the deal, which had gone by the first ones.
DEALT_AS = {
    "They are so pleased with the pilot that they will deploy it across the group.": ["expansion"],
    "Pilot很成功，准备rollout到全公司。": ["expansion"],
}


def test_no_held_back_sentence_is_also_tuned_on() -> None:
    held_back = {one["text"] for language in sentences("held_back_sentences").values() for one in language}
    for name in ("held_back_half", "later_sentences"):
        held_back |= {one["text"] for listed in by_language(name).values() for one in listed}
    tuned = {one["text"] for one in sentences("tuning_sentences")}
    tuned |= {pair[language] for pair in sentences("translated_pairs") for language in LANGUAGES}
    tuned |= {one["text"] for listed in by_language("tuning_half").values() for one in listed}
    assert held_back & tuned == {"They are not looking at competitors."}  # the one that everybody knows


def test_a_sentence_and_its_translation_give_the_same_themes_in_nine_of_ten_pairs() -> None:
    pairs = [*sentences("translated_pairs"), *(pair for half in HALVES for pair in sentences(half)["pairs"])]
    assert len(pairs) >= 280
    assert same_themes(pairs) >= 0.9


def test_translated_pairs_are_read_as_labelled() -> None:
    pairs = sentences("translated_pairs")
    for language in LANGUAGES:
        assert macro_f1([{"text": pair[language], "themes": pair["themes"]} for pair in pairs]) >= 0.95
