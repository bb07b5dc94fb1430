"""What a kept part says otherwise than the same part does now, each difference by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from serving.lineage.lineage_tables import Part, name_of


@dataclass(frozen=True)
class Difference:
    """One leaf of a document: `then` as it was kept, `now` as it is; None where it is not there."""

    field: str
    then: Any
    now: Any

    def as_text(self) -> str:
        """One line for people.

        >>> Difference("rule.bands.green", 85, 90).as_text()
        'rule.bands.green: 85 then, 90 now'
        """
        then, now = ("none" if value is None else value for value in (self.then, self.now))
        return f"{self.field}: {then} then, {now} now"


def differences(then: Any, now: Any) -> tuple[Difference, ...]:
    """Every leaf that is not the same, in the order of `then`, what came new last.

    >>> differences({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}, "d": 4})
    (Difference(field='b.c', then=2, now=3), Difference(field='d', then=None, now=4))
    """
    first, last = dict(_leaves(then, "")), dict(_leaves(now, ""))
    return tuple(
        Difference(path, first.get(path), last.get(path))
        for path in dict.fromkeys([*first, *last])
        if path not in first or path not in last or first[path] != last[path]
    )


def _leaves(document: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(document, Mapping) and document:
        for key, value in document.items():
            yield from _leaves(value, f"{at}.{key}" if at else str(key))
    elif isinstance(document, list) and document:
        for number, value in enumerate(document):
            yield from _leaves(value, f"{at}[{number}]")
    else:
        yield at, document


@dataclass(frozen=True)
class PartState:
    """A part as it was kept, and what is otherwise now. `differing` None: not compared, `why` says why."""

    name: str
    kept: Part
    differing: tuple[Difference, ...] | None
    why: str = ""

    @property
    def sha256(self) -> str:
        """The name under which it was kept."""
        return name_of(self.kept)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        told = None if self.differing is None else [vars(one) for one in self.differing]
        return {"sha256": self.sha256, "differing": told, "not_compared": self.why or None}

    def as_text(self, most: int = 6) -> str:
        """A line for people, and below it the first differences."""
        head = f"  {self.name:<10} {self.sha256[:12]}  {_in_short(self.name, self.kept)}"
        if self.differing is None:
            return f"{head}: {self.why}"
        if not self.differing:
            return f"{head}: as now"
        more = len(self.differing) - most
        lines = [f"      {one.as_text()}" for one in self.differing[:most]]
        return "\n".join([f"{head}: {len(self.differing)} differ now", *lines, *_more(more)])


def _more(count: int) -> list[str]:
    return [f"      … and {count} more (--json tells all)"] if count > 0 else []


def _in_short(name: str, part: Part) -> str:
    if name == "data":
        return f"{len(part['tables'])} tables, {sum(t['rows'] for t in part['tables'].values())} rows"
    if name == "code":
        commit = "" if part["commit"] is None else f" at commit {part['commit'][:12]}"
        return f"vitals {part['vitals']}{commit}, {len(part['files'])} files"
    if name == "catalogue":
        return f"{len(part['features'])} features"
    if name == "model":
        return (
            "the rule"
            if part["kind"] == "rule"
            else f"version {part['version']}, bundle {part['bundle'][:12]}"
        )
    return "params.yaml as it was read"
