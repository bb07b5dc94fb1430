"""YAML as people write it: a key that stands twice is refused, where YAML's own reader drops the first."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import yaml

MERGED = (
    "tag:yaml.org,2002:merge",
    "tag:yaml.org,2002:value",
)  # <<, whose keys the mapping's own may replace


class DoubleKey(yaml.YAMLError):
    """A key that stands twice in one mapping, with the line of each."""


class _Loader(yaml.SafeLoader):
    def get_single_node(self) -> yaml.Node | None:
        # Before anything is made of the nodes: merging writes keys into them.
        node: yaml.Node | None = super().get_single_node()
        for mapping in _mappings(node, set()):
            self._check(mapping)
        return node

    def _check(self, mapping: yaml.MappingNode) -> None:
        lines: dict[Hashable, int] = {}
        for key_node, _ in mapping.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag in MERGED:
                continue
            key, line = self.construct_object(key_node), key_node.start_mark.line + 1
            if key in lines:
                said = (
                    f"line {line}: the key {key!r} stands in line {lines[key]} already: keep one of the two"
                )
                raise DoubleKey(said)
            lines[key] = line


def _mappings(node: yaml.Node | None, seen: set[int]) -> Iterator[yaml.MappingNode]:
    """Every mapping of a document once, in its order: what an alias names was met at its anchor."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield node
        for pair in node.value:
            for each in pair:
                yield from _mappings(each, seen)
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _mappings(each, seen)


def read_yaml(text: str) -> Any:
    """What a text in YAML says. Raises yaml.YAMLError where it is none, DoubleKey where a key stands twice.

    >>> read_yaml("weights: {usage: 40, voice: 60}")
    {'weights': {'usage': 40, 'voice': 60}}
    >>> try:
    ...     read_yaml("owner: Mira\\nsegment: size\\nowner: Li")
    ... except DoubleKey as error:
    ...     print(error)
    line 3: the key 'owner' stands in line 1 already: keep one of the two
    """
    return yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
