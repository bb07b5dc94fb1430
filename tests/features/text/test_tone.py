from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.faults import DataFault
from features.text.tone import read_tonal_words, read_tone
from tests.features.text.labelled_sentences import sentences


def tone(text: str) -> float:
    return float(read_tone(pd.Series([text])).iloc[0])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The product is excellent.", 1.0),
        ("They are happy.", 0.6),
        ("They are very happy.", 0.9),
        ("They are not happy.", -0.3),
        ("They are not very happy.", -0.45),
        ("They are not unhappy.", 0.3),
        ("They are slightly worried.", -0.3),
        ("It is not without problems.", -0.3),
        ("A terrible week.", -1.0),
        ("Happy with support, worried about price.", 0.0),
        ("满意", 0.6),
        ("产品完美。", 1.0),
        ("用户不满意。", -0.6),
        ("用户很高兴。", 0.9),
        ("用户不高兴。", -0.3),
        ("没有不满。", 0.3),
        ("有点慢。", -0.3),
        ("客户很愤怒。", -1.0),
    ],
)
def test_tone_is_the_mean_of_what_is_felt(text: str, value: float) -> None:
    assert tone(text) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We met on Monday.",
        "开了会。",
        "I would like to ask.",
        "请问在哪里下载？",
        "Tell me if it is slow.",
    ],
)
def test_where_nothing_is_felt_there_is_no_tone(text: str) -> None:
    assert math.isnan(tone(text))


def test_missing_texts_have_no_tone_and_labels_are_kept() -> None:
    texts = pd.Series(["good", None, np.nan, pd.NA, "bad"], index=["a", "a", "b", "c", "d"])
    got = read_tone(texts)
    assert got.index.tolist() == texts.index.tolist()
    np.testing.assert_array_equal(got.to_numpy(), [0.6, np.nan, np.nan, np.nan, -0.6])
    assert read_tone(texts.iloc[:0]).dtype == np.float64


def test_a_value_that_is_no_text_is_refused() -> None:
    with pytest.raises(DataFault, match=r"texts\[0\] \(and 0 more\) is b'good'; allowed: a string"):
        read_tone(pd.Series([b"good"]))


def test_each_tonal_word_shows_where_it_was_read() -> None:
    text = "Great team, 但是不太稳定"
    words = read_tonal_words(pd.Series([text]))
    assert [text[s:e] for s, e in zip(words["start"], words["end"], strict=True)] == ["Great", "稳定"]
    assert words["negated"].tolist() == [False, True]


def test_what_is_said_by_praise_sounds_better_than_what_is_said_of_faults() -> None:
    pairs = sentences("translated_pairs")
    for language in ("en", "zh"):
        tones = pd.DataFrame({"tone": read_tone(pd.Series([pair[language] for pair in pairs]))})
        tones["theme"] = ["".join(pair["themes"]) for pair in pairs]
        felt = tones.groupby("theme")["tone"].mean()
        assert felt["praise"] > 0.4
        assert felt["quality"] < -0.4


@settings(deadline=None, max_examples=80)
@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["not ", "very ", "good ", "没有", "满意", "。"])).map("".join)
)
def test_tone_of_any_text_lies_between_minus_one_and_one(text: str) -> None:
    value = tone(text)
    assert math.isnan(value) or -1 <= value <= 1
    assert math.isnan(value) == read_tonal_words(pd.Series([text])).empty
