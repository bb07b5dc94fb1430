"""Keys of YAML that stand twice: named with their lines, wherever they stand, and nowhere in what ships."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from features.yaml_files import DoubleKey, read_yaml

FEATURES = Path(__file__).resolve().parents[2] / "features"
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' stands in line 1 already"),
        ("t:\n- {x: 1}\n- y: 1\n  z: 2\n  y: 3\n", "line 5: the key 'y' stands in line 3 already"),
        ("{a: 1, 'a': 2}", "line 1: the key 'a' stands in line 1 already"),
        ("values:\n  yes: 1\n  true: 2\n", "line 3: the key True stands in line 2 already"),
        ("b: &b {k: 1}\nc:\n  <<: *b\n  m: 1\n  m: 2\n", "line 5: the key 'm' stands in line 4 already"),
    ],
    ids=["at the top", "in a list", "in quotes", "two words for true", "beside what is merged"],
)
def test_a_key_that_stands_twice_is_named_with_both_lines(text: str, said: str) -> None:
    with pytest.raises(DoubleKey, match=said):
        read_yaml(text)


def test_a_key_may_stand_in_several_mappings_and_over_what_is_merged() -> None:
    assert read_yaml("b: &b {k: 1, m: 1}\nc: {<<: *b, k: 2}\nd: {k: 3}") == {
        "b": {"k": 1, "m": 1},
        "c": {"k": 2, "m": 1},
        "d": {"k": 3},
    }
    deep = "c: {<<: &b {<<: &a {k: 1}, k: 2}}\nd: {<<: *b, k: 3}\ne: *b"
    assert read_yaml(deep) == {"c": {"k": 2}, "d": {"k": 3}, "e": {"k": 2}}


@given(DOCUMENTS)
def test_all_else_is_read_as_yaml_reads_it(document: object) -> None:
    text = yaml.safe_dump(document, allow_unicode=True)
    assert read_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize("path", sorted(FEATURES.rglob("*.yaml")), ids=lambda path: path.stem)
def test_no_file_that_ships_has_a_key_twice(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert read_yaml(text) == yaml.safe_load(text), "and a key that stands twice is refused"
