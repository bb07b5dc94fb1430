"""How well themes are read: in sentences held back from tuning, and in translations."""

from __future__ import annotations

from tests.features.text.labelled_sentences import macro_f1, sentences, themes_said


def test_held_back_sentences_reach_a_macro_f1_of_085_in_both_languages() -> None:
    held_back = sentences("held_back_sentences")
    figures = {language: macro_f1(held_back[language]) for language in ("en", "zh")}
    assert min(figures.values()) >= 0.85, figures
    assert all(len(held_back[language]) >= 50 for language in figures)


def test_no_held_back_sentence_is_also_tuned_on() -> None:
    held_back = {one["text"] for language in sentences("held_back_sentences").values() for one in language}
    tuned = {one["text"] for one in sentences("tuning_sentences")}
    tuned |= {pair[language] for pair in sentences("translated_pairs") for language in ("en", "zh")}
    assert not held_back & tuned


def test_a_sentence_and_its_translation_give_the_same_themes() -> None:
    pairs = sentences("translated_pairs")
    english, chinese = (themes_said([pair[language] for pair in pairs]) for language in ("en", "zh"))
    same = sum(e == c for e, c in zip(english, chinese, strict=True))
    assert len(pairs) >= 60
    assert same >= 0.9 * len(pairs)


def test_translated_pairs_are_read_as_labelled() -> None:
    pairs = sentences("translated_pairs")
    for language in ("en", "zh"):
        assert macro_f1([{"text": pair[language], "themes": pair["themes"]} for pair in pairs]) >= 0.95
