"""Lexicons that a CSM adds: merged with those that ship, refused with every fault, tried by a command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from features.faults import DataFault, WrongUse
from features.params import FeatureParams
from features.params_file import parse_section
from features.snapshot import build_snapshot
from features.text.readers import readers
from features.text.shown_words import LONGEST, visible, words_in
from tests.command_runs import answer, refused, run
from tests.features.literal_book import AS_OF, Case, at, literal_warehouse

OWN = """
language: en
themes:
  competitor: {phrases: ["acme [cloud]", "(moved|moving) to acme"]}
  quality: {phrases: [data drift], except: [data drift report]}
tone: {bad: {phrases: [meh]}}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "my_words.yaml"
    path.write_text(OWN, "utf-8")
    return path


def test_the_example_at_the_top_of_the_shipped_lexicon_is_read(tmp_path: Path) -> None:
    told = Path("features/text/lexicons/en.yaml").read_text("utf-8")
    lines = told[told.index("#   language: en") : told.index("# Try it:")].splitlines()
    path = tmp_path / "my_words.yaml"
    path.write_text("\n".join(line[4:] for line in lines), "utf-8")
    assert path.read_text("utf-8").strip() == OWN.strip()


def test_own_phrases_are_read_beside_the_shipped_ones(own: Path) -> None:
    text = "They saw Acme Cloud. No data drift report, but data drift; meh. It is too expensive."
    found = words_in(text, [own])
    assert [(m.theme, text[m.start : m.end]) for m in found.mentions] == [
        ("competitor", "Acme Cloud"),
        ("quality", "data drift"),
        ("price_budget", "too expensive"),
    ]
    assert "meh" in [text[w.start : w.end] for w in found.tonal]
    assert [m.theme for m in words_in(text).mentions] == ["price_budget"]


@pytest.mark.long
def test_own_phrases_reach_the_features(own: Path) -> None:
    source = literal_warehouse(Case("A", {"notes": [{"text": "Acme was there.", "happened_at": at(60)}]}))
    for lexicons, heard in (((), 0), ((own,), 0.5)):
        rows = build_snapshot(source, [AS_OF], FeatureParams(lexicons=lexicons))
        assert rows.at[0, "note_competitor_180d"] == heard


def test_a_lexicon_that_was_mended_is_read_anew(own: Path) -> None:
    assert readers([own]).themes.read("Zeta was there") == []
    own.write_text(OWN.replace("acme [cloud]", "zeta"), "utf-8")
    assert [m.theme for m in readers([own]).themes.read("Zeta was there")] == ["competitor"]


def test_every_fault_of_every_file_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("language: en\nthemes: {weather: {phrases: [rain]}}\ncolour: red\n")
    (tmp_path / "two.yaml").write_text("language: en\nthemes: {quality: {phrases: ['(slow']}}\n")
    paths = [str(tmp_path / name) for name in ("one.yaml", "two.yaml", "three.yaml")]
    with pytest.raises(DataFault) as refused_:
        parse_section("features", FeatureParams, {"lexicons": paths})
    said = [fault.field for fault in refused_.value.faults]
    assert [field.split(".yaml")[0] for field in said] == ["one", "one", "two", "three"]
    assert "themes.quality.phrases.0" in said[2]


def test_the_command_shows_themes_and_tone_with_their_words(own: Path) -> None:
    text = "他们没有考虑其他供应商, Acme was there and it is slow"
    found = answer("words", text, "--lexicon", own)
    assert [(m["theme"], m["span"], m["polarity"]) for m in found["mentions"]] == [
        ("competitor", "其他供应商", 0),
        ("competitor", "Acme", 1),
        ("quality", "slow", 1),
    ]
    assert found["tone"] == -0.6
    shown = run("words", text, "--lexicon", own).stdout
    assert "denied" in shown
    assert "[[Acme]]" in shown
    assert run("words", "Monday at ten").stdout == "themes: none\ntone: none\n"


def test_the_command_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    assert "missing.yaml" in refused(1, "words", "x", "--lexicon", tmp_path / "missing.yaml")


HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07 crashed",
    "\u202eslow\u202c crashed \u200b\ufeff",
    "<script>alert(1)</script><b>crashed</b>",
    "crashed \ud800 end",
    "\x00crashed\x9b31m",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hidden_reaches_the_terminal(text: str) -> None:
    found = words_in(text)
    assert "quality" in [m.theme for m in found.mentions]
    shown = found.as_text()
    assert all(sign == "\n" or sign.isprintable() for sign in shown)
    json.dumps(found.as_dict()).encode()
    shown.encode("utf-8")


def test_hidden_characters_are_shown_as_their_code() -> None:
    assert visible("a\x1b[0m\u202e\n\tb") == "a\\x1b[0m\\u202e  b"


def test_a_text_is_read_up_to_a_length_and_refused_beyond() -> None:
    assert len(words_in("slow " * (LONGEST // 5)).mentions) == LONGEST // 5
    with pytest.raises(WrongUse, match=r"200001 characters.; allowed: at most 200000"):
        words_in("x" * (LONGEST + 1))


@pytest.mark.parametrize(
    "unit",
    [
        "no ",
        "没",
        '"',
        "'",
        "「",
        'not slow "',
        "(",
        "<",
        "<b ",
        "need need ",
        "预算",
        "a'",
        " \t",
        "...",
        "\n",
    ],
)
def test_reading_grows_with_the_text_and_not_faster(unit: str) -> None:
    """Steps, not seconds: twice the text gives about twice the mentions and never an endless search."""
    short, long = (words_in(unit * (size // len(unit))) for size in (20_000, 40_000))
    assert len(long.mentions) <= 2 * len(short.mentions) + 2
