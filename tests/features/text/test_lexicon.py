from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.faults import DataFault
from features.text.lexicon import SHIPPED, load_lexicons, shipped_lexicons
from features.text.themes import ThemeReader, read_mentions


def written(folder: Path, text: str, name: str = "own.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def refusal(*paths: Path) -> str:
    with pytest.raises(DataFault) as caught:
        load_lexicons(paths)
    return str(caught.value)


def test_the_shipped_lexicons_are_english_and_chinese() -> None:
    assert [path.name for path in SHIPPED] == ["en.yaml", "zh.yaml"]
    assert [lexicon.language for lexicon in shipped_lexicons()] == ["en", "zh"]


def test_a_lexicon_of_ones_own_is_read_beside_the_shipped_ones(tmp_path: Path) -> None:
    own = written(
        tmp_path, "language: de\nthemes: {quality: {phrases: [Absturz], except: [Absturz der Börse]}}"
    )
    reader = ThemeReader(load_lexicons([*SHIPPED, own]))
    texts = pd.Series(["Wieder ein Absturz", "Nach dem Absturz der Börse", "It crashed"])
    assert read_mentions(texts, reader)["row"].tolist() == [0, 2]
    assert read_mentions(texts)["row"].tolist() == [2]


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    first = written(
        tmp_path, "language: xx\nthemes: {prise: {phrases: [a]}, praise: {phrases: [(a, no]}}", "a.yaml"
    )
    second = written(tmp_path, "tones: {}", "b.yaml")
    told = refusal(first, second, tmp_path / "c.yaml")
    assert "a.yaml.themes.prise.[key] is 'prise'; allowed: Input should be 'competitor'" in told
    assert "a.yaml.themes.praise.phrases.0 is '(a'; allowed: brackets that pair up" in told
    assert "a.yaml.themes.praise.phrases.1 is False; allowed: Input should be a valid string" in told
    assert "b.yaml.language is" in told
    assert "b.yaml.tones is {}; allowed: Extra inputs are not permitted" in told
    assert "c.yaml is" in told
    assert told.count("Next: mend it as told at the top of en.yaml") == 6


@pytest.mark.parametrize("text", ["themes: [", "- a list", "", "just words"])
def test_a_file_that_is_no_lexicon_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    assert "own.yaml" in refusal(written(tmp_path, text))


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    assert "line 2: the key 'themes' stands in line 1 already" in refusal(
        written(tmp_path, "themes: {}\nthemes: {}\n")
    )


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_bytes("语言".encode("gb18030"))
    assert "allowed: a readable YAML file in UTF-8" in refusal(path)
