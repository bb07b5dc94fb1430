"""What quotation marks do: denials inside stay inside, denials around them govern the whole quotation."""

from __future__ import annotations

import pytest

from features.text.folding import fold
from features.text.quotations import quotations
from features.text.themes import Mention, shipped_theme_reader
from features.text.tone import shipped_tone_reader


def mentions(text: str) -> dict[str, Mention]:
    return {one.theme: one for one in shipped_theme_reader().read(text)}


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", []),
        ('He said "too slow" and "too dear".', ['"too slow"', '"too dear"']),
        ("nobody said 'too slow'", ["'too slow'"]),
        ("it isn't the users' fault, they don't know", []),
        ("the 'it isn't me' excuse", ["'it isn't me'"]),
        ('a 15" screen and a 17" screen', []),
        ("他说“没有考虑”，还说「太贵」和『太慢』", ["“没有考虑”", "「太贵」", "『太慢』"]),
        ('an open " mark', []),
        ('a mark "over\na line end"', []),
        ('"' + "x" * 301 + '"', []),
    ],
)
def test_what_stands_between_marks_is_quoted(text: str, quoted: list[str]) -> None:
    assert [text[start:end] for start, end in quotations(fold(text))] == quoted


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ('The phrase "too expensive" did not come up.', "price_budget"),
        ("Nobody said 'too expensive'.", "price_budget"),
        ('Nobody said: "too expensive"', "price_budget"),
        ('Nobody said "it is not cheap, it is too expensive".', "price_budget"),
        ('He said "they are not looking at competitors".', "competitor"),
        ("他说“没有考虑其他供应商”。", "competitor"),
        ("没有人说过“太贵了”。", "price_budget"),
        ("“太贵了”这句话一次也没有出现。", "price_budget"),
        ("他没有提到：「太贵了」", "price_budget"),
    ],
)
def test_what_is_denied_around_or_inside_a_quotation_counts_for_no_theme(text: str, theme: str) -> None:
    found = mentions(text)[theme]
    assert found.negated
    assert found.polarity == 0


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ('The CFO said "this is too expensive".', "price_budget"),
        ('He said "no" twice, and the app crashed.', "quality"),
        ('She said "never again": the app crashed.', "quality"),
        ("总监说“不行”，因为太贵了。", "price_budget"),
        ("他承认：“我们在接触竞争对手。”", "competitor"),
        ('It is not "new", they said, it is "too expensive".', "price_budget"),
    ],
)
def test_a_customers_own_words_count_and_a_quoted_denial_ends_with_its_quotation(
    text: str, theme: str
) -> None:
    assert mentions(text)[theme].polarity == 1


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ('The slogan of their bank says "excellent service".', "praise"),
        ("他们银行的广告写着“服务很好”。", "praise"),
        ("Their courier is unreliable and slow.", "quality"),
        ("他们的包装供应商破产了。", "reorganisation"),
    ],
)
def test_what_is_said_of_somebody_else_counts_for_no_theme(text: str, theme: str) -> None:
    found = mentions(text)[theme]
    assert found.elsewhere
    assert found.polarity == 0


def test_a_condition_around_a_quotation_only_supposes_it() -> None:
    assert mentions('If they say "too expensive", call me.')["price_budget"].hypothetical


def test_a_quoted_word_that_was_not_said_is_felt_less() -> None:
    (denied,) = shipped_tone_reader().read('Nobody said "terrible".')
    assert denied.negated
    assert denied.value == 0.5


def test_many_quotations_are_read_in_one_go() -> None:
    text = 'nobody said "too expensive", ' * 2000
    found = shipped_theme_reader().read(text)
    assert len(found) == 2000
    assert all(one.negated for one in found)
