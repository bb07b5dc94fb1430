from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.faults import DataFault
from features.text.themes import THEMES, Mention, read_mentions, shipped_theme_reader
from tests.features.text.labelled_sentences import sentences

TUNING = sentences("tuning_sentences")
SAYINGS = [one["text"] for one in TUNING]


def as_table(told: dict[str, Any]) -> set[tuple[str, str]]:
    """(theme, words) of one column of the table of tuning sentences."""
    return {
        (theme, words)
        for theme, listed in told.items()
        for words in ([listed] if isinstance(listed, str) else listed)
    }


@pytest.mark.parametrize("one", TUNING, ids=SAYINGS)
def test_each_mention_is_read_from_these_words(one: dict[str, Any]) -> None:
    text = one["text"]
    mentions = shipped_theme_reader().read(text)
    kinds = {
        "said": [m for m in mentions if m.polarity],
        "denied": [m for m in mentions if m.negated],
        "supposed": [m for m in mentions if m.hypothetical],
    }
    for kind, found in kinds.items():
        assert {(m.theme, text[m.start : m.end]) for m in found} == as_table(one.get(kind, {})), kind


def test_every_theme_is_tuned_in_both_languages_and_has_both_names() -> None:
    said = [(theme, one["text"].isascii()) for one in TUNING for theme in one.get("said", {})]
    assert {(theme, ascii_only) for theme in THEMES for ascii_only in (True, False)} <= set(said)
    assert all(names.keys() == {"en", "zh"} for names in THEMES.values())


def test_rows_carry_the_label_of_their_text_and_missing_texts_say_nothing() -> None:
    texts = pd.Series(["It crashed.", None, np.nan, "", pd.NA, "宕机"], index=[7, 7, 8, 9, 9, 7])
    mentions = read_mentions(texts)
    assert mentions["row"].tolist() == [7, 7]
    assert mentions.columns.tolist() == ["row", *Mention._fields]


def test_no_mention_gives_an_empty_table_of_the_same_kinds() -> None:
    full, empty = read_mentions(pd.Series(["It crashed."])), read_mentions(pd.Series(["Hello."], dtype="str"))
    assert len(empty) == 0
    assert empty.dtypes.equals(full.dtypes)


def test_a_value_that_is_no_text_is_refused_with_its_place() -> None:
    texts = pd.Series(["fine", 3, None, 4.5], name="comment", dtype="object")
    with pytest.raises(DataFault) as caught:
        read_mentions(texts)
    assert str(caught.value) == (
        "Texts cannot be read.\n  - comment[1] (and 1 more) is 3; allowed: a string, or a missing value. "
        "Next: turn the column into strings"
    )


@pytest.mark.parametrize(
    "text",
    [
        "too" + " " * 100_000 + "expensive",
        "champion that " * 7_000,
        "the price of no " * 6_000,
        "<a" * 50_000,
        "<script>alert('价格太高')</script>" * 3_000,
        "没有不" * 33_000,
        "crash\0" * 20_000,
        "\u202e\u200fslow\u200b" * 14_000,
        "😀慢" * 50_000,
        "İ" * 100_000 + "bug",
        "\ud800 bug",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_hostile_text_is_read_without_an_exception(text: str) -> None:
    for mention in shipped_theme_reader().read(text):
        assert 0 <= mention.start < mention.end <= len(text)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.sampled_from(SAYINGS), st.text(max_size=30)), max_size=4))
def test_any_text_is_read_and_spans_lie_inside_it_and_apart(pieces: list[str]) -> None:
    text = "".join(pieces)
    mentions = shipped_theme_reader().read(text)
    assert all(0 <= m.start < m.end <= len(text) for m in mentions)
    assert all(m.polarity == 1 - (m.negated or m.hypothetical) for m in mentions)
    for theme in THEMES:
        spans = [(m.start, m.end) for m in mentions if m.theme == theme]
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(SAYINGS), st.sampled_from(SAYINGS), st.sampled_from([". ", "。"]))
def test_two_sentences_are_read_as_each_alone(first: str, second: str, stop: str) -> None:
    read = shipped_theme_reader().read
    shift = len(first) + len(stop)
    moved = [m._replace(start=m.start + shift, end=m.end + shift) for m in read(second)]
    assert read(first + stop + second) == read(first) + moved


@settings(deadline=None, max_examples=20)
@given(st.lists(st.sampled_from([*SAYINGS, None]), max_size=8), st.randoms())
def test_a_text_is_read_the_same_wherever_it_stands(texts: list[str | None], chance: Any) -> None:
    column = pd.Series(texts, dtype="object", index=range(len(texts)))
    shuffled = column.sample(frac=1, random_state=chance.randrange(1000))
    again = read_mentions(shuffled).sort_values("row", kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(again, read_mentions(column), check_index_type=False)
